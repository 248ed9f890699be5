/*
 * webhook: the signature of Standard Webhooks 1.0.0
 * (https://www.standardwebhooks.com). Pure.
 *
 *     webhook-id: msg_...            the same over all tries of one message
 *     webhook-timestamp: 1769693422  seconds, of this try
 *     webhook-signature: v1,<base64> [v1,<base64>]...
 *
 * Each is HMAC-SHA256 over "<id>.<timestamp>.<body>". A secret is "whsec_" and
 * the base64 of 24 to 64 bytes; several, parted by blanks, while one takes
 * over from another.
 */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include <stddef.h>
#include <time.h>

#include "buf.h"
#include "io.h"

/*
 * Append the value of webhook-signature. -1: *why says what is wrong with the
 * secrets, without a word of them.
 */
int webhook_sign(struct buf *, const char *secrets, const char *id,
    time_t when, const void *body, size_t len, const char **why) MUSTUSE;

/*
 * Append the host of an http or https URL, with its port if it names one, but
 * without user, password, path and query: those may be secrets. -1: it is no
 * such URL.
 */
int webhook_add_host(struct buf *, const char *url) MUSTUSE;

#endif
