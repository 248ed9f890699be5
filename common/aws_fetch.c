#include "aws_fetch.h"

#include <string.h>

#include "credentials.h"
#include "prog.h"
#include "retry.h"
#include "xalloc.h"

#define STOPPING_SECONDS 2	/* for a clean-up that needs fresh keys */

void
aws_fetch_release(struct http_answer *answer)
{
	credentials_wipe_buf(&answer->body);
	http_answer_release(answer);
}

char *
aws_fetch_shown_url(const char *url)
{
	return xstrndup(url, strcspn(url, "?#"));
}

static bool
may_pass(const struct http_answer *answer)
{
	switch (answer->failure) {
	case HTTP_OK:
		return answer->status == 429 || answer->status >= 500;
	case HTTP_UNREACHABLE:
	case HTTP_TIMED_OUT:
	case HTTP_BROKEN:
		return true;
	default:
		return false;
	}
}

static int
tell(const struct aws_fetch *fetch, const struct http_answer *answer)
{
	switch (answer->failure) {
	case HTTP_STOPPED:
		return fail_quietly(PROG_TEMPORARY);
	case HTTP_UNTRUSTED:
		return fail(PROG_PERMANENT, "cannot trust %s: %s",
		    fetch->service, answer->problem);
	case HTTP_UNREACHABLE:
		return fail(PROG_TEMPORARY, "could not reach %s: %s",
		    fetch->service, answer->problem);
	default:
		return fail(PROG_TEMPORARY, "could not ask %s: %s",
		    fetch->service, answer->problem);
	}
}

int
aws_fetch(const struct aws_fetch *fetch, struct http_answer *answer)
{
	const struct http_options options = {
		.ca_bundle = fetch->ca_bundle,
		.no_verify_tls = fetch->no_verify_tls,
	};
	const struct http_request request = {
		.method = fetch->method,
		.url = fetch->url,
		.headers = fetch->headers,
		.header_count = fetch->header_count,
		.body = fetch->body,
		.body_len = fetch->body == NULL ? 0 : strlen(fetch->body),
		.body_max = AWS_FETCH_MAX,
		.total_seconds = fetch->seconds,
		.stopping_seconds = STOPPING_SECONDS,
		.direct = fetch->direct,
	};
	struct retry retry = {.budget = fetch->patience};
	struct http *http = http_new(&options);
	unsigned tries = 0;
	int rc;

	do {
		rc = http_perform(http, &request, answer);
		if (!may_pass(answer) || ++tries == fetch->attempts)
			break;
		info("could not get an answer from %s: %s", fetch->service,
		    rc != 0 ? answer->problem : "it is busy");
	} while (retry_wait(&retry, 0) == 0);
	http_free(http);
	return rc == 0 ? 0 : tell(fetch, answer);
}
