/*
 * http_request: what is asked of an HTTP server.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

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

#endif
