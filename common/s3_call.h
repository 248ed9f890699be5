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
#include "s3_answer.h"
#include "s3_line.h"
#include "s3_request.h"

/*
 * Do it; the answer must have been through init or an earlier call. Prints
 * nothing but -v chatter, and one warning when it takes long. A request whose
 * sink got bytes is not tried again: the caller resumes.
 */
enum s3_outcome s3_call(struct s3_line *, const struct s3_request *,
    struct s3_answer *);

#endif
