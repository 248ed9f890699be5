/*
 * http: one HTTP/1.1 request and its answer, on libcurl.
 *
 * A struct http is one thread's: it keeps its connection for the next request.
 * No Expect, no redirects, no compression, TLS 1.2 or later, proxies as the
 * environment says (http_proxy, https_proxy, no_proxy). A transfer that does
 * not move for its idle time, and one during which a stop signal comes, is
 * given up. Nothing here prints: a failure is described in the answer, for the
 * caller may try again.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http_answer.h"
#include "io.h"
#include "pace.h"

struct http;

struct http_options {
	const char *ca_bundle;	/* a file of certificates; NULL: the system's */
	bool no_verify_tls;	/* take any certificate: say so to the user */
	struct pace *pace;	/* of bodies both ways; NULL: none */
};

/* options may be NULL. */
struct http *http_new(const struct http_options *);
void http_free(struct http *);

/*
 * Called with each piece of a body; -1 (told) stops the transfer. The answer's
 * status and headers are already there.
 */
typedef int http_sink(void *context, const void *data, size_t len);

struct http_request {
	const char *method;
	const char *url;
	const char *const *headers;	/* "name: value" */
	size_t header_count;
	const void *body;		/* NULL: the method has none */
	size_t body_len;
	http_sink *sink;		/* gets the body of a 2xx, or NULL */
	void *sink_context;
	size_t body_max;		/* bytes of a body kept in memory */
	unsigned idle_seconds;		/* 0: 60; fewer than 1,024 bytes in
					   these are a standstill ... */
	bool crawls;			/* ... but one byte is enough here */
	unsigned total_seconds;		/* 0: no limit */
	unsigned stopping_seconds;	/* goes on so long after a stop, counted
					   from when this module saw it */
	bool direct;			/* no proxy, whatever the environment */
	bool never_twice;	/* not resent unseen: on a new connection */
	const atomic_bool *cancel;	/* another thread says stop; or NULL */
};

/*
 * Do it. Returns 0 when a whole answer came, -1 otherwise (see failure; status
 * and headers are there if they came). A kept connection that turns out dead
 * is replaced once, in silence.
 */
int http_perform(struct http *, const struct http_request *,
    struct http_answer *) MUSTUSE;

#endif
