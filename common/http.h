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

#include <stdbool.h>

#include "http_answer.h"
#include "http_request.h"
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
 * Do it. Returns 0 when a whole answer came, -1 otherwise (see failure; status
 * and headers are there if they came). A kept connection that turns out dead
 * is replaced once, in silence.
 */
int http_perform(struct http *, const struct http_request *,
    struct http_answer *) MUSTUSE;

#endif
