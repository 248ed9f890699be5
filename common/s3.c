#include "s3.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define RETRY_SECONDS 600
#define RETRY_SECONDS_UNREACHED 10	/* a wrong URL should show soon */
#define REGION_DEFAULT "us-east-1"

static enum s3_style
style_of(const struct aws_config *config)
{
	const char *style = aws_config_setting(config, "s3.addressing_style");

	if (style == NULL)
		return S3_STYLE_AUTO;
	return strcmp(style, "path") == 0 ? S3_STYLE_PATH :
	    strcmp(style, "virtual") == 0 ? S3_STYLE_VIRTUAL : S3_STYLE_AUTO;
}

static int
check_exposed(const struct s3_endpoint *endpoint)
{
	const char *allow = aws_config_environment("AWS_ALLOW_HTTP");

	if (!s3_endpoint_is_exposed(endpoint) ||
	    (allow != NULL && strcasecmp(allow, "true") == 0))
		return 0;
	fail(PROG_PERMANENT, "cannot use S3 endpoint \"%s\": plain http to "
	    "another machine shows the data to everyone on the way",
	    endpoint->url);
	hint("use https, or set AWS_ALLOW_HTTP=true if the network is your "
	    "own");
	return -1;
}

static int
find_endpoint(struct s3 *s3)
{
	const char *url = aws_config_endpoint(&s3->config);
	const char *problem = s3_endpoint_parse(&s3->endpoint, url,
	    style_of(&s3->config));

	if (problem != NULL)
		return fail(PROG_PERMANENT, "cannot use S3 endpoint \"%s\": %s",
		    url, problem);
	return check_exposed(&s3->endpoint);
}

/* The region becomes a part of a host name and of a header. */
static int
find_region(struct s3 *s3)
{
	const char *region = aws_config_region(&s3->config);

	if (region == NULL)
		region = REGION_DEFAULT;
	for (const char *at = region; *at != '\0'; at++) {
		if ((unsigned char)*at >= 0x80 ||
		    (!isalnum((unsigned char)*at) && *at != '-' && *at != '_'))
			return fail(PROG_PERMANENT, "cannot use AWS region "
			    "\"%s\": it takes letters, digits, \"-\" and "
			    "\"_\" only", region);
	}
	s3->region = xstrdup(region);
	return 0;
}

struct s3 *
s3_open(const char *bucket, uint64_t retry_seconds)
{
	struct s3 *s3 = xcalloc(1, sizeof *s3);

	pthread_mutex_init(&s3->lock, NULL);
	s3->bucket = xstrdup(bucket);
	s3->retry_seconds = retry_seconds > 0 ? retry_seconds : RETRY_SECONDS;
	s3->retry_told = retry_seconds > 0;
	if (aws_config_load(&s3->config) != 0 || find_endpoint(s3) != 0 ||
	    find_region(s3) != 0 ||
	    (s3->credentials = credentials_open(&s3->config)) == NULL) {
		s3_close(s3);
		return NULL;
	}
	info("S3 endpoint %s, region %s, bucket %s", s3->endpoint.url,
	    s3->region, bucket);
	return s3;
}

void
s3_close(struct s3 *s3)
{
	if (s3 == NULL)
		return;
	credentials_close(s3->credentials);
	aws_config_release(&s3->config);
	s3_endpoint_release(&s3->endpoint);
	pthread_mutex_destroy(&s3->lock);
	free(s3->region);
	free(s3->bucket);
	free(s3);
}

uint64_t
s3_patience(struct s3 *s3)
{
	pthread_mutex_lock(&s3->lock);
	uint64_t seconds = s3->reached || s3->retry_told ||
	    s3->retry_seconds < RETRY_SECONDS_UNREACHED ?
	    s3->retry_seconds : RETRY_SECONDS_UNREACHED;

	pthread_mutex_unlock(&s3->lock);
	return seconds;
}

char *
s3_region(struct s3 *s3)
{
	pthread_mutex_lock(&s3->lock);
	char *region = xstrdup(s3->region);

	pthread_mutex_unlock(&s3->lock);
	return region;
}

bool
s3_learn_region(struct s3 *s3, const char *region)
{
	pthread_mutex_lock(&s3->lock);
	bool other = strcmp(s3->region, region) != 0;

	if (other) {
		free(s3->region);
		s3->region = xstrdup(region);
	}
	pthread_mutex_unlock(&s3->lock);
	if (other)
		info("bucket %s is in region %s", s3->bucket, region);
	return other;
}

time_t
s3_now(struct s3 *s3)
{
	pthread_mutex_lock(&s3->lock);
	time_t now = time(NULL) + s3->clock_offset;

	pthread_mutex_unlock(&s3->lock);
	return now;
}

void
s3_learn_clock(struct s3 *s3, time_t server_time)
{
	long offset = (long)(server_time - time(NULL));

	pthread_mutex_lock(&s3->lock);
	s3->clock_offset = offset;
	pthread_mutex_unlock(&s3->lock);
	warning("the clock of this machine and that of the S3 endpoint differ "
	    "by %ld s; going by the server's", labs(offset));
}

void
s3_learn_reached(struct s3 *s3)
{
	pthread_mutex_lock(&s3->lock);
	s3->reached = true;
	pthread_mutex_unlock(&s3->lock);
}
