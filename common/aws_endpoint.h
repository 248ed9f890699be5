/*
 * aws_endpoint: the endpoint of a service as the configuration says, checked:
 * nothing goes in the clear to another machine unasked, and nobody who wants
 * FIPS endpoints gets others.
 */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include "aws_config.h"
#include "io.h"
#include "s3_endpoint.h"

#define AWS_REGION_DEFAULT "us-east-1"

/*
 * which is AWS_ENDPOINT_S3 or AWS_ENDPOINT_STS. Without one it is AWS's own
 * (host NULL). -1: told (exit 100).
 */
int aws_endpoint_find(struct s3_endpoint *, const struct aws_config *,
    enum aws_setting which) MUSTUSE;

/*
 * The endpoint at a URL; name is for messages ("S3 endpoint"). -1: told (exit
 * 100): it is not one, or plain http to another machine without
 * AWS_ALLOW_HTTP=true.
 */
int aws_endpoint_check(struct s3_endpoint *, const struct aws_config *,
    const char *url, const char *name) MUSTUSE;

/*
 * The region, or fallback; borrowed. NULL: told (exit 100): it would not fit
 * into a host's name and a header.
 */
const char *aws_endpoint_region(const struct aws_config *,
    const char *fallback);

#endif
