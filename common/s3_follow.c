#include "s3_follow.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "xalloc.h"

/* "...amz.s3-eu-west-1.amazonaws.com" or "s3.eu-west-1.": the region in it. */
static char *
region_of_host(const char *host)
{
	const char *at = strstr(host, "s3-");

	if (at == NULL)
		at = strstr(host, "s3.");
	if (at == NULL || strstr(at, ".amazonaws.") == NULL)
		return NULL;
	at += 3;
	size_t len = strcspn(at, ".");

	return len == 0 || strncmp(at, "amazonaws", len) == 0 ? NULL :
	    xstrndup(at, len);
}

/* Where the answer says that the bucket is; the caller frees it. NULL. */
static char *
told_region(const struct s3_answer *answer)
{
	const char *header = http_header(&answer->http, "x-amz-bucket-region");
	const char *expecting = strstr(answer->error.message, "expecting '");

	if (header != NULL && *header != '\0')
		return xstrdup(header);
	if (answer->error.region[0] != '\0')
		return xstrdup(answer->error.region);
	if (expecting != NULL && strchr(expecting + 11, '\'') != NULL)
		return xstrndup(expecting + 11, strcspn(expecting + 11, "'"));
	return region_of_host(answer->error.endpoint);
}

static bool
is_region(const char *text)
{
	return *text != '\0' && text[strspn(text,
	    "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

bool
s3_follow_region(struct s3 *s3, const struct s3_answer *answer)
{
	char *region = told_region(answer);
	bool other = region != NULL && is_region(region) &&
	    s3_learn_region(s3, region);

	free(region);
	return other;
}

/* "example.com" of "a.b.example.com", "example.co.uk" of "x.example.co.uk". */
static const char *
domain_of(const char *name)
{
	const char *at = name + strlen(name);
	unsigned labels = 0;

	for (; at > name; at--) {
		if (at[-1] == '.' && ++labels >= 2 && strcspn(at, ".") > 3)
			return at;
	}
	return name;
}

/* Data in the clear, and a customer's key, go to no place that is not ours. */
static bool
may_go_to(const struct s3 *s3, const struct s3_answer *answer,
    const char *host, bool secret)
{
	char *url = xasprintf("%s://%s", s3->endpoint.scheme, host);
	struct s3_endpoint here, there;
	bool may = false;

	if (s3_endpoint_parse(&there, url, S3_STYLE_AUTO) != NULL)
		goto out;
	if (s3_endpoint_parse(&here, answer->origin,
	    S3_STYLE_AUTO) == NULL) {
		char *name = s3_endpoint_name(&here);
		char *other = s3_endpoint_name(&there);

		may = (s3_endpoint_is_exposed(&s3->endpoint) ||
		    !s3_endpoint_is_exposed(&there)) && (!secret ||
		    strcmp(domain_of(name), domain_of(other)) == 0);
		free(name);
		free(other);
		s3_endpoint_release(&here);
	}
	s3_endpoint_release(&there);
out:
	free(url);
	return may;
}

char *
s3_follow_host(const struct s3 *s3, const struct s3_answer *answer,
    bool secret)
{
	const char *location = http_header(&answer->http, "location");
	const char *scheme = s3->endpoint.scheme;
	size_t len = strlen(scheme);

	if (location == NULL || strncmp(location, scheme, len) != 0 ||
	    !text_starts(location + len, "://"))
		return NULL;
	location += len + 3;
	char *host = xstrndup(location, strcspn(location, "/?#"));

	if (may_go_to(s3, answer, host, secret))
		return host;
	free(host);
	return NULL;
}

bool
s3_follow_clock(struct s3 *s3, const struct s3_answer *answer)
{
	const char *date = http_header(&answer->http, "date");
	struct timespec when;

	if (text_time(answer->error.server_time, &when) != 0 &&
	    (date == NULL || http_date(date, &when.tv_sec) != 0))
		return false;
	s3_learn_clock(s3, when.tv_sec);
	return true;
}
