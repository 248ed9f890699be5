#include "s3_effort.h"

#include <stdlib.h>

#include "prog.h"
#include "s3_codes.h"
#include "s3_follow.h"
#include "text.h"

#define SLOWER_WAIT 1000	/* ms, at least, after "slow down" */
#define RETRY_AFTER_MAX 60	/* seconds we let a server make us wait */
#define WARN_AFTER 10000	/* ms of trying before we say so */
#define CLEANUP_PATIENCE 30	/* seconds of trying for a clean-up */
#define STOPPING_PATIENCE 2	/* the same after a stop signal */
#define TWICE 2			/* attempts that may end in S3_CLASS_TWICE */

static void
chat(struct s3_effort *effort, const char *next)
{
	const struct s3_answer *answer = effort->answer;
	const char *id2 = http_header(&answer->http, "x-amz-id-2");
	char *what = s3_deed(effort->line->s3, effort->request);
	char *why = s3_answer_reason(answer);

	info("could not %s: %s%s%.80s; %s", what, why,
	    id2 == NULL ? "" : ", id 2 ", id2 == NULL ? "" : id2, next);
	if (!effort->warned && retry_now() - effort->began > WARN_AFTER) {
		warning("could not %s for %d s now: %s; %s", what,
		    (int)((retry_now() - effort->began) / 1000), why, next);
		effort->warned = true;
	}
	free(what);
	free(why);
}

static bool
learn_region(struct s3_effort *effort)
{
	bool again = effort->region_learnt;

	effort->region_learnt = true;
	return !again && s3_follow_region(effort->line->s3, effort->answer);
}

static bool
learn_host(struct s3_effort *effort)
{
	struct s3 *s3 = effort->line->s3;

	if (effort->host != NULL)
		return false;
	effort->host = s3_follow_host(s3, effort->answer,
	    effort->request->secret && s3->secret != NULL);
	return effort->host != NULL;
}

static bool
learn_clock(struct s3_effort *effort)
{
	bool again = effort->clock_learnt;

	effort->clock_learnt = true;
	return !again && s3_follow_clock(effort->line->s3, effort->answer);
}

/* 1: there are other keys now; 0: there are none; -1: told. */
static int
renew_keys(struct s3_effort *effort)
{
	bool lasting = effort->keys.session_token == NULL;

	if (effort->keys_renewed ||
	    (lasting && s3_answer_is(effort->answer, "InvalidAccessKeyId")))
		return 0;
	effort->keys_renewed = true;
	return credentials_chain_refresh(effort->line->s3->credentials,
	    &effort->keys);
}

/* Milliseconds that the server wants us to wait. */
static uint64_t
retry_after(const struct s3_answer *answer, enum s3_class class)
{
	const char *text = http_header(&answer->http, "retry-after");
	uint64_t seconds;

	if (text != NULL && text_number(text, &seconds) == 0)
		return 1000 * (seconds < RETRY_AFTER_MAX ? seconds :
		    RETRY_AFTER_MAX);
	return class == S3_CLASS_SLOWER ? SLOWER_WAIT : 0;
}

static uint64_t
patience(const struct s3_effort *effort)
{
	uint64_t seconds = s3_patience(effort->line->s3);

	if (!effort->request->cleanup)
		return seconds;
	if (!prog_stopping())
		return seconds < CLEANUP_PATIENCE ? seconds : CLEANUP_PATIENCE;
	return retry_now() - effort->began < STOPPING_PATIENCE * 1000 ? 1 : 0;
}

/* Wait for the next attempt; S3_DONE: go on. */
static enum s3_outcome
wait_again(struct s3_effort *effort, uint64_t least)
{
	const struct s3_request *request = effort->request;

	if (effort->answer->http.sunk > 0 || (request->attempts_max > 0 &&
	    effort->answer->attempts >= request->attempts_max))
		return S3_LOST;
	effort->retry.even_when_stopping = request->cleanup;
	effort->retry.cancel = request->cancel;
	effort->retry.budget = patience(effort);
	chat(effort, "trying again");
	if (retry_wait(&effort->retry, least) == 0)
		return S3_DONE;
	bool ended = (prog_stopping() && !request->cleanup) ||
	    (request->cancel != NULL && atomic_load(request->cancel));

	return ended ? S3_ENDED : S3_LOST;
}

enum s3_outcome
s3_effort_failed(struct s3_effort *effort)
{
	switch (effort->answer->http.failure) {
	case HTTP_STOPPED:
	case HTTP_SINK:
		return S3_ENDED;
	case HTTP_UNTRUSTED:
	case HTTP_TOO_LARGE:
		return S3_LOST;
	default:
		return wait_again(effort, 0);
	}
}

/* The keys are no good any more. S3_DONE: there are others. */
static enum s3_outcome
after_expiry(struct s3_effort *effort)
{
	int rc = renew_keys(effort);

	if (rc > 0)
		chat(effort, "trying again");
	return rc > 0 ? S3_DONE : rc == 0 ? S3_REFUSED : S3_ENDED;
}

/* What was put without a customer's key must be read without it. */
static bool
leave_secret(struct s3_effort *effort)
{
	const struct s3_request *request = effort->request;

	if (effort->bare || !request->secret || request->body != NULL ||
	    effort->line->s3->secret == NULL)
		return false;
	return effort->bare = true;
}

/* A 403 without words: no right to look, or MinIO's word for expired keys. */
static enum s3_outcome
after_silent_403(struct s3_effort *effort)
{
	struct prog_held held;

	if (effort->keys_renewed)
		s3_learn_forbidden(effort->line->s3);
	if (s3_is_forbidden(effort->line->s3))
		return S3_REFUSED;
	prog_hold(&held);
	enum s3_outcome outcome = after_expiry(effort);

	prog_release(&held);
	if (outcome != S3_DONE)
		s3_learn_forbidden(effort->line->s3);
	return outcome == S3_ENDED && !prog_stopping() ? S3_REFUSED : outcome;
}

/*
 * A code that says nothing to us, or none: a 400 to HEAD may be another
 * region, a key of SSE-C too many, or expired keys.
 */
static enum s3_outcome
after_other(struct s3_effort *effort)
{
	const struct http_answer *http = &effort->answer->http;
	bool silent = http->body.len == 0;

	if (http->status == 400 && ((silent && learn_region(effort)) ||
	    leave_secret(effort))) {
		chat(effort, "trying again");
		return S3_DONE;
	}
	if (!silent || effort->keys.session_token == NULL)
		return S3_REFUSED;
	if (http->status == 403)
		return after_silent_403(effort);
	if (http->status != 400)
		return S3_REFUSED;
	effort->bare = false;
	return after_expiry(effort);
}

enum s3_outcome
s3_effort_refused(struct s3_effort *effort)
{
	struct s3_answer *answer = effort->answer;
	enum s3_class class = s3_codes_class(answer->error.code,
	    answer->http.status);
	bool again = false;

	switch (class) {
	case S3_CLASS_SLOWER:
		if (effort->request->slower != NULL)
			atomic_fetch_add(effort->request->slower, 1);
		/* fall through */
	case S3_CLASS_AGAIN:
		return wait_again(effort, retry_after(answer, class));
	case S3_CLASS_TWICE:
		return ++effort->twice < TWICE ? wait_again(effort, 0) :
		    S3_REFUSED;
	case S3_CLASS_REGION:
		again = learn_region(effort);
		break;
	case S3_CLASS_REDIRECT:
		again = learn_host(effort);
		break;
	case S3_CLASS_CLOCK:
		again = learn_clock(effort);
		break;
	case S3_CLASS_KEYS:
		return after_expiry(effort);
	default:
		return after_other(effort);
	}
	if (again)
		chat(effort, "trying again");
	return again ? S3_DONE : S3_REFUSED;
}
