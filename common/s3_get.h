/*
 * s3_get: read an object, in order, resumed where it broke off.
 */
#ifndef S3_GET_H
#define S3_GET_H

#include <stdint.h>

#include "http.h"
#include "io.h"
#include "s3_call.h"

#define S3_TO_END UINT64_MAX

/*
 * Bytes from..to-1 (S3_TO_END: all) into the sink. It goes on with If-Match,
 * so that no two objects are mixed. from at or behind the end gives nothing.
 * Returns 1; 0 when there is no such object, nothing told; -1: told.
 */
int s3_get(struct s3_line *, const char *key, uint64_t from, uint64_t to,
    http_sink *, void *context) MUSTUSE;

#endif
