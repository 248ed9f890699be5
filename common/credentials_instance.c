#include "credentials_instance.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "aws_endpoint.h"
#include "aws_fetch.h"
#include "credentials_json.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define HOST_IPV4 "http://169.254.169.254"
#define HOST_IPV6 "http://[fd00:ec2::254]"
#define ROLES "/latest/meta-data/iam/security-credentials/"
#define TTL_HEADER "X-aws-ec2-metadata-token-ttl-seconds: 21600"
#define SECONDS 1		/* of one try; the SDKs' default */
#define SECONDS_MAX 60
#define ATTEMPTS 1
#define ATTEMPTS_MAX 10
#define WORD_MAX 4096		/* bytes of a token or of a role's name */

struct instance {
	const struct credentials_search *search;
	char *base;		/* no '/' behind */
	char *service;		/* for messages */
	char *token_header;	/* NULL: not yet */
	unsigned seconds;
	unsigned attempts;
};

static unsigned
number_of(const struct credentials_search *search, enum aws_setting setting,
    unsigned fallback, unsigned max)
{
	const char *text = aws_config_get(search->config, setting);
	uint64_t number;

	if (text == NULL || text_number(text, &number) != 0 || number == 0)
		return fallback;
	return number > max ? max : (unsigned)number;
}

/* The link-local ones are in the clear; others only as any endpoint may be. */
static int
check_base(const struct credentials_search *search, const char *url)
{
	struct s3_endpoint endpoint;

	if (strcmp(url, HOST_IPV4) == 0 || strcmp(url, HOST_IPV6) == 0)
		return 0;
	if (aws_endpoint_check(&endpoint, search->config, url,
	    "EC2 metadata endpoint") != 0)
		return -1;
	s3_endpoint_release(&endpoint);
	return 0;
}

static int
open_instance(struct instance *instance,
    const struct credentials_search *search)
{
	const char *url = aws_config_get(search->config,
	    AWS_METADATA_ENDPOINT);
	const char *mode = aws_config_get(search->config, AWS_METADATA_MODE);

	if (url == NULL)
		url = mode != NULL && strcasecmp(mode, "ipv6") == 0 ?
		    HOST_IPV6 : HOST_IPV4;
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	*instance = (struct instance){
		.search = search,
		.base = xstrndup(url, len),
		.seconds = number_of(search, AWS_METADATA_TIMEOUT, SECONDS,
		    SECONDS_MAX),
		.attempts = number_of(search, AWS_METADATA_ATTEMPTS, ATTEMPTS,
		    ATTEMPTS_MAX),
	};
	instance->service = xasprintf("EC2 metadata service \"%s\"",
	    instance->base);
	return check_base(search, instance->base);
}

static void
close_instance(struct instance *instance)
{
	credentials_wipe(instance->token_header);
	free(instance->service);
	free(instance->base);
}

static int
ask(const struct instance *instance, const char *method, const char *path,
    struct http_answer *answer)
{
	char *url = xasprintf("%s%s", instance->base, path);
	const struct aws_fetch fetch = {
		.service = instance->service,
		.method = method,
		.url = url,
		.headers = {instance->token_header == NULL ? TTL_HEADER :
		    instance->token_header},
		.header_count = 1,
		.body = strcmp(method, "PUT") == 0 ? "" : NULL,
		.ca_bundle = aws_config_get(instance->search->config,
		    AWS_CA_BUNDLE),
		.no_verify_tls = instance->search->no_verify_tls,
		.direct = true,
		.seconds = instance->seconds,
		.attempts = instance->attempts,
		.patience = instance->search->patience,
	};
	int rc = aws_fetch(&fetch, answer);

	free(url);
	return rc;
}

/* One line of plain characters, or NULL. The caller frees it. */
static char *
word_of(const struct http_answer *answer)
{
	const char *text = answer->body.data;
	size_t len = strcspn(text, "\r\n");

	if (answer->status != 200 || len == 0 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (!isgraph((unsigned char)text[i]))
			return NULL;
	}
	return xstrndup(text, len);
}

/* 1: there is one; 0: there is no such service here; -1: told. */
static int
get_token(struct instance *instance)
{
	bool meant = aws_config_get(instance->search->config,
	    AWS_METADATA_ENDPOINT) != NULL;
	struct http_answer answer = HTTP_ANSWER_INIT;
	struct prog_held held;
	char *token = NULL;

	/* Most machines are no instances: that is no failure. */
	prog_hold(&held);
	int rc = ask(instance, "PUT", "/latest/api/token", &answer);

	prog_release(&held);
	if (rc != 0)
		info("no answer from %s: %s", instance->service,
		    answer.problem);
	else if ((token = word_of(&answer)) == NULL)
		info("%s gives no token: status %ld", instance->service,
		    answer.status);
	/* It took the question: it is there, but its answer does not come. */
	bool silent = answer.unanswered;

	aws_fetch_release(&answer);
	if (token == NULL && prog_stopping())
		return fail_quietly(PROG_TEMPORARY);
	if (token == NULL && rc != 0 && (meant || silent)) {
		prog_tell(&held);
		if (silent)
			hint("in a container on an instance the hop limit of "
			    "its metadata service must be 2");
		return -1;
	}
	if (token == NULL)
		return 0;
	instance->token_header = xasprintf("X-aws-ec2-metadata-token: %s",
	    token);
	credentials_wipe(token);
	return 1;
}

/* The name of the role; "": the instance has none; NULL: told. */
static char *
get_role(const struct instance *instance)
{
	struct http_answer answer = HTTP_ANSWER_INIT;
	char *role = NULL;

	if (ask(instance, "GET", ROLES, &answer) != 0)
		goto out;
	if (answer.status == 404)
		role = xstrdup("");
	else if ((role = word_of(&answer)) == NULL)
		fail(PROG_TEMPORARY, "could not get the instance's role from "
		    "%s: status %ld", instance->service, answer.status);
	else if (strpbrk(role, "/?#%") != NULL) {
		fail(PROG_TEMPORARY, "could not get the instance's role from "
		    "%s: the answer is no name", instance->service);
		free(role);
		role = NULL;
	}
out:
	aws_fetch_release(&answer);
	return role;
}

static int
get_keys(const struct instance *instance, const char *role,
    struct credentials *found)
{
	struct http_answer answer = HTTP_ANSWER_INIT;
	char *path = xasprintf(ROLES "%s", role);
	int rc = ask(instance, "GET", path, &answer);

	if (rc == 0 && answer.status != 200)
		rc = fail(PROG_TEMPORARY, "could not get the keys of role "
		    "\"%s\" from %s: status %ld", role, instance->service,
		    answer.status);
	else if (rc == 0)
		rc = credentials_json_read(found, CREDENTIALS_SERVICE,
		    answer.body.data, answer.body.len,
		    xasprintf("the instance's role \"%s\"", role));
	aws_fetch_release(&answer);
	free(path);
	return rc;
}

int
credentials_from_instance(const struct credentials_search *search,
    struct credentials *found)
{
	struct instance instance;
	char *role = NULL;
	int rc;

	if (aws_config_on(search->config, AWS_METADATA_DISABLED))
		return 0;
	rc = open_instance(&instance, search);
	if (rc == 0 && (rc = get_token(&instance)) == 1) {
		role = get_role(&instance);
		rc = role == NULL ? -1 : *role == '\0' ? 0 :
		    get_keys(&instance, role, found);
	}
	free(role);
	close_instance(&instance);
	return rc;
}
