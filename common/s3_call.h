/*
 * s3_call: a request that is tried again, and its answer sorted into good,
 * refused and lost.
 *
 * Tried again within a time budget: what did not arrive, and what the server
 * calls temporary. Once: another region, the server's clock, fresh keys.
 */
#ifndef S3_CALL_H
#define S3_CALL_H

#include "io.h"
#include "s3.h"
#include "s3_answer.h"
#include "s3_request.h"

/* One thread's connection. */
struct s3_line {
	struct s3 *s3;
	struct http *http;
};

void s3_line_open(struct s3_line *, struct s3 *);
void s3_line_close(struct s3_line *);

/*
 * Do it; the answer must have been through init or an earlier call. Prints
 * nothing but -v chatter, and one warning when it takes long. A request whose
 * sink got bytes is not tried again: the caller resumes.
 */
enum s3_outcome s3_call(struct s3_line *, const struct s3_request *,
    struct s3_answer *);

#endif
