#include "aws_endpoint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"

static int
refuse_exposed(struct s3_endpoint *endpoint, const char *name)
{
	fail(PROG_PERMANENT, "cannot use %s \"%s\": plain http to another "
	    "machine shows %s to everyone on the way", name, endpoint->url,
	    strcmp(name, "S3 endpoint") == 0 ? "the data" : "the keys");
	hint("use https, or set AWS_ALLOW_HTTP=true if the network is your "
	    "own");
	s3_endpoint_release(endpoint);
	return -1;
}

int
aws_endpoint_check(struct s3_endpoint *endpoint,
    const struct aws_config *config, const char *url, const char *name)
{
	const char *problem = s3_endpoint_parse(endpoint, url, S3_STYLE_AUTO);

	if (problem != NULL)
		return fail(PROG_PERMANENT, "cannot use %s \"%s\": %s", name,
		    strchr(url, '@') == NULL ? url : "...", problem);
	if (s3_endpoint_is_exposed(endpoint) &&
	    !aws_config_on(config, AWS_ALLOW_HTTP))
		return refuse_exposed(endpoint, name);
	return 0;
}

/* Who writes "1" means something, and must not get the opposite. */
static int
check_choice(const struct aws_config *config, enum aws_setting setting)
{
	const char *value = aws_config_get(config, setting);

	if (value == NULL || strcasecmp(value, "true") == 0 ||
	    strcasecmp(value, "false") == 0)
		return 0;
	char *origin = aws_config_origin(config, setting);

	fail(PROG_PERMANENT, "cannot use \"%s\" (%s): it is neither true nor "
	    "false", value, origin);
	free(origin);
	return -1;
}

int
aws_endpoint_find(struct s3_endpoint *endpoint,
    const struct aws_config *config, enum aws_setting which)
{
	const char *name = which == AWS_ENDPOINT_S3 ? "S3 endpoint" :
	    "STS endpoint";

	if (check_choice(config, AWS_FIPS) != 0 ||
	    check_choice(config, AWS_DUALSTACK) != 0 ||
	    aws_endpoint_check(endpoint, config,
	    aws_config_get(config, which), name) != 0)
		return -1;
	endpoint->fips = aws_config_on(config, AWS_FIPS);
	endpoint->dualstack = aws_config_on(config, AWS_DUALSTACK);
	if (endpoint->host == NULL ||
	    (!endpoint->fips && !endpoint->dualstack))
		return 0;
	fail(PROG_PERMANENT, "cannot use %s \"%s\" with %s=true: that chooses "
	    "among AWS's own", name, endpoint->url, endpoint->fips ?
	    "AWS_USE_FIPS_ENDPOINT" : "AWS_USE_DUALSTACK_ENDPOINT");
	s3_endpoint_release(endpoint);
	return -1;
}

const char *
aws_endpoint_region(const struct aws_config *config, const char *fallback)
{
	const char *region = aws_config_get(config, AWS_REGION);

	if (region == NULL)
		region = fallback;
	for (const char *at = region; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x80 &&
		    (isalnum((unsigned char)*at) || *at == '-' || *at == '_'))
			continue;
		fail(PROG_PERMANENT, "cannot use AWS region \"%s\": it takes "
		    "letters, digits, \"-\" and \"_\" only", region);
		return NULL;
	}
	return region;
}
