/*
 * s3_secret: a customer's key of server-side encryption (SSE-C), as S3 wants
 * it in headers: the server encrypts with it and forgets it.
 */
#ifndef S3_SECRET_H
#define S3_SECRET_H

#include "io.h"

#define S3_SECRET_BYTES 32	/* AES-256 */

struct s3_secret {
	char key[S3_SECRET_BYTES * 2];	/* base64 */
	char md5[32];			/* of the bytes; base64 */
};

/*
 * Out of a file: 32 bytes, or their base64 on one line. -1: told, without a
 * word of it.
 */
int s3_secret_read(struct s3_secret *, const char *path) MUSTUSE;

/* Forget it. */
void s3_secret_clear(struct s3_secret *);

#endif
