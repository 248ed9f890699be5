/*
 * s3_request: one operation of the S3 API as a signed HTTP request.
 *
 *     PUT /bucket/key HTTP/1.1
 *     Host: 127.0.0.1:9000                                  signed
 *     x-amz-date: 20130524T000000Z                          signed
 *     x-amz-content-sha256: HEX                             signed
 *     x-amz-security-token, content-md5, other x-amz-*      signed
 *     if-none-match, if-match, range, content-type          not signed
 *
 * Proxies and gateways change other headers: what they may touch is left out
 * of the signature. A body goes with its SHA-256 and its MD5 (RFC 1864).
 */
#ifndef S3_REQUEST_H
#define S3_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "credentials_chain.h"
#include "http.h"
#include "io.h"
#include "s3.h"
#include "sigv4.h"

#define S3_QUERY_MAX 8
#define S3_MD5_SIZE 25		/* bytes of an MD5 in base64, '\0' included */

/* Of a body: what is the same for every attempt. */
struct s3_digests {
	char sha256[SIGV4_HASH_SIZE];
	char md5[S3_MD5_SIZE];	/* base64; "": no body, or no MD5 here */
};

/* data NULL: there is no body. */
void s3_digests_make(struct s3_digests *, const void *data, size_t len);

struct s3_request {
	const char *action;	/* "put object": for messages */
	const char *subject;	/* of messages, a URL; NULL: bucket and key */
	const char *method;
	const char *key;	/* NULL: the bucket itself */
	struct sigv4_pair query[S3_QUERY_MAX];
	size_t query_count;
	const struct sigv4_pair *headers;	/* names in lower case */
	size_t header_count;
	const void *body;	/* NULL: none; not NULL with 0 bytes: empty */
	size_t body_len;
	const struct s3_digests *digests;	/* the body's, or NULL */
	http_sink *sink;	/* of a good answer's body */
	void *sink_context;
	unsigned idle_seconds;	/* the longest silence; 0: 60 */
	bool crawls;		/* a blank now and then is no silence */
	unsigned attempts_max;	/* 0: as the time budget allows */
	bool never_twice;	/* see http: each try is counted */
	bool secret;		/* SSE-C's key goes along, if there is one */
	bool cleanup;		/* also after a stop signal, for 4 s */
	bool finish;		/* under way at a stop signal: 2 s to end */
	const atomic_bool *cancel;	/* another thread says stop; or NULL */
	atomic_bool *told;	/* threads that share it tell once; or NULL */
	atomic_uint *slower;	/* counts "slow down"; or NULL */
};

/* How this attempt differs from another one. */
struct s3_attempt {
	const struct s3_digests *digests;
	const struct credentials *keys;
	const char *host;	/* instead of the endpoint's; NULL */
	bool bare;		/* without SSE-C's key */
	char origin[320];	/* set: "https://host" that was asked */
};

/* Sign by the clock of now and send. Returns what http_perform does. */
int s3_request_send(struct s3 *, struct http *, const struct s3_request *,
    struct s3_attempt *, struct http_answer *) MUSTUSE;

#endif
