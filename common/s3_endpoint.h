/*
 * s3_endpoint: from bucket, region and endpoint URL to the URL of a request.
 * Pure.
 *
 * AWS: https://BUCKET.s3.REGION.amazonaws.com/KEY; path style where a bucket's
 * name is not one label of a host name. Any other endpoint: path style,
 * https://HOST/BUCKET/KEY, unless virtual is asked for. FIPS and dual stack
 * (IPv6 too) are AWS's: s3-fips.dualstack.REGION.amazonaws.com.
 */
#ifndef S3_ENDPOINT_H
#define S3_ENDPOINT_H

#include <stdbool.h>

#include "buf.h"
#include "io.h"

enum s3_style {
	S3_STYLE_AUTO,
	S3_STYLE_PATH,
	S3_STYLE_VIRTUAL,
};

struct s3_endpoint {
	char *url;		/* "https://host:9000/base", no '/' behind */
	char *scheme;		/* "https" */
	char *host;		/* "host:9000", lower case; NULL: AWS */
	char *base;		/* "/base", or "" */
	enum s3_style style;
	bool fips;		/* AWS: of its FIPS 140 endpoints */
	bool dualstack;		/* AWS: of those with IPv6 */
};

/*
 * Take an endpoint's URL apart; NULL is AWS. Returns NULL when it is good, or
 * what is wrong with it as a phrase; the struct is released then.
 */
const char *s3_endpoint_parse(struct s3_endpoint *, const char *url,
    enum s3_style);
void s3_endpoint_release(struct s3_endpoint *);

/* The host without its port, "[::1]" with its brackets. Caller frees. */
char *s3_endpoint_name(const struct s3_endpoint *);

/* Whether that is an address, which no bucket can stand before. */
bool s3_endpoint_is_address(const struct s3_endpoint *);

/*
 * Where it is: the endpoint's host, or AWS's for a service ("s3" or "sts") in
 * a region. Caller frees.
 */
char *s3_endpoint_host(const struct s3_endpoint *, const char *service,
    const char *region);

/*
 * The service that requests to a host are signed for: "s3", but "s3-outposts"
 * for AWS's racks at a customer's (OUTPOST.s3-outposts.REGION.amazonaws.com).
 */
const char *s3_endpoint_service(const char *host);

/* Whether it is on this machine, by its name: localhost, 127.x, [::1]. */
bool s3_endpoint_is_local(const struct s3_endpoint *);

/* Whether requests go in the clear to another machine. */
bool s3_endpoint_is_exposed(const struct s3_endpoint *);

/* Where a request for a key (NULL: the bucket) goes. */
struct s3_target {
	char *origin;		/* "https://bucket.s3.eu-west-1.amaz..." */
	char *host;		/* the header */
	char *path;		/* encoded once */
};

void s3_target_make(struct s3_target *, const struct s3_endpoint *,
    const char *region, const char *bucket, const char *key);
void s3_target_release(struct s3_target *);

#endif
