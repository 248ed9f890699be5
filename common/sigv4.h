/*
 * sigv4: AWS Signature Version 4 in the Authorization header, as S3 wants it.
 *
 *     Authorization: AWS4-HMAC-SHA256
 *         Credential=KEY/20130524/us-east-1/s3/aws4_request,
 *         SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=HEX
 *
 * Pure: the time is an argument, nothing is read or printed. S3 API,
 * "Authenticating Requests: Using the Authorization Header": <https://docs.aws.
 * amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
 */
#ifndef SIGV4_H
#define SIGV4_H

#include <stddef.h>
#include <time.h>

#include "buf.h"

#define SIGV4_HASH_SIZE 65	/* 64 hex digits and a 0 */
#define SIGV4_DATE_SIZE 17	/* "20130524T000000Z" and a 0 */

/* SHA-256 of no bytes. */
extern const char sigv4_empty_hash[SIGV4_HASH_SIZE];

/* A header (name in lower case) or a query parameter, not encoded. */
struct sigv4_pair {
	const char *name;
	const char *value;
};

struct sigv4_request {
	const char *method;
	const char *path;		/* percent-encoded once: "/b/a%20b" */
	const char *query;		/* of sigv4_add_query, or "" */
	const struct sigv4_pair *headers;	/* to be signed, any order */
	size_t header_count;
	const char *payload_hash;	/* hex SHA-256 of the body */
	const char *region;
	const char *service;		/* "s3" */
	const char *access_key;
	const char *secret_key;
	time_t when;
};

/* Lower-case hex SHA-256 of a payload. */
void sigv4_hash(const void *data, size_t len, char hash[SIGV4_HASH_SIZE]);

/* The value of x-amz-date. */
void sigv4_date(time_t when, char date[SIGV4_DATE_SIZE]);

/*
 * Append "a=1&b=" sorted and strictly encoded: both the canonical query and
 * the one to put behind '?'.
 */
void sigv4_add_query(struct buf *, const struct sigv4_pair *pairs,
    size_t count);

/* The two intermediate texts, for tests and for explaining a refusal. */
void sigv4_add_canonical(struct buf *, const struct sigv4_request *);
void sigv4_add_string_to_sign(struct buf *, const struct sigv4_request *);

/* Append the whole value of the Authorization header. */
void sigv4_add_authorization(struct buf *, const struct sigv4_request *);

#endif
