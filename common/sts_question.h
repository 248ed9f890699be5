/*
 * sts_question: a request to the Security Token Service: a form, signed with
 * keys where there are any.
 */
#ifndef STS_QUESTION_H
#define STS_QUESTION_H

#include <time.h>

#include "buf.h"
#include "credentials_source.h"
#include "http.h"
#include "io.h"
#include "s3_endpoint.h"

struct sts_role {
	const char *arn;
	const char *session_name;	/* NULL: made up */
	const char *external_id;	/* NULL: none */
	const char *duration;		/* seconds; NULL: the service's */
};

/* One question, and who asks it. */
struct sts_question {
	const struct credentials_search *search;
	const char *action;
	struct s3_endpoint endpoint;
	const char *region;
	char *host;
	char *url;
	char *service;		/* for messages */
	char *subject;		/* "role \"arn:...\"": for messages */
	struct buf form;
};

/*
 * Begin one; what the role has is in the form. -1: told. Closed in either case.
 */
int sts_question_open(struct sts_question *, const struct credentials_search *,
    const char *action, const struct sts_role *) MUSTUSE;
void sts_question_close(struct sts_question *);

/* A field of the form; value NULL: none. */
void sts_question_add(struct sts_question *, const char *name,
    const char *value);

/*
 * Ask; signed at `now` unless keys is NULL. 0: an answer came, of any status;
 * aws_fetch_release() frees it. -1: told.
 */
int sts_question_post(const struct sts_question *, const struct credentials *,
    time_t now, struct http_answer *) MUSTUSE;

#endif
