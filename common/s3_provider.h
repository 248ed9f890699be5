/*
 * s3_provider: what is known of the providers of S3, one row each. Pure.
 *
 * Chosen by the endpoint's host, or by name. What is in no row is found out by
 * asking: listing falls back to version 1 by itself, and a server that does not
 * know If-None-Match is asked without. Parts are always equal, as R2 wants.
 */
#ifndef S3_PROVIDER_H
#define S3_PROVIDER_H

#include <stdint.h>

#include "buf.h"
#include "s3_endpoint.h"

/* The size of parts where the provider has no wish: bytes. */
#define S3_PART_DEFAULT ((uint64_t)16 * 1024 * 1024)

/*
 * Whether `If-None-Match: *` keeps an object from being replaced. It is sent
 * unless it is known not to.
 */
enum s3_heeds {
	S3_HEEDS_UNKNOWN,
	S3_HEEDS,
	S3_HEEDS_NOT,
};

/* How it is asked for a list first. */
enum s3_listing {
	S3_LIST_V2,		/* ListObjectsV2, keys encoded */
	S3_LIST_V2_PLAIN,	/* the same, keys as they are */
	S3_LIST_V1,		/* ListObjects */
	S3_LIST_V1_PLAIN,
};

struct s3_provider {
	const char *name;	/* of --provider: "r2" */
	const char *title;	/* for people */
	const char *hosts[3];	/* how the endpoint's host ends; NULL */
	const char *region;	/* if none is set; NULL: the word before the
				   host's end that is known, or us-east-1 */
	enum s3_style style;	/* if none is set */
	uint64_t part_min;	/* bytes; the last one may be smaller */
	uint64_t part_max;
	uint64_t part_default;
	uint64_t parts_max;
	uint64_t object_max;	/* bytes */
	enum s3_heeds on_put;
	enum s3_heeds on_complete;
	enum s3_listing listing;
};

/* Of an endpoint; never NULL: the last row fits all. */
const struct s3_provider *s3_provider_of(const struct s3_endpoint *);

/* By its name, or NULL. */
const struct s3_provider *s3_provider_named(const char *name);

/* "aws, r2, ...": all names, for messages. */
void s3_provider_add_names(struct buf *);

/*
 * The region for an endpoint of this provider: the caller frees it. NULL: not
 * known.
 */
char *s3_provider_region(const struct s3_provider *,
    const struct s3_endpoint *);

#endif
