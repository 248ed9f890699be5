/* post.c: a POST that is tried again; messages name no more than the host. */
#include "post.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "http.h"
#include "prog.h"
#include "retry.h"
#include "text.h"
#include "webhook.h"
#include "xalloc.h"

#define TRY_SECONDS 15		/* of one try, as the standard advises */
#define ANSWER_MAX 65536	/* bytes; nobody reads them */

/* Retry-After: seconds or a date. Milliseconds. */
static uint64_t
asked_wait(const struct http_answer *answer)
{
	const char *value = http_header(answer, "retry-after");
	uint64_t seconds = 0;
	time_t when;

	if (value == NULL)
		return 0;
	if (text_number(value, &seconds) != 0 &&
	    http_date(value, &when) == 0 && when > time(NULL))
		seconds = (uint64_t)(when - time(NULL));
	return seconds > 86400 ? 86400000 : seconds * 1000;
}

static bool
may_help(const struct http_answer *answer)
{
	switch (answer->failure) {
	case HTTP_OK:
		return answer->status == 408 || answer->status == 429 ||
		    answer->status >= 500;
	case HTTP_UNTRUSTED:
	case HTTP_STOPPED:
		return false;
	default:
		return true;
	}
}

/* One try, freshly signed: receivers refuse old time stamps. */
static int
try_once(struct http *http, const struct post *post,
    struct http_answer *answer)
{
	time_t now = time(NULL);
	char *id = xasprintf("webhook-id: %s", post->id);
	char *timestamp = xasprintf("webhook-timestamp: %lld",
	    (long long)now);
	const char *headers[4] = {"content-type: application/json", id,
	    timestamp};
	size_t count = 3;
	struct buf signature = BUF_INIT;
	const char *why;
	int rc = -1;

	if (post->secrets != NULL) {
		buf_add_string(&signature, "webhook-signature: ");
		if (webhook_sign(&signature, post->secrets, post->id, now,
		    post->body, post->body_len, &why) != 0) {
			fail(PROG_PERMANENT, "cannot use "
			    "NOTIFY_WEBHOOK_SECRET: %s", why);
			goto out;
		}
		headers[count++] = signature.data;
	}
	struct http_request request = {
		.method = "POST",
		.url = post->url,
		.headers = headers,
		.header_count = count,
		.body = post->body,
		.body_len = post->body_len,
		.body_max = ANSWER_MAX,
		.idle_seconds = TRY_SECONDS,
		.total_seconds = TRY_SECONDS,
	};
	/* What failed is in the answer. */
	(void)!http_perform(http, &request, answer);
	rc = 0;
out:
	buf_release(&signature);
	free(timestamp);
	free(id);
	return rc;
}

static void
explain(const char *host, const struct http_answer *answer)
{
	if (answer->failure != HTTP_OK)
		warning("could not tell webhook \"%s\": %s", host,
		    answer->problem);
	else if (answer->status == 410)
		warning("webhook \"%s\" is gone (410): take it out of "
		    "NOTIFY_WEBHOOK_URL", host);
	else if (answer->status >= 300 && answer->status < 400)
		warning("webhook \"%s\" answered with a redirect (%ld), which "
		    "is not followed: set the new URL", host, answer->status);
	else
		warning("webhook \"%s\" answered with status %ld", host,
		    answer->status);
}

static bool
is_done(const struct http_answer *answer)
{
	return (answer->failure == HTTP_OK ||
	    answer->failure == HTTP_TOO_LARGE) &&
	    answer->status >= 200 && answer->status < 300;
}

/* Until it is told, or it never will be, or the time is up. */
static int
send_to(const struct post *post, const char *host, struct http *http)
{
	struct retry retry = {.budget = post->retry_seconds};
	struct http_answer answer = HTTP_ANSWER_INIT;
	int rc = -1;

	do {
		http_answer_release(&answer);
		answer = (struct http_answer)HTTP_ANSWER_INIT;
		if (try_once(http, post, &answer) != 0)
			goto out;
		if (is_done(&answer)) {
			info("backup: told webhook \"%s\"", host);
			rc = 0;
			goto out;
		}
	} while (may_help(&answer) &&
	    retry_wait(&retry, asked_wait(&answer)) == 0);
	explain(host, &answer);
	rc = 1;
out:
	http_answer_release(&answer);
	return rc;
}

int
post_send(const struct post *post)
{
	struct buf host = BUF_INIT;
	struct http *http = NULL;
	int rc = -1;

	buf_addf(&host, "%.*s//", (int)strcspn(post->url, "/"), post->url);
	if (webhook_add_host(&host, post->url) != 0) {
		fail(PROG_PERMANENT, "cannot use NOTIFY_WEBHOOK_URL: it is no "
		    "URL that begins with https:// or http://");
		goto out;
	}
	http = http_new(NULL);
	rc = http == NULL ? -1 : send_to(post, host.data, http);
out:
	http_free(http);
	buf_release(&host);
	return rc;
}
