#include "credentials_container.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "aws_fetch.h"
#include "credentials_json.h"
#include "prog.h"
#include "s3_endpoint.h"
#include "text.h"
#include "xalloc.h"

#define ECS_HOST "http://169.254.170.2"
#define SECONDS 5		/* of one try */
#define ATTEMPTS 3
#define TOKEN_MAX ((size_t)64 * 1024)	/* bytes */

/* The endpoints of AWS that speak http on a link of the machine's own. */
static bool
is_trusted_host(const struct s3_endpoint *endpoint)
{
	char *name = s3_endpoint_name(endpoint);
	bool trusted = strcmp(endpoint->scheme, "https") == 0 ||
	    s3_endpoint_is_local(endpoint) ||
	    strcmp(name, "169.254.170.2") == 0 ||
	    strcmp(name, "169.254.170.23") == 0 ||
	    strcmp(name, "[fd00:ec2::23]") == 0;

	free(name);
	return trusted;
}

static int
refuse_url(const char *shown, const char *why)
{
	return fail(PROG_PERMANENT, "cannot use "
	    "AWS_CONTAINER_CREDENTIALS_FULL_URI \"%s\": %s", shown, why);
}

static int
check_url(const char *url)
{
	struct s3_endpoint endpoint;
	const char *host = strstr(url, "://");
	size_t len = host == NULL ? strlen(url) :
	    (size_t)(host - url) + 3 + strcspn(host + 3, "/?#");
	char *origin = xstrndup(url, len);
	char *shown = aws_fetch_shown_url(url);
	const char *problem = s3_endpoint_parse(&endpoint, origin,
	    S3_STYLE_AUTO);
	int rc = 0;

	if (problem != NULL)
		rc = refuse_url(strchr(origin, '@') == NULL ? shown : "...",
		    problem);
	else if (!is_trusted_host(&endpoint))
		rc = refuse_url(shown, "plain http may go to this machine, "
		    "169.254.170.2, 169.254.170.23 and [fd00:ec2::23] only");
	for (const char *at = url + len; rc == 0 && *at != '\0'; at++) {
		if (!isgraph((unsigned char)*at))
			rc = refuse_url(shown, "it holds a blank or a control "
			    "character");
	}
	if (problem == NULL)
		s3_endpoint_release(&endpoint);
	free(origin);
	free(shown);
	return rc;
}

/* The value of the Authorization header; the caller wipes it. "": none. */
static char *
read_token(void)
{
	const char *path = aws_config_environment(
	    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *value = aws_config_environment(
	    "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	struct buf text = BUF_INIT;

	if (path == NULL)
		return xstrdup(value == NULL ? "" : value);
	if (buf_read_file(&text, path, TOKEN_MAX) != 0) {
		fail(PROG_TEMPORARY, "could not read the container's token "
		    "\"%s\": %m", path);
		credentials_wipe_buf(&text);
		return NULL;
	}
	while (text_ends(text.data, "\n") || text_ends(text.data, "\r"))
		text.data[--text.len] = '\0';
	char *token = xstrndup(text.data, text.len);

	credentials_wipe_buf(&text);
	return token;
}

/* A line end in the token would begin a header of its own. */
static int
check_token(const char *token)
{
	for (; token != NULL && *token != '\0'; token++) {
		if (iscntrl((unsigned char)*token))
			return fail(PROG_PERMANENT, "cannot use the "
			    "container's authorization token: it holds a "
			    "control character");
	}
	return token == NULL ? -1 : 0;
}

static int
ask(const struct credentials_search *search, const char *url,
    const char *token, struct credentials *found)
{
	char *shown = aws_fetch_shown_url(url);
	char *service = xasprintf("the container's credentials at \"%s\"",
	    shown);
	char *header = xasprintf("Authorization: %s", token);
	const struct aws_fetch fetch = {
		.service = service,
		.method = "GET",
		.url = url,
		.headers = {"Accept: application/json", header},
		.header_count = *token == '\0' ? 1 : 2,
		.ca_bundle = aws_config_get(search->config, AWS_CA_BUNDLE),
		.no_verify_tls = search->no_verify_tls,
		.direct = true,
		.seconds = SECONDS,
		.attempts = ATTEMPTS,
		.patience = search->patience,
	};
	struct http_answer answer = HTTP_ANSWER_INIT;
	int rc = aws_fetch(&fetch, &answer);

	if (rc == 0 && answer.status != 200)
		rc = fail(answer.status >= 500 || answer.status == 429 ?
		    PROG_TEMPORARY : PROG_PERMANENT,
		    "could not get %s: status %ld", service, answer.status);
	else if (rc == 0)
		rc = credentials_json_read(found, CREDENTIALS_SERVICE,
		    answer.body.data, answer.body.len, xstrdup(service));
	aws_fetch_release(&answer);
	credentials_wipe(header);
	free(service);
	free(shown);
	return rc;
}

int
credentials_from_container(const struct credentials_search *search,
    struct credentials *found)
{
	const char *relative = aws_config_environment(
	    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = aws_config_environment(
	    "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	char *url, *token;
	int rc = -1;

	if (relative == NULL && full == NULL)
		return 0;
	if (relative != NULL && *relative != '/')
		return fail(PROG_PERMANENT, "cannot use "
		    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: it does not "
		    "begin with a \"/\"");
	url = relative == NULL ? xstrdup(full) :
	    xasprintf(ECS_HOST "%s", relative);
	token = read_token();
	if (check_url(url) == 0 && check_token(token) == 0)
		rc = ask(search, url, token, found);
	credentials_wipe(token);
	free(url);
	return rc;
}
