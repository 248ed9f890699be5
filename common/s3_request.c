#include "s3_request.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define ANSWER_MAX ((size_t)32 * 1024 * 1024)	/* bytes of an XML answer */
#define CLEANUP_SECONDS 4	/* for all requests after a stop signal */
#define FINISH_SECONDS 2	/* for the one under way then */
#define CRAWL_SECONDS (6 * 3600)	/* of blanks, and no end of them */
#define OWN_HEADERS 9		/* see make_signed */

/* SSE-C: S3 API, PutObject. */
#define SECRET "x-amz-server-side-encryption-customer-"

void
s3_digests_make(struct s3_digests *digests, const void *data, size_t len)
{
	unsigned char md5[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	digests->md5[0] = '\0';
	memcpy(digests->sha256, sigv4_empty_hash, SIGV4_HASH_SIZE);
	if (data == NULL)
		return;
	sigv4_hash(data, len, digests->sha256);
	/* A machine in FIPS mode has no MD5; few servers insist on it. */
	if (EVP_Digest(data, len, md5, &size, EVP_md5(), NULL) == 1) {
		struct buf text = BUF_INIT;

		text_add_base64(&text, md5, size);
		snprintf(digests->md5, sizeof digests->md5, "%s", text.data);
		buf_release(&text);
	}
}

/* The request as it is sent. */
struct draft {
	struct s3_target target;
	char date[SIGV4_DATE_SIZE];
	struct sigv4_pair *signed_headers;
	size_t signed_count;
	struct buf query;
	struct buf authorization;
	char *url;
	char **lines;
	size_t line_count;
};

static void
sign_header(struct draft *draft, const char *name, const char *value)
{
	draft->signed_headers[draft->signed_count++] =
	    (struct sigv4_pair){name, value};
}

static void
make_signed(struct draft *draft, const struct s3 *s3,
    const struct s3_request *request, const struct s3_attempt *attempt)
{
	draft->signed_headers = xcalloc(request->header_count + OWN_HEADERS,
	    sizeof *draft->signed_headers);
	sign_header(draft, "host", draft->target.host);
	sign_header(draft, "x-amz-content-sha256", attempt->digests->sha256);
	sign_header(draft, "x-amz-date", draft->date);
	if (attempt->keys->session_token != NULL)
		sign_header(draft, "x-amz-security-token",
		    attempt->keys->session_token);
	if (attempt->digests->md5[0] != '\0')
		sign_header(draft, "content-md5", attempt->digests->md5);
	if (s3->request_payer)
		sign_header(draft, "x-amz-request-payer", "requester");
	if (request->secret && s3->secret != NULL && !attempt->bare) {
		sign_header(draft, SECRET "algorithm", "AES256");
		sign_header(draft, SECRET "key", s3->secret->key);
		sign_header(draft, SECRET "key-md5", s3->secret->md5);
	}
	for (size_t i = 0; i < request->header_count; i++) {
		const struct sigv4_pair *header = &request->headers[i];

		if (text_starts(header->name, "x-amz-"))
			sign_header(draft, header->name, header->value);
	}
}

static void
sign(struct draft *draft, const struct s3_request *request,
    const struct s3_attempt *attempt, const char *region, time_t now)
{
	struct sigv4_request to_sign = {
		.method = request->method,
		.path = draft->target.path,
		.query = draft->query.data,
		.headers = draft->signed_headers,
		.header_count = draft->signed_count,
		.payload_hash = attempt->digests->sha256,
		.region = region,
		.service = s3_endpoint_service(draft->target.host),
		.access_key = attempt->keys->access_key,
		.secret_key = attempt->keys->secret_key,
		.when = now,
	};

	sigv4_add_authorization(&draft->authorization, &to_sign);
}

static void
add_line(struct draft *draft, const char *name, const char *value)
{
	/* curl wants an empty header written with a ';'. */
	draft->lines[draft->line_count++] = *value == '\0' ?
	    xasprintf("%s;", name) : xasprintf("%s: %s", name, value);
}

static void
make_lines(struct draft *draft, const struct s3_request *request)
{
	draft->lines = xcalloc(draft->signed_count + request->header_count + 1,
	    sizeof *draft->lines);
	for (size_t i = 0; i < draft->signed_count; i++)
		add_line(draft, draft->signed_headers[i].name,
		    draft->signed_headers[i].value);
	for (size_t i = 0; i < request->header_count; i++) {
		if (!text_starts(request->headers[i].name, "x-amz-"))
			add_line(draft, request->headers[i].name,
			    request->headers[i].value);
	}
	add_line(draft, "Authorization", draft->authorization.data);
}

static void
release_draft(struct draft *draft)
{
	for (size_t i = 0; i < draft->line_count; i++)
		credentials_wipe(draft->lines[i]);
	free(draft->lines);
	free(draft->signed_headers);
	free(draft->url);
	buf_release(&draft->query);
	buf_release(&draft->authorization);
	s3_target_release(&draft->target);
}

/* TemporaryRedirect: the same request at another host. */
static void
move_to(struct s3_target *target, const char *scheme, const char *host)
{
	free(target->host);
	free(target->origin);
	target->host = xstrdup(host);
	target->origin = xasprintf("%s://%s", scheme, host);
}

int
s3_request_send(struct s3 *s3, struct http *http,
    const struct s3_request *request, struct s3_attempt *attempt,
    struct http_answer *answer)
{
	struct draft draft = {.query = BUF_INIT, .authorization = BUF_INIT};
	char *region = s3_region(s3);
	time_t now = s3_now(s3);

	s3_target_make(&draft.target, &s3->endpoint, region, s3->bucket,
	    request->key);
	if (attempt->host != NULL)
		move_to(&draft.target, s3->endpoint.scheme, attempt->host);
	snprintf(attempt->origin, sizeof attempt->origin, "%s",
	    draft.target.origin);
	sigv4_date(now, draft.date);
	sigv4_add_query(&draft.query, request->query, request->query_count);
	make_signed(&draft, s3, request, attempt);
	sign(&draft, request, attempt, region, now);
	make_lines(&draft, request);
	draft.url = xasprintf("%s%s%s%s", draft.target.origin,
	    draft.target.path, draft.query.len > 0 ? "?" : "",
	    draft.query.data);
	struct http_request sent = {
		.method = request->method,
		.url = draft.url,
		.headers = (const char *const *)draft.lines,
		.header_count = draft.line_count,
		.body = request->body,
		.body_len = request->body_len,
		.sink = request->sink,
		.sink_context = request->sink_context,
		.body_max = ANSWER_MAX,
		.idle_seconds = request->idle_seconds,
		.crawls = request->crawls,
		.total_seconds = request->crawls ? CRAWL_SECONDS : 0,
		.stopping_seconds = request->cleanup ? CLEANUP_SECONDS :
		    request->finish ? FINISH_SECONDS : 0,
		.never_twice = request->never_twice,
		/* A proxy of the house does not lead to this machine. */
		.direct = s3_endpoint_is_local(&s3->endpoint),
		.cancel = request->cancel,
	};
	int rc = http_perform(http, &sent, answer);

	release_draft(&draft);
	free(region);
	return rc;
}
