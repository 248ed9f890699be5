/*
 * s3_reading: whether an answer to GET is the part of the object that was
 * asked for, and its bytes handed on. s3_get asks.
 */
#ifndef S3_READING_H
#define S3_READING_H

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

struct s3_reading {
	struct s3_line *line;
	struct s3_range *range;
	uint64_t at;		/* offset of the next byte wanted */
	/* of the answer under way */
	const struct http_answer *http;
	bool judged;		/* its headers were looked at */
	uint64_t until;		/* S3_TO_END; or where a range ends */
	uint64_t skip;		/* bytes to drop: no range was heard */
	bool enough;		/* there is more than was wanted */
	char *encoding;		/* that the answer has, but the object may
				   not; NULL */
};

/* The http_sink of each answer; the reading is its context. */
int s3_reading_take(void *reading, const void *data, size_t len) MUSTUSE;

/* The headers of a good answer: is it the part that was asked for? -1: told. */
int s3_reading_judge(struct s3_reading *) MUSTUSE;

/* The object's size by the answer's headers, or S3_TO_END. */
uint64_t s3_reading_told_size(const struct s3_reading *);

/* `could not read object "URL": it changed while it was read`, exit 111. -1. */
int s3_reading_fail_changed(const struct s3_reading *);

/*
 * `... the server's answer is not as long as the range that it names`: packed
 * on its way, perhaps. -1.
 */
int s3_reading_fail_length(const struct s3_reading *);

#endif
