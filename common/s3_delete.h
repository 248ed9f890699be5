/*
 * s3_delete: delete objects, and single versions of them.
 *
 * Up to 1,000 go in one request (S3 API: DeleteObjects); one by one where
 * there are few, or where the server has no such request. What the server
 * calls temporary is tried again, also when it says so of single names.
 */
#ifndef S3_DELETE_H
#define S3_DELETE_H

#include <stddef.h>

#include "io.h"
#include "s3_call.h"

#define S3_DELETE_MAX ((size_t)1000)

struct s3_doomed {
	const char *key;
	const char *version;	/* NULL: what the name stands for now */
	char *why;		/* set: it is still there, for this reason; the
				   caller frees it */
	int code;		/* with why: PROG_PERMANENT or _TEMPORARY */
};

/*
 * Delete these, S3_DELETE_MAX at most; what is not there counts as deleted.
 * 0: each is gone, or has its why. -1: told; of some nobody knows.
 */
int s3_delete(struct s3_line *, struct s3_doomed *, size_t count) MUSTUSE;

/*
 * Delete any number of keys, each that fails is told; those of one request
 * are tried all.
 */
int s3_delete_keys(struct s3_line *, const char *const *keys, size_t count)
	MUSTUSE;

#endif
