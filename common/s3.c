#include "s3.h"

#include <stdlib.h>
#include <string.h>

#include "aws_endpoint.h"
#include "prog.h"
#include "xalloc.h"

#define RETRY_SECONDS 600
#define RETRY_SECONDS_UNREACHED 10	/* a wrong URL should show soon */

static int
find_style(struct s3 *s3)
{
	const char *style = aws_config_get(&s3->config, AWS_STYLE);
	struct s3_endpoint *endpoint = &s3->endpoint;

	if (style == NULL || strcmp(style, "auto") == 0) {
		endpoint->style = s3->provider->style;
		return 0;
	}
	if (strcmp(style, "path") == 0) {
		endpoint->style = S3_STYLE_PATH;
		return 0;
	}
	if (strcmp(style, "virtual") != 0)
		return fail(PROG_PERMANENT, "cannot use addressing style "
		    "\"%s\": it is none of path, virtual, auto", style);
	if (s3_endpoint_is_address(endpoint))
		return fail(PROG_PERMANENT, "cannot use addressing style "
		    "\"virtual\" with S3 endpoint \"%s\": no bucket's name "
		    "can stand before an address", endpoint->url);
	endpoint->style = S3_STYLE_VIRTUAL;
	return 0;
}

static int
find_provider(struct s3 *s3, const char *name)
{
	if (name == NULL)
		name = aws_config_get(&s3->config, AWS_PROVIDER);
	s3->provider = name == NULL ? s3_provider_of(&s3->endpoint) :
	    s3_provider_named(name);
	if (s3->provider != NULL)
		return 0;
	struct buf names = BUF_INIT;

	s3_provider_add_names(&names);
	fail(PROG_PERMANENT, "cannot use provider \"%s\": it is none of %s",
	    name, names.data);
	buf_release(&names);
	return -1;
}

static int
find_region(struct s3 *s3)
{
	char *known = s3_provider_region(s3->provider, &s3->endpoint);
	const char *region = aws_endpoint_region(&s3->config, known != NULL ?
	    known : AWS_REGION_DEFAULT);

	if (region != NULL)
		s3->region = xstrdup(region);
	free(known);
	return region == NULL ? -1 : 0;
}

static void
find_trust(struct s3 *s3, const struct s3_options *options)
{
	s3->no_verify_tls = options->no_verify_tls ||
	    aws_config_on(&s3->config, AWS_NO_VERIFY_TLS);
	if (s3->no_verify_tls && strcmp(s3->endpoint.scheme, "https") == 0)
		warning("not checking whose certificate %s shows: anybody on "
		    "the way can read and change the data", s3->endpoint.url);
}

/* SSE-C's key. One in the clear is a key no more. */
static int
find_secret(struct s3 *s3)
{
	const char *path = aws_config_get(&s3->config, AWS_SSE_C_KEY_FILE);

	if (s3->secret == NULL && path != NULL) {
		if (s3_secret_read(&s3->own_secret, path) != 0)
			return -1;
		s3->secret = &s3->own_secret;
	}
	if (s3->secret == NULL || strcmp(s3->endpoint.scheme, "https") == 0 ||
	    s3_endpoint_is_local(&s3->endpoint))
		return 0;
	return fail(PROG_PERMANENT, "cannot send a customer's key to S3 "
	    "endpoint \"%s\" without https", s3->endpoint.url);
}

static int
find_credentials(struct s3 *s3)
{
	const struct credentials_chain_options options = {
		.first_patience = s3_patience(s3),
		.patience = s3->retry_seconds,
		.no_verify_tls = s3->no_verify_tls,
	};

	s3->credentials = credentials_chain_open(&s3->config, &options);
	return s3->credentials == NULL ? -1 : 0;
}

struct s3 *
s3_open(const char *bucket, const struct s3_options *options)
{
	uint64_t retry_seconds = options->retry_seconds;
	struct s3 *s3 = xcalloc(1, sizeof *s3);

	pthread_mutex_init(&s3->lock, NULL);
	s3->bucket = xstrdup(bucket);
	s3->place = options->profile == NULL ? xstrdup(bucket) :
	    xasprintf("%s@%s", options->profile, bucket);
	s3->retry_seconds = retry_seconds > 0 ? retry_seconds : RETRY_SECONDS;
	s3->retry_told = retry_seconds > 0;
	s3->secret = options->secret;
	s3->pace = options->pace;
	if (aws_config_load(&s3->config, options->profile) != 0 ||
	    aws_endpoint_find(&s3->endpoint, &s3->config,
	    AWS_ENDPOINT_S3) != 0 ||
	    find_provider(s3, options->provider) != 0 ||
	    find_style(s3) != 0 || find_region(s3) != 0)
		goto bad;
	find_trust(s3, options);
	s3->request_payer = options->request_payer ||
	    aws_config_on(&s3->config, AWS_REQUEST_PAYER);
	if (find_secret(s3) != 0)
		goto bad;
	if (!options->without_keys && find_credentials(s3) != 0)
		goto bad;
	info("S3 endpoint %s, region %s, bucket %s", s3->endpoint.url,
	    s3->region, bucket);
	return s3;
bad:
	s3_close(s3);
	return NULL;
}

void
s3_close(struct s3 *s3)
{
	if (s3 == NULL)
		return;
	credentials_chain_close(s3->credentials);
	aws_config_release(&s3->config);
	s3_endpoint_release(&s3->endpoint);
	s3_secret_clear(&s3->own_secret);
	pthread_mutex_destroy(&s3->lock);
	free(s3->region);
	free(s3->bucket);
	free(s3->place);
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

void
s3_learn_forbidden(struct s3 *s3)
{
	pthread_mutex_lock(&s3->lock);
	s3->forbidden = true;
	pthread_mutex_unlock(&s3->lock);
}

bool
s3_is_forbidden(struct s3 *s3)
{
	pthread_mutex_lock(&s3->lock);
	bool forbidden = s3->forbidden;

	pthread_mutex_unlock(&s3->lock);
	return forbidden;
}
