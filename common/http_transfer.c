#include "http_transfer.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "prog.h"

#define IDLE_SECONDS 60		/* the default of idle_seconds */
#define HEADERS_MAX ((size_t)256 * 1024)	/* bytes */
#define CRAWL 1024	/* bytes: fewer in the idle time are a standstill */

/* When a stop signal was first seen; monotonic ms; 0: not yet. */
static atomic_uint_fast64_t stopping_at;

static uint64_t
monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Whether a stop signal came longer ago than a request may go on for. */
static bool
must_stop(const struct http_request *request, uint64_t now)
{
	uint_fast64_t unseen = 0;

	if (!prog_stopping())
		return false;
	atomic_compare_exchange_strong(&stopping_at, &unseen, now);
	return now - atomic_load(&stopping_at) >=
	    (uint64_t)request->stopping_seconds * 1000;
}

/* Our own pace, and our reader's, is not the server's silence. */
static void
keep_pace(struct http_transfer *transfer, size_t len, uint64_t since)
{
	pace_wait(transfer->pace, len, transfer->request->cancel);
	transfer->moved_at += monotonic() - since;
}

static size_t
on_header(char *data, size_t one, size_t len, void *context)
{
	struct http_transfer *transfer = context;

	(void)one;
	transfer->started = true;
	/* Trailers come here too, behind a head that is whole. */
	transfer->headed = len <= 2 || (transfer->headed &&
	    (len < 5 || memcmp(data, "HTTP/", 5) != 0));
	transfer->head_bytes += len;
	if (transfer->head_bytes > HEADERS_MAX) {
		http_answer_fail(transfer->answer, HTTP_TOO_LARGE,
		    "too many headers");
		return 0;
	}
	http_answer_add_line(transfer->answer, data, len);
	return len;
}

static size_t
on_body(char *data, size_t one, size_t len, void *context)
{
	struct http_transfer *transfer = context;
	const struct http_request *request = transfer->request;
	struct buf *body = &transfer->answer->body;
	uint64_t since = monotonic();

	(void)one;
	transfer->started = true;
	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE,
	    &transfer->answer->status);
	if (request->sink != NULL && transfer->answer->status / 100 == 2) {
		if (request->sink(request->sink_context, data, len) != 0) {
			http_answer_fail(transfer->answer, HTTP_SINK,
			    "the reader stopped");
			return 0;
		}
		transfer->answer->sunk += len;
		keep_pace(transfer, len, since);
		return len;
	}
	if (len > request->body_max - body->len) {
		http_answer_fail(transfer->answer, HTTP_TOO_LARGE,
		    "the answer is too large");
		return 0;
	}
	buf_add(body, data, len);
	return len;
}

static size_t
on_send(char *data, size_t one, size_t room, void *context)
{
	struct http_transfer *transfer = context;
	size_t len = transfer->request->body_len - transfer->sent;

	(void)one;
	if (len > room)
		len = room;
	len = pace_share(transfer->pace, len);
	keep_pace(transfer, len, monotonic());
	if (len > 0)
		memcpy(data, (const char *)transfer->request->body +
		    transfer->sent, len);
	transfer->sent += len;
	return len;
}

/* curl sends the body again on a new connection. */
static int
on_seek(void *context, curl_off_t offset, int origin)
{
	struct http_transfer *transfer = context;

	if (origin != SEEK_SET || offset < 0 ||
	    (uint64_t)offset > transfer->request->body_len)
		return CURL_SEEKFUNC_FAIL;
	transfer->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* Called whenever something moved, and every LOOK. */
static int
on_progress(void *context, curl_off_t down_total, curl_off_t down,
    curl_off_t up_total, curl_off_t up)
{
	struct http_transfer *transfer = context;
	const struct http_request *request = transfer->request;
	uint64_t now = monotonic();
	uint64_t idle = request->idle_seconds > 0 ? request->idle_seconds :
	    IDLE_SECONDS;

	(void)down_total;
	(void)up_total;
	if (must_stop(request, now) ||
	    (request->cancel != NULL && atomic_load(request->cancel))) {
		http_answer_fail(transfer->answer, HTTP_STOPPED, "stopped");
		return 1;
	}
	/* Fewer than before: curl has begun anew. */
	if (down + up - transfer->moved >= (request->crawls ? 1 : CRAWL) ||
	    down + up < transfer->moved) {
		transfer->moved = down + up;
		transfer->moved_at = now;
	}
	if (now - transfer->moved_at >= idle * 1000) {
		http_answer_fail(transfer->answer, HTTP_TIMED_OUT,
		    "connection stalled");
		return 1;
	}
	return 0;
}

void
http_transfer_begin(struct http_transfer *transfer)
{
	transfer->sent = 0;
	transfer->head_bytes = 0;
	transfer->moved = 0;
	transfer->moved_at = monotonic();
	transfer->headed = false;
	buf_clear(&transfer->answer->headers);
	buf_clear(&transfer->answer->body);
}

void
http_transfer_attach(struct http_transfer *transfer)
{
	CURL *curl = transfer->curl;

	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	if (transfer->request->body == NULL)
		return;
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_send);
	curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(curl, CURLOPT_SEEKDATA, transfer);
}
