/*
 * gzread: undo gzip, frames and foreign, from a source into a sink.
 *
 * Frames (gzframe.h) are checked strictly: every header byte, offset, length,
 * CRC-32, the index, the totals; a frame reaches the sink only after its check.
 * Any other RFC 1952 chain of members is read as gzip does, zero bytes behind
 * it allowed; what it holds reaches the sink as it comes, but the last
 * GZREAD_HOLD bytes of a member only after its check. Memory is the slots'
 * (2 frames each, jobs + 2 of them), or 1 MiB for foreign gzip.
 *
 * What a damaged input means is for the caller to say: gzip-frame fails, verify
 * has its verdict.
 */
#ifndef GZREAD_H
#define GZREAD_H

#include "gzsource.h"

/*
 * The whole input. 0; 1: it is damaged, and result->reason says why, with the
 * byte offset, nothing told; -1: told, by the source, the sink or here. result
 * is filled as far as it came.
 */
int gzread_run(const struct gzread *, struct gzread_result *result) MUSTUSE;

#endif
