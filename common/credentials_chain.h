/*
 * credentials_chain: where the keys come from, and fresh ones in time.
 *
 * The places are asked in the order of the AWS SDKs: environment, web
 * identity, the profile in the shared files, container, instance. The first
 * that has something to say decides. A profile that the URL names is the only
 * place.
 *
 * Keys that expire are asked for anew five minutes before (where they last
 * less than ten, at half their time). One chain may be used by several
 * threads: one of them renews, the others go on with keys that are still good.
 */
#ifndef CREDENTIALS_CHAIN_H
#define CREDENTIALS_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "aws_config.h"
#include "credentials.h"
#include "io.h"

struct credentials_chain;

struct credentials_chain_options {
	uint64_t first_patience;	/* seconds to try, at the start */
	uint64_t patience;		/* the same later on */
	bool no_verify_tls;
};

/*
 * Find the keys. NULL, told (exit 100 or 111): there are none; the message
 * says where was looked.
 */
struct credentials_chain *credentials_chain_open(const struct aws_config *,
    const struct credentials_chain_options *);
void credentials_chain_close(struct credentials_chain *);

/* A copy of the keys. Returns 0; -1: told. */
int credentials_chain_get(struct credentials_chain *,
    struct credentials *copy) MUSTUSE;

/*
 * A server says that `used` have expired. Ask the place anew. Returns 1 when
 * there are other keys now; 0 when there are the same; -1: told.
 */
int credentials_chain_refresh(struct credentials_chain *,
    const struct credentials *used) MUSTUSE;

#endif
