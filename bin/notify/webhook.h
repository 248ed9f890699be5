/*
 * The generic webhook: one HTTP POST of JSON, signed as Standard Webhooks
 * 1.0.0 has it when there is a secret.
 */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include <jansson.h>
#include <stdint.h>

#include "io.h"

struct webhook {
	const char *url;	/* may hold a token: never printed whole */
	const char *secret;	/* "whsec_" and base64, or NULL */
	uint64_t retry_seconds;
};

/*
 * POST {"type","timestamp","data"} until it is taken, refused for good, or the
 * time is up. 0; -1 after a warning that names the host alone.
 */
int webhook_send(const struct webhook *, const json_t *outcome) MUSTUSE;

#endif
