/*
 * s3_answer: what an operation came to, and how it is told.
 */
#ifndef S3_ANSWER_H
#define S3_ANSWER_H

#include <stdbool.h>

#include "http.h"
#include "io.h"
#include "s3.h"
#include "s3_request.h"
#include "s3xml.h"

enum s3_outcome {
	S3_DONE,	/* 2xx, and no <Error> in it */
	S3_REFUSED,	/* the server said no, and means it */
	S3_LOST,	/* no good answer within the budget */
	S3_ENDED,	/* a stop signal, cancel, or the sink said no (told) */
};

struct s3_answer {
	enum s3_outcome outcome;
	struct http_answer http;
	struct s3xml_error error;	/* all "" when there is none */
	char origin[320];		/* "https://host" that was asked */
	unsigned attempts;		/* how many it took */
	bool doubtful;	/* it may have been done, whatever the outcome says:
			   an attempt got no answer, or a 5xx */
};

void s3_answer_init(struct s3_answer *);
void s3_answer_release(struct s3_answer *);

/* Fill error from the body; HEAD and odd servers give the status only. */
void s3_answer_read_error(struct s3_answer *);

/*
 * "NoSuchKey: The specified key does not exist (request id 17)": one line for
 * people. The caller frees it.
 */
char *s3_answer_reason(const struct s3_answer *);

/* `put object "s3://bucket/key"`. The caller frees it. */
char *s3_deed(const struct s3 *, const struct s3_request *);

/* Whether the answer is an error with this code. */
bool s3_answer_is(const struct s3_answer *, const char *code);

/*
 * Say what went wrong, with the exit code that fits. Always returns -1. After
 * S3_ENDED nothing is said.
 */
int s3_tell(const struct s3 *, const struct s3_request *,
    const struct s3_answer *);

/* A good answer that cannot be understood. Returns -1. */
int s3_tell_strange(const struct s3 *, const struct s3_request *,
    const char *what);

#endif
