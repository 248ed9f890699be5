#include "http.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "http_transfer.h"
#include "prog.h"
#include "xalloc.h"

#define CONNECT_SECONDS 10L	/* for the name, TCP and TLS */
#define KEEP_SECONDS 20L	/* some servers close after 30 */
#define BUFFER_SIZE (256L * 1024)	/* bytes a read or a write */
#define LOOK 200			/* ms between two looks at the stop */

struct http {
	CURL *curl;
	CURLM *multi;		/* keeps the connection */
	char *ca_bundle;
	bool no_verify_tls;
	char error[CURL_ERROR_SIZE];
	struct http_transfer transfer;	/* the request under way */
};

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
	http->transfer.curl = http->curl;
	http->transfer.pace = options == NULL ? NULL : options->pace;
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
run(struct http *http)
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
	http->error[0] = '\0';
	http_transfer_begin(&http->transfer);
	CURLcode code = run(http);

	/* curl takes half a head, and then the end, for an answer. */
	return code == CURLE_OK && !http->transfer.headed ?
	    CURLE_PARTIAL_FILE : code;
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
	http_answer_fail(http->transfer.answer, http_failure_of(code), text);
}

/* What was sent, in part at least, may have been done. */
static void
note_unanswered(struct http *http, CURLcode code)
{
	long sent = 0;

	curl_easy_getinfo(http->curl, CURLINFO_REQUEST_SIZE, &sent);
	http->transfer.answer->unanswered |= code != CURLE_OK && sent > 0;
}

/* The server had closed a kept connection before it saw our request. */
static bool
connection_was_dead(const struct http *http, CURLcode code)
{
	long connects = 1;

	curl_easy_getinfo(http->curl, CURLINFO_NUM_CONNECTS, &connects);
	return connects == 0 && !http->transfer.started &&
	    (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
	    code == CURLE_GOT_NOTHING);
}

int
http_perform(struct http *http, const struct http_request *request,
    struct http_answer *answer)
{
	http->transfer.request = request;
	http->transfer.answer = answer;
	http->transfer.started = false;
	answer->failure = HTTP_OK;
	answer->problem[0] = '\0';
	answer->sunk = 0;
	answer->unanswered = false;
	curl_easy_reset(http->curl);
	set_manners(http);
	http_transfer_attach(&http->transfer);
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
