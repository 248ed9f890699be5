#define _GNU_SOURCE
#include "s3_answer.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "s3_codes.h"
#include "text.h"
#include "xalloc.h"

static const struct s3_answer empty_answer = {.http = HTTP_ANSWER_INIT};

void
s3_answer_init(struct s3_answer *answer)
{
	*answer = empty_answer;
}

void
s3_answer_release(struct s3_answer *answer)
{
	http_answer_release(&answer->http);
	s3xml_error_release(&answer->error);
	*answer = empty_answer;
}

bool
s3_answer_is(const struct s3_answer *answer, const char *code)
{
	return answer->error.code != NULL &&
	    strcmp(answer->error.code, code) == 0;
}

/* AWS and others answer 200 and then fail: the body says so. */
static bool
body_may_be_error(const struct buf *body)
{
	size_t len = body->len < 512 ? body->len : 512;

	return memmem(body->data, len, "<Error", 6) != NULL;
}

void
s3_answer_read_error(struct s3_answer *answer)
{
	const struct buf *body = &answer->http.body;
	bool good = answer->http.status / 100 == 2;

	s3xml_error_release(&answer->error);
	if (good && !body_may_be_error(body))
		(void)!s3xml_read_error(&answer->error, "", 0);
	else if (s3xml_read_error(&answer->error, body->data, body->len) != 0 &&
	    !good) {
		free(answer->error.code);
		answer->error.code = xstrdup(s3_codes_of_status(
		    answer->http.status));
	}
}

char *
s3_answer_reason(const struct s3_answer *answer)
{
	const struct s3xml_error *error = &answer->error;
	const char *id = http_header(&answer->http, "x-amz-request-id");
	struct buf text = BUF_INIT;

	if (answer->http.failure == HTTP_UNREACHABLE) {
		buf_addf(&text, "could not reach S3 endpoint %s: %s",
		    answer->origin, answer->http.problem);
		return buf_detach(&text);
	}
	if (answer->http.failure != HTTP_OK)
		buf_addf(&text, "%s", answer->http.problem);
	else if (error->code[0] == '\0')
		buf_addf(&text, "the server answered %ld",
		    answer->http.status);
	else
		buf_addf(&text, "%s%s%.300s", error->code,
		    error->message[0] == '\0' ? "" : ": ", error->message);
	while (text_ends(text.data, "."))
		text.data[--text.len] = '\0';
	if (id != NULL)
		buf_addf(&text, " (request id %.80s)", id);
	return buf_detach(&text);
}

char *
s3_deed(const struct s3 *s3, const struct s3_request *request)
{
	if (request->subject != NULL)
		return xasprintf("%s \"%s\"", request->action,
		    request->subject);
	return xasprintf("%s \"s3://%s%s%s\"", request->action,
	    s3->place, request->key == NULL ? "" : "/",
	    request->key == NULL ? "" : request->key);
}

static int
tell_failure(const struct s3_answer *answer, const char *what, const char *why)
{
	if (answer->http.failure == HTTP_UNREACHABLE) {
		fail(PROG_TEMPORARY, "%s", why);
		hint("is the server running, and is AWS_ENDPOINT_URL right?");
		return -1;
	}
	if (answer->http.failure == HTTP_UNTRUSTED) {
		fail(PROG_PERMANENT, "cannot trust S3 endpoint %s: %s",
		    answer->origin, answer->http.problem);
		hint("AWS_CA_BUNDLE names a file with the certificate "
		    "authority of a private server");
		return -1;
	}
	return fail(PROG_TEMPORARY, "could not %s: %s", what, why);
}

/* Another thread of the same job has said why it fails. */
static bool
is_told(const struct s3_request *request)
{
	return request->told != NULL &&
	    atomic_exchange(request->told, true);
}

int
s3_tell(const struct s3 *s3, const struct s3_request *request,
    const struct s3_answer *answer)
{
	if (answer->outcome == S3_ENDED)
		return fail_quietly(PROG_TEMPORARY);
	if (is_told(request))
		return fail_quietly(PROG_TEMPORARY);
	char *what = s3_deed(s3, request);
	char *why = s3_answer_reason(answer);
	const char *advice = s3_codes_hint(answer->error.code);
	int code = s3_codes_exit(answer->error.code, answer->http.status);

	if (answer->http.failure != HTTP_OK) {
		tell_failure(answer, what, why);
	} else {
		fail(code, "%s %s: %s", code == PROG_PERMANENT ? "cannot" :
		    "could not", what, why);
		if (advice != NULL)
			hint("%s", advice);
	}
	free(what);
	free(why);
	return -1;
}

int
s3_tell_strange(const struct s3 *s3, const struct s3_request *request,
    const char *what)
{
	if (is_told(request))
		return fail_quietly(PROG_TEMPORARY);
	char *doing = s3_deed(s3, request);

	fail(PROG_TEMPORARY, "could not %s: the server's answer %s", doing,
	    what);
	free(doing);
	return -1;
}
