/*
 * s3_effort: a request under way, over all its attempts, and what follows an
 * attempt that came to nothing. Only s3_call uses it.
 */
#ifndef S3_EFFORT_H
#define S3_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

#include "credentials_chain.h"
#include "retry.h"
#include "s3_answer.h"
#include "s3_line.h"
#include "s3_request.h"

/* What is remembered from attempt to attempt. */
struct s3_effort {
	struct s3_line *line;
	const struct s3_request *request;
	struct s3_answer *answer;
	struct s3_digests digests;
	struct credentials keys;
	struct retry retry;
	uint64_t began;		/* ms */
	unsigned twice;
	char *host;		/* of a temporary redirect */
	bool region_learnt, clock_learnt, keys_renewed, bare, warned;
};

/*
 * No answer came, or an error. S3_DONE: try again now, the waiting is done;
 * else that is the outcome.
 */
enum s3_outcome s3_effort_failed(struct s3_effort *);
enum s3_outcome s3_effort_refused(struct s3_effort *);

#endif
