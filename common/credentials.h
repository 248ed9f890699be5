/*
 * credentials: the keys that sign requests. Memory that held a secret is
 * cleared before it is freed.
 */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "buf.h"
#include "io.h"

struct credentials {
	char *access_key;
	char *secret_key;
	char *session_token;	/* NULL: the keys are lasting ones */
	time_t expires;		/* 0: never, as far as is known */
	char *source;		/* for people: "the environment" */
};

void credentials_release(struct credentials *);

/* The target must hold nothing. */
void credentials_copy(struct credentials *, const struct credentials *from);

bool credentials_equal(const struct credentials *, const struct credentials *);

/*
 * Set the keys, as copies. 1: done; 0: there are none; -1: told (exit 100):
 * one of the two is missing, or a key could not stand in a header. source is
 * taken over in any case; an empty text is none.
 */
int credentials_set(struct credentials *, const char *access_key,
    const char *secret_key, const char *session_token, char *source) MUSTUSE;

/*
 * "2026-01-29T14:30:22Z", also with a fraction or an offset ("+02:00"):
 * ISO 8601 as AWS and credential processes write it. 0, or -1.
 */
int credentials_time(const char *text, time_t *when) MUSTUSE;

/* A text or a buffer that held a secret: clear, then free. NULL is fine. */
void credentials_wipe(char *text);
void credentials_wipe_buf(struct buf *);

#endif
