/*
 * s3_settle: what an answer to a publishing request comes to. Where the answer
 * leaves it open, the object itself is asked whether it is ours (s3_own).
 */
#ifndef S3_SETTLE_H
#define S3_SETTLE_H

#include "s3_own.h"

/* The server says that the name is taken: by an earlier try of ours? */
enum s3_published s3_settle_taken(struct s3_publication *);

/*
 * No answer, or one that leaves it open. Ours after all: good. Else the first
 * cause is told.
 */
enum s3_published s3_settle_lost(struct s3_publication *,
    const struct s3_request *, const struct s3_answer *);

/* An answer that may mean anything; `what` says it: "has no ETag". */
enum s3_published s3_settle_strange(struct s3_publication *,
    const struct s3_request *, const char *what);

/* Ended by a signal, or for want of keys (told). */
enum s3_published s3_settle_stopped(struct s3_publication *);

/* A good answer: is the object there, whole, and ours? */
enum s3_published s3_settle_done(struct s3_publication *);

#endif
