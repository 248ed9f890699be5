/*
 * gzforeign: the part of gzread that reads gzip without our frames: any chain
 * of RFC 1952 members, with zero bytes behind it or not.
 */
#ifndef GZFOREIGN_H
#define GZFOREIGN_H

#include "gzsource.h"

/*
 * The whole input, of which the first len bytes (fewer than 64) were read
 * already. 0; -1: told, or result->reason is set.
 */
int gzforeign_run(const struct gzread *, const unsigned char *first,
    size_t len, struct gzread_result *result) MUSTUSE;

#endif
