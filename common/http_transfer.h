/*
 * http_transfer: what curl asks of us while a request is under way: the
 * answer's head and body, the bytes to send, and whether to go on. Only http
 * calls these.
 */
#ifndef HTTP_TRANSFER_H
#define HTTP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "http_answer.h"
#include "http_request.h"
#include "pace.h"

struct http_transfer {
	CURL *curl;
	struct pace *pace;
	const struct http_request *request;
	struct http_answer *answer;
	size_t sent;		/* bytes of the body */
	size_t head_bytes;	/* of the answer, 1xx ones before it too */
	bool started;		/* a byte of an answer came, in any try */
	bool headed;		/* its head is whole: the empty line came */
	curl_off_t moved;	/* bytes both ways, when last looked */
	uint64_t moved_at;	/* when that changed; monotonic ms */
};

/* The first try, or another one on a new connection. */
void http_transfer_begin(struct http_transfer *);

/* What curl is to call, and with what. The request is set. */
void http_transfer_attach(struct http_transfer *);

#endif
