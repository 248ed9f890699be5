#include "explain.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog.h"
#include "report.h"
#include "s3.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

#define FIRST_PATIENCE 10	/* seconds to try to get keys */

struct page {
	struct buf *lines;
	bool as_json;
	const struct s3 *s3;
};

/* Takes value and origin over; NULL is "-". */
static void
add(struct page *page, const char *setting, char *value, char *origin)
{
	const char *shown = value == NULL ? "-" : value;
	const char *from = origin == NULL ? "-" : origin;

	if (page->as_json) {
		json_t *line = json_pack("{s:s, s:s?, s:s?}", "setting",
		    setting, "value", value, "origin", origin);

		if (line != NULL)
			report_add_json(page->lines, line);
		json_decref(line);
	} else {
		buf_addf(page->lines, "%-16s  %-32s  %s", setting, shown, from);
	}
	buf_add_byte(page->lines, '\n');
	free(value);
	free(origin);
}

/* A setting as it is written; fallback stands for its absence. */
static void
add_setting(struct page *page, const char *setting, enum aws_setting which,
    const char *fallback)
{
	const char *value = aws_config_get(&page->s3->config, which);
	char *origin = aws_config_origin(&page->s3->config, which);

	add(page, setting, xstrdup(value == NULL ? fallback : value),
	    origin == NULL ? xstrdup("default") : origin);
}

static void
add_file(struct page *page, const char *setting, const char *path,
    const char *variable)
{
	bool there = *path != '\0' && access(path, R_OK) == 0;

	add(page, setting, xasprintf("%s%s", path, there ? "" :
	    " (not there)"), aws_config_environment(variable) != NULL ?
	    xasprintf("%s in the environment", variable) : xstrdup("default"));
}

/* What is set, or else what the provider's host says. */
static void
add_region(struct page *page)
{
	const struct s3 *s3 = page->s3;
	char *origin = aws_config_origin(&s3->config, AWS_REGION);
	char *known = s3_provider_region(s3->provider, &s3->endpoint);

	if (origin == NULL)
		origin = xstrdup(known == NULL ? "default" : "the endpoint");
	add(page, "region", xstrdup(s3->region), origin);
	free(known);
}

static void
add_place(struct page *page, const struct store_url *url,
    const char *provider)
{
	const struct s3 *s3 = page->s3;
	struct s3_target target;

	char *host = s3_endpoint_host(&s3->endpoint, "s3", s3->region);

	add(page, "endpoint", xasprintf("%s://%s%s", s3->endpoint.scheme,
	    host, s3->endpoint.base), s3->endpoint.host == NULL ?
	    xstrdup("default") : aws_config_origin(&s3->config,
	    AWS_ENDPOINT_S3));
	free(host);
	add_region(page);
	s3_target_make(&target, &s3->endpoint, s3->region, url->bucket,
	    *url->key == '\0' ? NULL : url->key);
	add(page, "request URL", xasprintf("%s%s", target.origin,
	    target.path), NULL);
	s3_target_release(&target);
	add_setting(page, "addressing", AWS_STYLE, "auto");
	add_setting(page, "dual stack", AWS_DUALSTACK, "false");
	add_setting(page, "FIPS", AWS_FIPS, "false");
	add(page, "provider", xasprintf("%s (%s)", s3->provider->name,
	    s3->provider->title), provider != NULL ?
	    xstrdup("--provider") : aws_config_get(&s3->config,
	    AWS_PROVIDER) != NULL ? aws_config_origin(&s3->config,
	    AWS_PROVIDER) : xstrdup("the endpoint"));
}

/* "http://user:secret@host:3128": what stands before the '@' is masked. */
static char *
mask_proxy(const char *value)
{
	const char *at = strrchr(value, '@');
	const char *host = strstr(value, "://");
	size_t scheme = host == NULL ? 0 : (size_t)(host - value) + 3;

	return at == NULL ? xstrdup(value) : xasprintf("%.*s****%s",
	    (int)scheme, value, at);
}

/* In the order of libcurl, which has no HTTP_PROXY (CGI sets that). */
static void
add_proxy(struct page *page)
{
	static const char *const https[] = {"https_proxy", "HTTPS_PROXY",
	    "all_proxy", "ALL_PROXY", NULL};
	static const char *const http[] = {"http_proxy", "all_proxy",
	    "ALL_PROXY", NULL};
	static const char *const no[] = {"no_proxy", "NO_PROXY", NULL};
	const struct s3_endpoint *endpoint = &page->s3->endpoint;
	const char *const *names = strcmp(endpoint->scheme, "https") == 0 ?
	    https : http;

	if (s3_endpoint_is_local(endpoint)) {
		add(page, "proxy", xstrdup("none"),
		    xstrdup("the endpoint is on this machine"));
		return;
	}
	while (*names != NULL && aws_config_environment(*names) == NULL)
		names++;
	if (*names == NULL) {
		add(page, "proxy", xstrdup("none"), xstrdup("default"));
		return;
	}
	add(page, "proxy", mask_proxy(aws_config_environment(*names)),
	    xasprintf("%s in the environment", *names));
	for (names = no; *names != NULL; names++) {
		const char *value = aws_config_environment(*names);

		if (value == NULL)
			continue;
		add(page, "no proxy for", xstrdup(value),
		    xasprintf("%s in the environment", *names));
		return;
	}
}

static void
add_parts(struct page *page, const struct s3_provider *provider)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "%llu of ", (unsigned long long)provider->parts_max);
	text_add_size(&text, provider->part_min);
	buf_add_string(&text, " to ");
	text_add_size(&text, provider->part_max);
	buf_add_string(&text, "; objects to ");
	text_add_size(&text, provider->object_max);
	add(page, "parts", buf_detach(&text), xstrdup("the provider"));
}

/* What is known of it. Whether two uploads of one name at once can
   end with two winners stands last. */
static void
add_promise(struct page *page)
{
	static const char *const words[] = {
		[S3_HEEDS_UNKNOWN] = "not known", [S3_HEEDS] = "yes",
		[S3_HEEDS_NOT] = "no",
	};
	static const char *const lists[] = {
		[S3_LIST_V2] = "version 2",
		[S3_LIST_V2_PLAIN] = "version 2, keys not encoded",
		[S3_LIST_V1] = "version 1",
		[S3_LIST_V1_PLAIN] = "version 1, keys not encoded",
	};
	const struct s3_provider *provider = page->s3->provider;

	add(page, "list", xstrdup(lists[provider->listing]),
	    xstrdup("the provider"));
	add_parts(page, provider);
	add(page, "one winner", xasprintf("PUT: %s; multipart: %s",
	    words[provider->on_put], words[provider->on_complete]),
	    xstrdup("the provider"));
}

static void
add_trust(struct page *page, const struct store_options *options)
{
	const struct s3 *s3 = page->s3;

	add_setting(page, "certificates", AWS_CA_BUNDLE, "the system's");
	add(page, "checked", xstrdup(s3->no_verify_tls ? "no" : "yes"),
	    options->no_verify_tls ? xstrdup("--no-verify-tls") :
	    s3->no_verify_tls ? aws_config_origin(&s3->config,
	    AWS_NO_VERIFY_TLS) : xstrdup("default"));
	add_setting(page, "plain http", AWS_ALLOW_HTTP, "to this machine only");
}

/* The end of a key id tells people which it is. */
static char *
mask_key(const char *key)
{
	size_t len = strlen(key);

	return xasprintf("****%s", len < 12 ? "" : key + len - 4);
}

static int
add_keys(struct page *page)
{
	const struct credentials_chain_options options = {
		.first_patience = FIRST_PATIENCE,
		.no_verify_tls = page->s3->no_verify_tls,
	};
	struct credentials keys = {.access_key = NULL};
	struct credentials_chain *chain = credentials_chain_open(
	    &page->s3->config, &options);
	int rc = chain == NULL ? -1 : credentials_chain_get(chain, &keys);

	if (rc == 0) {
		struct buf expires = BUF_INIT;

		if (keys.expires == 0)
			buf_add_string(&expires, "never, as far as is known");
		else
			text_add_time(&expires,
			    (struct timespec){.tv_sec = keys.expires});
		add(page, "access key", mask_key(keys.access_key),
		    xstrdup(keys.source));
		add(page, "secret key", xstrdup("****"), NULL);
		add(page, "session token", xstrdup(keys.session_token == NULL ?
		    "none" : "****"), NULL);
		add(page, "keys expire", buf_detach(&expires), NULL);
	}
	credentials_release(&keys);
	credentials_chain_close(chain);
	return rc;
}

static int
explain_s3(struct page *page, const struct store_url *url,
    const struct store_options *options)
{
	const struct s3_options s3_options = {
		.profile = url->profile,
		.provider = options->provider,
		.no_verify_tls = options->no_verify_tls,
		.without_keys = true,
	};
	struct s3 *s3 = s3_open(url->bucket, &s3_options);

	if (s3 == NULL)
		return -1;
	page->s3 = s3;
	if (url->profile != NULL)
		add(page, "profile", xstrdup(url->profile),
		    xstrdup("the URL"));
	else
		add_setting(page, "profile", AWS_PROFILE, "default");
	add_file(page, "config file", s3->config.config_path,
	    "AWS_CONFIG_FILE");
	add_file(page, "credentials file", s3->config.credentials_path,
	    "AWS_SHARED_CREDENTIALS_FILE");
	add_place(page, url, options->provider);
	add_promise(page);
	add_trust(page, options);
	add_setting(page, "SSE-C key file", AWS_SSE_C_KEY_FILE, "none");
	add_setting(page, "requester pays", AWS_REQUEST_PAYER, "false");
	add_proxy(page);
	add_setting(page, "STS endpoint", AWS_ENDPOINT_STS, "AWS's");
	int rc = add_keys(page);

	s3_close(s3);
	return rc;
}

int
explain(struct buf *lines, const char *text,
    const struct store_options *options, bool as_json)
{
	struct page page = {.lines = lines, .as_json = as_json};
	const char *problem = NULL;
	struct store_url *url = store_url_parse(text, STORE_URL_PLACE,
	    &problem);
	int rc;

	if (url == NULL)
		rc = fail(PROG_PERMANENT, "cannot use URL \"%s\": %s", text,
		    problem);
	else if (url->scheme != STORE_S3)
		rc = fail(PROG_PERMANENT, "cannot explain \"%s\": only s3:// "
		    "has settings", text);
	else
		rc = explain_s3(&page, url, options);
	store_url_free(url);
	return rc;
}
