/*
 * s3_follow: what an error tells of where the bucket is, and of the time, so
 * that the request can be tried once more.
 */
#ifndef S3_FOLLOW_H
#define S3_FOLLOW_H

#include <stdbool.h>

#include "s3.h"
#include "s3_answer.h"

/* The bucket is in another region, which is known from now on. */
bool s3_follow_region(struct s3 *, const struct s3_answer *);

/*
 * The host in a redirect's Location; the caller frees it. NULL: none, one of
 * another scheme, in the clear where we must not be, or (secret: SSE-C's key
 * goes along) in another domain.
 */
char *s3_follow_host(const struct s3 *, const struct s3_answer *, bool secret);

/* The server's clock is another one, and goes from now on. */
bool s3_follow_clock(struct s3 *, const struct s3_answer *);

#endif
