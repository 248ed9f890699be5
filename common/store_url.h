/*
 * store_url: s3://bucket/key, s3://PROFILE@bucket/key and file:///path, taken
 * apart and checked. Pure.
 *
 * Nothing in a URL is decoded: '%', '+', '?' and '#' stand for themselves, so
 * that a URL is simply "scheme://bucket/" and the key's bytes.
 */
#ifndef STORE_URL_H
#define STORE_URL_H

#include <stddef.h>

#include "io.h"

#define STORE_KEY_MAX 1024	/* bytes; S3's limit, ours for paths too */
#define STORE_NAME_MAX 254	/* bytes of one segment */

enum store_scheme {
	STORE_FILE,
	STORE_S3,
};

enum store_url_kind {
	STORE_URL_PLACE,	/* may end in '/', and S3's key may be empty */
	STORE_URL_OBJECT,	/* names one object */
};

struct store_url {
	enum store_scheme scheme;
	char *text;	/* the whole URL, a trailing '/' taken off */
	char *profile;	/* S3, before an '@': whose settings; or NULL */
	char *bucket;	/* S3; NULL for files */
	char *place;	/* S3: "bucket" or "profile@bucket"; NULL for files */
	char *key;	/* S3: without a '/' at either end, "" is the bucket */
	char *path;	/* file: absolute, "/" is the root; NULL for S3 */
};

/*
 * Take url apart. Returns it (store_url_free() frees it), or NULL with
 * *problem set to a phrase that fits behind `cannot use URL "...": `.
 */
struct store_url *store_url_parse(const char *url, enum store_url_kind,
    const char **problem);
void store_url_free(struct store_url *);

/* A copy that the caller frees with store_url_free(). */
struct store_url *store_url_copy(const struct store_url *);

/*
 * What is wrong with a key (or with a path behind its first '/'), as a phrase
 * like the above; NULL when it may be used. Checked: 1..STORE_KEY_MAX bytes of
 * UTF-8 without control characters (U+0000-1F, 7F-9F); segments between '/'
 * are 1..STORE_NAME_MAX bytes and neither "." nor "..".
 */
const char *store_key_problem(const char *key);

/* What is wrong with object metadata (see store.h), or NULL. */
const char *store_metadata_problem(const char *key, const char *value);

/* The last segment of a URL, a key or a path. Borrowed from text. */
const char *store_url_name(const char *text);

#endif
