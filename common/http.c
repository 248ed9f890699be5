#include "http.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "prog.h"
#include "xalloc.h"

#define CONNECT_SECONDS 10L	/* for the name, TCP and TLS */
#define IDLE_SECONDS 60		/* the default of idle_seconds */
#define KEEP_SECONDS 20L	/* some servers close after 30 */
#define HEADERS_MAX ((size_t)256 * 1024)	/* bytes */
#define BUFFER_SIZE (256L * 1024)	/* bytes a read or a write */
#define LOOK 200			/* ms between two looks at the stop */
#define CRAWL 1024	/* bytes: fewer in the idle time are a standstill */

struct http {
	CURL *curl;
	CURLM *multi;		/* keeps the connection */
	char *ca_bundle;
	bool no_verify_tls;
	struct pace *pace;
	char error[CURL_ERROR_SIZE];
	/* of the request under way */
	const struct http_request *request;
	struct http_answer *answer;
	size_t sent;		/* bytes of the body */
	size_t head_bytes;	/* of the answer, 1xx ones before it too */
	bool started;		/* a byte of an answer came */
	bool headed;		/* its head is whole: the empty line came */
	curl_off_t moved;	/* bytes both ways, when last looked */
	uint64_t moved_at;	/* when that changed; monotonic ms */
};

/* When a stop signal was first seen; monotonic ms; 0: not yet. */
static atomic_uint_fast64_t stopping_at;

static void
init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct http *
http_new(const struct http_options *options)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http *http = xcalloc(1, sizeof *http);

	pthread_once(&once, init_curl);
	http->curl = curl_easy_init();
	http->multi = curl_multi_init();
	if (http->curl == NULL || http->multi == NULL) {
		fail(PROG_TEMPORARY, "out of memory");
		exit(PROG_TEMPORARY);
	}
	if (options != NULL && options->ca_bundle != NULL)
		http->ca_bundle = xstrdup(options->ca_bundle);
	http->no_verify_tls = options != NULL && options->no_verify_tls;
	http->pace = options == NULL ? NULL : options->pace;
	return http;
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	curl_easy_cleanup(http->curl);
	curl_multi_cleanup(http->multi);
	free(http->ca_bundle);
	free(http);
}

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
keep_pace(struct http *http, size_t len, uint64_t since)
{
	pace_wait(http->pace, len, http->request->cancel);
	http->moved_at += monotonic() - since;
}

static size_t
on_header(char *data, size_t one, size_t len, void *context)
{
	struct http *http = context;

	(void)one;
	http->started = true;
	/* Trailers come here too, behind a head that is whole. */
	http->headed = len <= 2 || (http->headed &&
	    (len < 5 || memcmp(data, "HTTP/", 5) != 0));
	http->head_bytes += len;
	if (http->head_bytes > HEADERS_MAX) {
		http_answer_fail(http->answer, HTTP_TOO_LARGE,
		    "too many headers");
		return 0;
	}
	http_answer_add_line(http->answer, data, len);
	return len;
}

static size_t
on_body(char *data, size_t one, size_t len, void *context)
{
	struct http *http = context;
	const struct http_request *request = http->request;
	struct buf *body = &http->answer->body;
	uint64_t since = monotonic();

	(void)one;
	http->started = true;
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE,
	    &http->answer->status);
	if (request->sink != NULL && http->answer->status / 100 == 2) {
		if (request->sink(request->sink_context, data, len) != 0) {
			http_answer_fail(http->answer, HTTP_SINK,
			    "the reader stopped");
			return 0;
		}
		http->answer->sunk += len;
		keep_pace(http, len, since);
		return len;
	}
	if (len > request->body_max - body->len) {
		http_answer_fail(http->answer, HTTP_TOO_LARGE,
		    "the answer is too large");
		return 0;
	}
	buf_add(body, data, len);
	return len;
}

static size_t
on_send(char *data, size_t one, size_t room, void *context)
{
	struct http *http = context;
	size_t len = http->request->body_len - http->sent;

	(void)one;
	if (len > room)
		len = room;
	len = pace_share(http->pace, len);
	keep_pace(http, len, monotonic());
	if (len > 0)
		memcpy(data, (const char *)http->request->body + http->sent,
		    len);
	http->sent += len;
	return len;
}

/* curl sends the body again on a new connection. */
static int
on_seek(void *context, curl_off_t offset, int origin)
{
	struct http *http = context;

	if (origin != SEEK_SET || offset < 0 ||
	    (uint64_t)offset > http->request->body_len)
		return CURL_SEEKFUNC_FAIL;
	http->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* Called whenever something moved, and every LOOK. */
static int
on_progress(void *context, curl_off_t down_total, curl_off_t down,
    curl_off_t up_total, curl_off_t up)
{
	struct http *http = context;
	const struct http_request *request = http->request;
	uint64_t now = monotonic();
	uint64_t idle = request->idle_seconds > 0 ? request->idle_seconds :
	    IDLE_SECONDS;

	(void)down_total;
	(void)up_total;
	if (must_stop(request, now) ||
	    (request->cancel != NULL && atomic_load(request->cancel))) {
		http_answer_fail(http->answer, HTTP_STOPPED, "stopped");
		return 1;
	}
	/* Fewer than before: curl has begun anew. */
	if (down + up - http->moved >= (request->crawls ? 1 : CRAWL) ||
	    down + up < http->moved) {
		http->moved = down + up;
		http->moved_at = now;
	}
	if (now - http->moved_at >= idle * 1000) {
		http_answer_fail(http->answer, HTTP_TIMED_OUT,
		    "connection stalled");
		return 1;
	}
	return 0;
}

/* A credential_process that is started meanwhile inherits none. */
static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)context;
	(void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

static void
set_protocols(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
	    (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* What is the same for every request. */
static void
set_manners(struct http *http)
{
	CURL *curl = http->curl;

	set_protocols(curl);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	if (http->ca_bundle != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca_bundle);
	if (http->no_verify_tls) {
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	curl_easy_setopt(curl, CURLOPT_USERAGENT,
	    "pgbackpipe/" PGBACKPIPE_VERSION);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, KEEP_SECONDS);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
	curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_SIZE);
	curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

/* Tokens and keys are among the headers. */
static void
free_headers(struct curl_slist *list)
{
	for (struct curl_slist *at = list; at != NULL; at = at->next)
		explicit_bzero(at->data, strlen(at->data));
	curl_slist_free_all(list);
}

/* The headers of the request; free_headers() frees them. */
static struct curl_slist *
set_request(struct http *http, const struct http_request *request)
{
	CURL *curl = http->curl;
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	list = curl_slist_append(list, "Accept-Encoding: identity");
	for (size_t i = 0; i < request->header_count; i++)
		list = curl_slist_append(list, request->headers[i]);
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	if (request->direct)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	/* curl repeats a request in silence when a kept connection ends. */
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT,
	    (long)request->never_twice);
	if (request->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)request->body_len);
		curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_send);
		curl_easy_setopt(curl, CURLOPT_READDATA, http);
		curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(curl, CURLOPT_SEEKDATA, http);
	}
	if (strcmp(request->method, "HEAD") == 0)
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)request->total_seconds);
	return list;
}

/* As curl_easy_perform, which looks at its callbacks once a second only. */
static CURLcode
transfer(struct http *http)
{
	CURLcode code = CURLE_OK;
	CURLMcode error = curl_multi_add_handle(http->multi, http->curl);
	const CURLMsg *message;
	int running = 1;
	int left;

	while (error == CURLM_OK && running > 0) {
		error = curl_multi_perform(http->multi, &running);
		if (error == CURLM_OK && running > 0)
			error = curl_multi_poll(http->multi, NULL, 0, LOOK,
			    NULL);
	}
	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		if (message->msg == CURLMSG_DONE)
			code = message->data.result;
	}
	curl_multi_remove_handle(http->multi, http->curl);
	return error == CURLM_OK ? code : CURLE_OUT_OF_MEMORY;
}

static CURLcode
perform_once(struct http *http)
{
	struct http_answer *answer = http->answer;

	http->sent = 0;
	http->head_bytes = 0;
	http->moved = 0;
	http->moved_at = monotonic();
	http->error[0] = '\0';
	http->headed = false;
	buf_clear(&answer->headers);
	buf_clear(&answer->body);
	CURLcode code = transfer(http);

	/* curl takes half a head, and then the end, for an answer. */
	return code == CURLE_OK && !http->headed ? CURLE_PARTIAL_FILE : code;
}

/* A callback's own words go before curl's, which only say "aborted". */
static void
describe(struct http *http, CURLcode code)
{
	long number = 0;
	char words[128];
	const char *text = http->error[0] != '\0' ? http->error :
	    curl_easy_strerror(code);

	curl_easy_getinfo(http->curl, CURLINFO_OS_ERRNO, &number);
	/* The system's words say more than "Couldn't connect to server". */
	if (code == CURLE_COULDNT_CONNECT && number != 0 &&
	    strerror_r((int)number, words, sizeof words) == 0)
		text = words;
	if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING)
		text = "the answer was cut short";
	http_answer_fail(http->answer, http_failure_of(code), text);
}

/* What was sent, in part at least, may have been done. */
static void
note_unanswered(struct http *http, CURLcode code)
{
	long sent = 0;

	curl_easy_getinfo(http->curl, CURLINFO_REQUEST_SIZE, &sent);
	http->answer->unanswered |= code != CURLE_OK && sent > 0;
}

/* The server had closed a kept connection before it saw our request. */
static bool
connection_was_dead(const struct http *http, CURLcode code)
{
	long connects = 1;

	curl_easy_getinfo(http->curl, CURLINFO_NUM_CONNECTS, &connects);
	return connects == 0 && !http->started &&
	    (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
	    code == CURLE_GOT_NOTHING);
}

int
http_perform(struct http *http, const struct http_request *request,
    struct http_answer *answer)
{
	http->request = request;
	http->answer = answer;
	http->started = false;
	answer->failure = HTTP_OK;
	answer->problem[0] = '\0';
	answer->sunk = 0;
	answer->unanswered = false;
	curl_easy_reset(http->curl);
	set_manners(http);
	struct curl_slist *list = set_request(http, request);
	CURLcode code = perform_once(http);

	note_unanswered(http, code);
	if (connection_was_dead(http, code)) {
		curl_easy_setopt(http->curl, CURLOPT_FRESH_CONNECT, 1L);
		code = perform_once(http);
		note_unanswered(http, code);
	}
	answer->status = 0;
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
	if (code != CURLE_OK)
		describe(http, code);
	free_headers(list);
	return answer->failure == HTTP_OK ? 0 : -1;
}
