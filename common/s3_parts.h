/*
 * s3_parts: the parts of a multipart upload, sent by threads while the caller
 * fills the next one.
 *
 *     s3_parts_buffer -> fill it -> s3_parts_send -> s3_parts_buffer ...
 *     s3_parts_finish, or s3_parts_free at any time
 *
 * There are at most `buffers` parts in memory, and as many threads (with one
 * part none). A part stays until the server has acknowledged it; uploads of the
 * same bytes keep it once (part_memory). One that takes long holds up no other.
 * When the server says "slow down", half as many are sent at once.
 */
#ifndef S3_PARTS_H
#define S3_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "io.h"
#include "s3.h"

#define S3_PARTS_MAX 10000	/* S3 API: Amazon S3 multipart upload limits */

struct part_block;
struct part_memory;
struct s3_parts;

/*
 * Key and memory are borrowed; memory may be NULL: its own. There is one buffer
 * until s3_parts_start.
 */
struct s3_parts *s3_parts_new(struct s3 *, const char *key, size_t part_size,
    unsigned buffers, struct part_memory *memory);

/* The upload's id is there: parts can be sent. -1: told (no threads). */
int s3_parts_start(struct s3_parts *, const char *upload_id) MUSTUSE;

/*
 * The buffer to fill next, of part_size bytes; waits for it. NULL: a part could
 * not be sent, or a stop signal came; told.
 */
struct part_block *s3_parts_buffer(struct s3_parts *);

/* The buffer last given holds len bytes: the next part. */
void s3_parts_send(struct s3_parts *, size_t len);

/* Wait for all. -1: told. */
int s3_parts_finish(struct s3_parts *) MUSTUSE;

/* The parts' ETags without quotes, in order, after s3_parts_finish. */
char *const *s3_parts_etags(const struct s3_parts *, size_t *count);

/*
 * Break off what is under way, and wait for the threads. Returns whether
 * something was under way: the server may still be working on it.
 */
bool s3_parts_cancel(struct s3_parts *);
void s3_parts_free(struct s3_parts *);

#endif
