/*
 * aws_fetch: a small answer from a service that hands out keys, tried again
 * while it may help. What it held is cleared by aws_fetch_release.
 */
#ifndef AWS_FETCH_H
#define AWS_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "http.h"
#include "io.h"

#define AWS_FETCH_MAX ((size_t)128 * 1024)	/* bytes of an answer */
#define AWS_FETCH_HEADERS 8

struct aws_fetch {
	const char *service;	/* of messages: `STS endpoint "https://..."` */
	const char *method;
	const char *url;
	const char *headers[AWS_FETCH_HEADERS];	/* "name: value" */
	size_t header_count;
	const char *body;	/* NULL: none */
	const char *ca_bundle;	/* NULL: the system's */
	bool no_verify_tls;
	bool direct;		/* no proxy leads there */
	unsigned seconds;	/* that one try may take */
	unsigned attempts;	/* 0: as patience allows */
	uint64_t patience;	/* seconds of trying */
};

/*
 * Do it. 0: there is an answer, of any status but 429 and 5xx (those too,
 * after the last try). -1: told (exit 111; 100 when it cannot be trusted).
 */
int aws_fetch(const struct aws_fetch *, struct http_answer *) MUSTUSE;

void aws_fetch_release(struct http_answer *);

/* `https://host/path` without the query: that may hold a secret. */
char *aws_fetch_shown_url(const char *url);

#endif
