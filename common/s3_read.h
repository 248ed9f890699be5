/*
 * s3_read: an object, or a range of it, read by several connections at once
 * and handed on in order.
 *
 * The first part tells size and ETag; the parts behind it are then read by
 * threads, as many as there are buffers (with one none), each with its own
 * connection. A server that does not heed Range is read in one go.
 */
#ifndef S3_READ_H
#define S3_READ_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "io.h"
#include "s3_call.h"

struct s3_read_options {
	uint64_t part_size;	/* bytes of a ranged read; 0: 8 MiB */
	unsigned buffers;	/* parts in memory; 0: 3 */
};

/*
 * Bytes from..to-1 (to S3_TO_END of s3_get: all) into the sink, which is called
 * in this thread. from at or behind the end gives nothing. Returns 1; 0 when
 * there is no such object, nothing told; -1: told.
 */
int s3_read(struct s3_line *, const char *key, uint64_t from, uint64_t to,
    const struct s3_read_options *, http_sink *, void *context) MUSTUSE;

#endif
