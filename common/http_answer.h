/*
 * http_answer: what came back for an HTTP request. Pure.
 */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "buf.h"
#include "io.h"

enum http_failure {
	HTTP_OK,		/* there is a whole answer, of any status */
	HTTP_UNREACHABLE,	/* no name, no route, refused, proxy */
	HTTP_UNTRUSTED,		/* TLS: certificate or protocol */
	HTTP_TIMED_OUT,
	HTTP_BROKEN,		/* reset, cut short, not HTTP */
	HTTP_TOO_LARGE,		/* more than body_max */
	HTTP_SINK,		/* the sink said no; it told why */
	HTTP_STOPPED,		/* a stop signal, or cancel */
};

struct http_answer {
	enum http_failure failure;
	char problem[256];	/* of a failure: "connection refused" */
	long status;		/* 0: none came */
	struct buf headers;	/* "name\0value\0"..., names in lower case */
	struct buf body;	/* what did not go to the sink */
	uint64_t sunk;		/* bytes that went to the sink */
	bool unanswered;	/* a try was sent, and got no answer */
};

#define HTTP_ANSWER_INIT {.headers = BUF_INIT, .body = BUF_INIT}

void http_answer_release(struct http_answer *);

/* What a CURLcode (as int: no other header need know curl) comes to. */
enum http_failure http_failure_of(int curl_code);

/* It failed, and why. The first cause stays. */
void http_answer_fail(struct http_answer *, enum http_failure,
    const char *problem);

/*
 * Add a line of the head to headers: "HTTP/1.1 ..." begins them anew (a 1xx
 * came before), "Name: value" is added, anything else ignored.
 */
void http_answer_add_line(struct http_answer *, const char *line, size_t len);

/* A header of the answer (name in lower case), or NULL. Borrowed. */
const char *http_header(const struct http_answer *, const char *name);

/* The next header at or behind *at (start with 0), or false. Borrowed. */
bool http_next_header(const struct http_answer *, size_t *at,
    const char **name, const char **value);

/* "Fri, 24 May 2013 00:00:00 GMT": RFC 9110 section 5.6.7. 0, or -1. */
int http_date(const char *text, time_t *when) MUSTUSE;

#endif
