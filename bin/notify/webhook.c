#include "webhook.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http.h"
#include "prog.h"
#include "report.h"
#include "retry.h"
#include "text.h"
#include "xalloc.h"

#define IDLE_SECONDS 15		/* Standard Webhooks: 15 to 30 s */
#define ANSWER_MAX ((size_t)64 * 1024)	/* bytes; only its status counts */
#define RETRY_AFTER_MAX 300	/* seconds that a receiver may ask for */
#define SECRET_PREFIX "whsec_"

/* "https://host:port" of a URL; path and user may hold secrets. */
static char *
host_of(const char *url)
{
	const char *scheme_end = strstr(url, "://");

	if (scheme_end == NULL)
		return xstrdup("?");
	const char *host = scheme_end + 3;
	size_t len = strcspn(host, "/?#");

	for (const char *at = memchr(host, '@', len); at != NULL;
	    at = memchr(host, '@', len)) {
		len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	return xasprintf("%.*s://%.*s", (int)(scheme_end - url), url, (int)len,
	    host);
}

/* The same id for every try of one event: receivers drop doubles by it. */
static char *
message_id(const json_t *outcome)
{
	const char *event = report_string(outcome, "event");
	const char *run = report_string(outcome, "run_id");
	struct buf id = BUF_INIT;

	buf_addf(&id, "msg_%s_%s", event, *run != '\0' ? run :
	    report_string(outcome, "name"));
	/* A dot would end the id in the signed text. */
	for (char *at = id.data; *at != '\0'; at++) {
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789_-", *at) == NULL)
			*at = '-';
	}
	return buf_detach(&id);
}

/* "webhook-signature: v1,BASE64" over "id.timestamp.body". -1: told. */
static int
add_signature(struct buf *header, const char *secret, const char *id,
    const char *timestamp, const struct buf *body)
{
	struct buf key = BUF_INIT;
	struct buf text = BUF_INIT;
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;
	int rc = -1;

	if (text_starts(secret, SECRET_PREFIX))
		secret += strlen(SECRET_PREFIX);
	if (text_from_base64(&key, secret, strlen(secret)) != 0 ||
	    key.len == 0) {
		fail(PROG_PERMANENT, "cannot use NOTIFY_WEBHOOK_SECRET: it is "
		    "not whsec_ and base64");
		goto out;
	}
	buf_addf(&text, "%s.%s.", id, timestamp);
	buf_add(&text, body->data, body->len);
	if (HMAC(EVP_sha256(), key.data, (int)key.len,
	    (const unsigned char *)text.data, text.len, mac, &mac_len) == NULL) {
		fail(PROG_TEMPORARY, "could not sign the webhook");
		goto out;
	}
	buf_add_string(header, "webhook-signature: v1,");
	text_add_base64(header, mac, mac_len);
	rc = 0;
out:
	buf_release(&text);
	buf_release(&key);
	return rc;
}

static void
make_body(struct buf *body, const json_t *outcome, struct timespec now)
{
	struct buf time_text = BUF_INIT;

	text_add_time(&time_text, now);
	json_t *message = json_pack("{s:s, s:s, s:O}", "type",
	    report_string(outcome, "event"), "timestamp", time_text.data,
	    "data", outcome);

	report_add_json(body, message);
	json_decref(message);
	buf_release(&time_text);
}

/* One try. 0: there is an answer, or none came. -1: told, no use. */
static int
post_once(struct http *http, const struct webhook *hook, const char *id,
    const json_t *outcome, struct http_answer *answer)
{
	struct timespec now;
	struct buf body = BUF_INIT;
	struct buf stamp = BUF_INIT;
	struct buf id_header = BUF_INIT;
	struct buf signature = BUF_INIT;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	make_body(&body, outcome, now);
	buf_addf(&stamp, "webhook-timestamp: %" PRId64, (int64_t)now.tv_sec);
	buf_addf(&id_header, "webhook-id: %s", id);
	if (hook->secret != NULL)
		rc = add_signature(&signature, hook->secret, id,
		    strchr(stamp.data, ' ') + 1, &body);
	const char *const headers[] = {
		"content-type: application/json", id_header.data, stamp.data,
		signature.data,
	};
	const struct http_request request = {
		.method = "POST",
		.url = hook->url,
		.headers = headers,
		.header_count = hook->secret != NULL ? 4 : 3,
		.body = body.data,
		.body_len = body.len,
		.body_max = ANSWER_MAX,
		.idle_seconds = IDLE_SECONDS,
	};
	/* What became of it stands in the answer. */
	if (rc == 0)
		(void)!http_perform(http, &request, answer);
	buf_release(&signature);
	buf_release(&id_header);
	buf_release(&stamp);
	buf_release(&body);
	return rc;
}

static bool
is_passing(const struct http_answer *answer)
{
	if (answer->failure != HTTP_OK && answer->failure != HTTP_TOO_LARGE)
		return answer->failure != HTTP_UNTRUSTED &&
		    answer->failure != HTTP_STOPPED;
	return answer->status == 408 || answer->status == 429 ||
	    answer->status >= 500;
}

static uint64_t
asked_wait(const struct http_answer *answer)
{
	const char *text = http_header(answer, "retry-after");
	uint64_t seconds;

	if (text == NULL || text_number(text, &seconds) != 0)
		return 0;
	return (seconds < RETRY_AFTER_MAX ? seconds : RETRY_AFTER_MAX) * 1000;
}

static void
explain(const char *host, const struct http_answer *answer)
{
	if (answer->status == 0)
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

int
webhook_send(const struct webhook *hook, const json_t *outcome)
{
	struct http *http = http_new(NULL);
	struct retry retry = {.budget = hook->retry_seconds};
	char *host = host_of(hook->url);
	char *id = message_id(outcome);
	int rc = -1;

	while (http != NULL) {
		struct http_answer answer = HTTP_ANSWER_INIT;
		int sent = post_once(http, hook, id, outcome, &answer);
		bool again = sent == 0 && is_passing(&answer);
		uint64_t least = asked_wait(&answer);

		if (sent == 0 && answer.status >= 200 && answer.status < 300) {
			info("backup: told webhook \"%s\"", host);
			rc = 0;
		} else if (again && retry_wait(&retry, least) == 0) {
			http_answer_release(&answer);
			continue;
		} else if (sent == 0) {
			explain(host, &answer);
		}
		http_answer_release(&answer);
		break;
	}
	free(id);
	free(host);
	http_free(http);
	return rc;
}
