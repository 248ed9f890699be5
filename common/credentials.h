/*
 * credentials: the keys that sign requests, and where they come from.
 *
 * The places are asked in the order of the AWS SDKs: the environment
 * (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), then the
 * profile in the shared files. The first that has something decides. The
 * table in credentials.c is where further places go.
 *
 * One chain may be used by several threads.
 */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include <time.h>

#include "aws_config.h"
#include "io.h"

struct credentials {
	char *access_key;
	char *secret_key;
	char *session_token;	/* NULL: the keys are lasting ones */
	time_t expires;		/* 0: never, as far as is known */
	char *source;		/* for people: "the environment" */
};

void credentials_release(struct credentials *);

struct credentials_chain;

/*
 * Find the keys. NULL, told (exit 100): there are none; the message lists where
 * was looked.
 */
struct credentials_chain *credentials_open(const struct aws_config *);
void credentials_close(struct credentials_chain *);

/*
 * A copy of the keys; asked for anew when they expire within 5 minutes.
 * Returns 0; -1: told.
 */
int credentials_get(struct credentials_chain *, struct credentials *copy)
	MUSTUSE;

/*
 * A server says that `used` have expired. Ask the place anew. Returns 1 when
 * there are other keys now; 0 when there are the same; -1: told.
 */
int credentials_refresh(struct credentials_chain *,
    const struct credentials *used) MUSTUSE;

#endif
