/*
 * digest: SHA-256 of what passes (FIPS 180-4), by libcrypto, which uses the
 * processor's own instructions.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

#include "io.h"

#define DIGEST_SIZE 32				/* bytes */
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)	/* with the final 0 */

struct digest;

/* NULL: told (libcrypto has no SHA-256 here). digest_free(NULL) is a no-op. */
struct digest *digest_new(void);
void digest_free(struct digest *);

/* 0; -1 told. */
int digest_add(struct digest *, const void *data, size_t len) MUSTUSE;

/* Lower-case hex of all that was added. Once; then only digest_free. */
int digest_finish(struct digest *, char hex[DIGEST_HEX_SIZE]) MUSTUSE;

#endif
