/* post.h: tell one webhook. */
#ifndef POST_H
#define POST_H

#include <stddef.h>
#include <stdint.h>

#include "io.h"

struct post {
	const char *url;	/* may hold a secret: never printed */
	const char *secrets;	/* NULL: unsigned */
	const char *id;		/* the same over all tries */
	const void *body;
	size_t body_len;
	uint64_t retry_seconds;
};

/*
 * Tell it. 0: it knows; 1: it could not be told, a warning says why; -1 told:
 * the URL or the secret is none (exit 100).
 */
int post_send(const struct post *) MUSTUSE;

#endif
