#include "s3_endpoint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "xalloc.h"

void
s3_endpoint_release(struct s3_endpoint *endpoint)
{
	free(endpoint->url);
	free(endpoint->scheme);
	free(endpoint->host);
	free(endpoint->base);
	memset(endpoint, 0, sizeof *endpoint);
}

static const char *
host_problem(const char *host)
{
	if (*host == '\0' || *host == ':')
		return "it has no host";
	for (; *host != '\0'; host++) {
		unsigned char c = (unsigned char)*host;

		if (c == '@')
			return "it holds a user or a password";
		if (!isalnum(c) && strchr(".-_:[]%", c) == NULL)
			return "its host is not a name";
	}
	return NULL;
}

/* curl and we must agree on the Host header: no port that goes without. */
static char *
make_host(const char *text, size_t len, bool tls)
{
	char *host = xstrndup(text, len);
	const char *port = tls ? ":443" : ":80";

	for (char *at = host; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	if (text_ends(host, port))
		host[len - strlen(port)] = '\0';
	return host;
}

const char *
s3_endpoint_parse(struct s3_endpoint *endpoint, const char *url,
    enum s3_style style)
{
	const char *problem = NULL;
	bool tls = url == NULL || strncasecmp(url, "https://", 8) == 0;

	memset(endpoint, 0, sizeof *endpoint);
	endpoint->style = style;
	endpoint->scheme = xstrdup(tls ? "https" : "http");
	endpoint->base = xstrdup("");
	if (url == NULL) {
		endpoint->url = xstrdup("https://s3.amazonaws.com");
		return NULL;
	}
	if (!tls && strncasecmp(url, "http://", 7) != 0) {
		s3_endpoint_release(endpoint);
		return "it begins neither with https:// nor with http://";
	}
	const char *rest = url + (tls ? 8 : 7);
	size_t len = strcspn(rest, "/?#");
	size_t base = strlen(rest + len);

	while (base > 0 && rest[len + base - 1] == '/')
		base--;
	endpoint->host = make_host(rest, len, tls);
	problem = host_problem(endpoint->host);
	free(endpoint->base);
	endpoint->base = xstrndup(rest + len, base);
	if (problem == NULL && strpbrk(endpoint->base, "?#% \"<>") != NULL)
		problem = "it has more than a host and a plain path";
	if (problem != NULL) {
		s3_endpoint_release(endpoint);
		return problem;
	}
	endpoint->url = xasprintf("%s://%s%s", endpoint->scheme,
	    endpoint->host, endpoint->base);
	return NULL;
}

char *
s3_endpoint_name(const struct s3_endpoint *endpoint)
{
	char *name = xstrdup(endpoint->host == NULL ? "" : endpoint->host);
	/* The ':' before the port, not one inside of [::1]. */
	char *end = name[0] == '[' ? strchr(name, ']') : strchr(name, ':');

	if (end != NULL)
		end[name[0] == '[' ? 1 : 0] = '\0';
	return name;
}

static bool
is_numeric(const char *name)
{
	return *name != '\0' && name[strspn(name, "0123456789.")] == '\0';
}

bool
s3_endpoint_is_address(const struct s3_endpoint *endpoint)
{
	char *name = s3_endpoint_name(endpoint);
	bool address = name[0] == '[' || is_numeric(name);

	free(name);
	return address;
}

bool
s3_endpoint_is_local(const struct s3_endpoint *endpoint)
{
	char *name = s3_endpoint_name(endpoint);
	bool local = strcmp(name, "localhost") == 0 ||
	    text_ends(name, ".localhost") || strcmp(name, "[::1]") == 0 ||
	    (is_numeric(name) && text_starts(name, "127."));

	free(name);
	return local;
}

/*
 * AWS's partitions, by how their regions begin; the first that fits. Source:
 * data/partitions.json of botocore, <https://github.com/boto/botocore>.
 */
static const struct {
	const char *region;
	const char *suffix;
	const char *dualstack_suffix;	/* of services but S3 */
} partitions[] = {
	{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
	{"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
	{"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	{"", "amazonaws.com", "api.aws"},
};

char *
s3_endpoint_host(const struct s3_endpoint *endpoint, const char *service,
    const char *region)
{
	bool s3 = strcmp(service, "s3") == 0;
	/* STS in GovCloud has no other endpoints than FIPS ones. */
	bool fips = endpoint->fips && (s3 || !text_starts(region, "us-gov-"));
	size_t i = 0;

	if (endpoint->host != NULL)
		return xstrdup(endpoint->host);
	while (!text_starts(region, partitions[i].region))
		i++;
	return xasprintf("%s%s%s.%s.%s", service, fips ? "-fips" : "",
	    s3 && endpoint->dualstack ? ".dualstack" : "", region,
	    !s3 && endpoint->dualstack ? partitions[i].dualstack_suffix :
	    partitions[i].suffix);
}

bool
s3_endpoint_is_exposed(const struct s3_endpoint *endpoint)
{
	return strcmp(endpoint->scheme, "http") == 0 &&
	    !s3_endpoint_is_local(endpoint);
}

/* One label of a host name, so that a wildcard certificate fits. */
static bool
fits_in_host(const char *bucket)
{
	size_t len = strlen(bucket);

	if (len > 63 || bucket[0] == '-' || bucket[len - 1] == '-')
		return false;
	for (; *bucket != '\0'; bucket++) {
		if (!islower((unsigned char)*bucket) &&
		    !isdigit((unsigned char)*bucket) && *bucket != '-')
			return false;
	}
	return true;
}

static bool
is_virtual(const struct s3_endpoint *endpoint, const char *bucket)
{
	bool aws = endpoint->host == NULL ||
	    text_ends(endpoint->host, ".amazonaws.com") ||
	    text_ends(endpoint->host, ".amazonaws.com.cn");

	if (endpoint->style != S3_STYLE_AUTO)
		return endpoint->style == S3_STYLE_VIRTUAL;
	return aws && fits_in_host(bucket);
}

const char *
s3_endpoint_service(const char *host)
{
	return strstr(host, ".s3-outposts.") != NULL &&
	    strstr(host, ".amazonaws.") != NULL ? "s3-outposts" : "s3";
}

void
s3_target_make(struct s3_target *target, const struct s3_endpoint *endpoint,
    const char *region, const char *bucket, const char *key)
{
	bool virtual = is_virtual(endpoint, bucket);
	char *host = s3_endpoint_host(endpoint, "s3", region);
	struct buf path = BUF_INIT;

	buf_add_string(&path, endpoint->base);
	if (!virtual)
		buf_addf(&path, "/%s", bucket);
	if (key != NULL || virtual)
		buf_add_byte(&path, '/');
	if (key != NULL)
		text_add_percent(&path, key, true);
	target->path = buf_detach(&path);
	target->host = virtual ? xasprintf("%s.%s", bucket, host) :
	    xstrdup(host);
	target->origin = xasprintf("%s://%s", endpoint->scheme, target->host);
	free(host);
}

void
s3_target_release(struct s3_target *target)
{
	free(target->origin);
	free(target->host);
	free(target->path);
	memset(target, 0, sizeof *target);
}
