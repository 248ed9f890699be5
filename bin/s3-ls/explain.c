#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "prog.h"
#include "s3.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

#define FIRST_PATIENCE 10	/* seconds to try to get keys */

/* What is set, or else what the provider's host says. */
static void
add_region(struct page *page)
{
	const struct s3 *s3 = page->s3;
	char *origin = aws_config_origin(&s3->config, AWS_REGION);
	char *known = s3_provider_region(s3->provider, &s3->endpoint);

	if (origin == NULL)
		origin = xstrdup(known == NULL ? "default" : "the endpoint");
	page_add(page, "region", xstrdup(s3->region), origin);
	free(known);
}

static void
add_place(struct page *page, const struct store_url *url,
    const char *provider)
{
	const struct s3 *s3 = page->s3;
	struct s3_target target;

	char *host = s3_endpoint_host(&s3->endpoint, "s3", s3->region);

	page_add(page, "endpoint", xasprintf("%s://%s%s", s3->endpoint.scheme,
	    host, s3->endpoint.base), s3->endpoint.host == NULL ?
	    xstrdup("default") : aws_config_origin(&s3->config,
	    AWS_ENDPOINT_S3));
	free(host);
	add_region(page);
	s3_target_make(&target, &s3->endpoint, s3->region, url->bucket,
	    *url->key == '\0' ? NULL : url->key);
	page_add(page, "request URL", xasprintf("%s%s", target.origin,
	    target.path), NULL);
	s3_target_release(&target);
	page_add_setting(page, "addressing", AWS_STYLE, "auto");
	page_add_setting(page, "dual stack", AWS_DUALSTACK, "false");
	page_add_setting(page, "FIPS", AWS_FIPS, "false");
	page_add(page, "provider", xasprintf("%s (%s)", s3->provider->name,
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
		page_add(page, "proxy", xstrdup("none"),
		    xstrdup("the endpoint is on this machine"));
		return;
	}
	while (*names != NULL && aws_config_environment(*names) == NULL)
		names++;
	if (*names == NULL) {
		page_add(page, "proxy", xstrdup("none"), xstrdup("default"));
		return;
	}
	page_add(page, "proxy", mask_proxy(aws_config_environment(*names)),
	    xasprintf("%s in the environment", *names));
	for (names = no; *names != NULL; names++) {
		const char *value = aws_config_environment(*names);

		if (value == NULL)
			continue;
		page_add(page, "no proxy for", xstrdup(value),
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
	page_add(page, "parts", buf_detach(&text), xstrdup("the provider"));
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

	page_add(page, "list", xstrdup(lists[provider->listing]),
	    xstrdup("the provider"));
	add_parts(page, provider);
	page_add(page, "one winner", xasprintf("PUT: %s; multipart: %s",
	    words[provider->on_put], words[provider->on_complete]),
	    xstrdup("the provider"));
}

static void
add_trust(struct page *page, const struct store_options *options)
{
	const struct s3 *s3 = page->s3;

	page_add_setting(page, "certificates", AWS_CA_BUNDLE, "the system's");
	page_add(page, "checked", xstrdup(s3->no_verify_tls ? "no" : "yes"),
	    options->no_verify_tls ? xstrdup("--no-verify-tls") :
	    s3->no_verify_tls ? aws_config_origin(&s3->config,
	    AWS_NO_VERIFY_TLS) : xstrdup("default"));
	page_add_setting(page, "plain http", AWS_ALLOW_HTTP,
	    "to this machine only");
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
		page_add(page, "access key", mask_key(keys.access_key),
		    xstrdup(keys.source));
		page_add(page, "secret key", xstrdup("****"), NULL);
		page_add(page, "session token",
		    xstrdup(keys.session_token == NULL ? "none" : "****"),
		    NULL);
		page_add(page, "keys expire", buf_detach(&expires), NULL);
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
		page_add(page, "profile", xstrdup(url->profile),
		    xstrdup("the URL"));
	else
		page_add_setting(page, "profile", AWS_PROFILE, "default");
	page_add_file(page, "config file", s3->config.config_path,
	    "AWS_CONFIG_FILE");
	page_add_file(page, "credentials file", s3->config.credentials_path,
	    "AWS_SHARED_CREDENTIALS_FILE");
	add_place(page, url, options->provider);
	add_promise(page);
	add_trust(page, options);
	page_add_setting(page, "SSE-C key file", AWS_SSE_C_KEY_FILE, "none");
	page_add_setting(page, "requester pays", AWS_REQUEST_PAYER, "false");
	add_proxy(page);
	page_add_setting(page, "STS endpoint", AWS_ENDPOINT_STS, "AWS's");
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
