/*
 * s3_get: read a range of an object with one connection, in order, resumed
 * where it broke off. s3_read reads with several.
 */
#ifndef S3_GET_H
#define S3_GET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "http.h"
#include "io.h"
#include "s3_call.h"

#define S3_TO_END UINT64_MAX

/* What to read, and what is learnt on the way. */
struct s3_range {
	const char *key;
	uint64_t from;
	uint64_t to;		/* one behind the last; S3_TO_END: all */
	http_sink *sink;
	void *context;
	const atomic_bool *cancel;	/* another thread says stop; or NULL */
	atomic_bool *told;	/* threads that share it tell once; or NULL */
	char *etag;		/* NULL, or the object must have it (quoted);
				   set when it was NULL: free it */
	uint64_t size;		/* set: of the object; S3_TO_END: unknown */
	bool ranged;		/* set: the server heeds Range */
	bool encoded;		/* known, or set: it is kept with the
				   Content-Encoding that answers show */
};

/*
 * Bytes from..to-1 into the sink. It goes on with If-Match, so that no two
 * objects are mixed. from at or behind the end gives nothing. Returns 1; 0 when
 * there is no such object, nothing told; -1: told. What was compressed on the
 * way is no object's bytes: told, once HEAD has said that it is not kept so.
 */
int s3_get(struct s3_line *, struct s3_range *) MUSTUSE;

#endif
