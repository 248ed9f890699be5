/*
 * s3_abort: multipart uploads that nobody will complete.
 *
 * They are invisible in lists of objects, and cost money for ever.
 */
#ifndef S3_ABORT_H
#define S3_ABORT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "io.h"
#include "s3_call.h"

/*
 * Abort our own upload; after a stop signal too, in a few seconds. While parts
 * were on their way (busy) it is repeated until the server no longer knows the
 * upload. One that stays is a warning.
 */
void s3_abort_surely(struct s3_line *, const char *key, const char *id,
    bool busy);

/*
 * Abort the open uploads of this very key, but for the one with id keep
 * (NULL: all). What cannot be aborted, or not even listed, is a warning; -1,
 * told: the bucket is missing, or the server cannot be reached.
 */
int s3_abort_others(struct s3_line *, const char *key, const char *keep)
	MUSTUSE;

/*
 * Abort the uploads of key place, and below it, that began before older_than;
 * *count says how many. -1: told.
 */
int s3_abort_below(struct s3_line *, const char *place, time_t older_than,
    size_t *count) MUSTUSE;

#endif
