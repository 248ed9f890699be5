#include "sts_question.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "aws_endpoint.h"
#include "aws_fetch.h"
#include "sigv4.h"
#include "text.h"
#include "xalloc.h"

#define VERSION "2011-06-15"	/* of the API */
#define SECONDS 30		/* of one try */
#define FORM "Content-Type: application/x-www-form-urlencoded"

void
sts_question_add(struct sts_question *question, const char *name,
    const char *value)
{
	if (value == NULL)
		return;
	buf_addf(&question->form, "%s%s=", question->form.len > 0 ? "&" : "",
	    name);
	text_add_percent(&question->form, value, false);
}

void
sts_question_close(struct sts_question *question)
{
	s3_endpoint_release(&question->endpoint);
	free(question->host);
	free(question->url);
	free(question->service);
	free(question->subject);
	credentials_wipe_buf(&question->form);
}

/* STS takes 2 to 64 of [A-Za-z0-9_=,.@-]; this one tells who it was. */
static char *
session_name(void)
{
	return xasprintf("pgbackpipe-%ld-%ld", (long)time(NULL),
	    (long)getpid());
}

int
sts_question_open(struct sts_question *question,
    const struct credentials_search *search, const char *action,
    const struct sts_role *role)
{
	*question = (struct sts_question){
		.search = search,
		.action = action,
		.form = BUF_INIT,
	};
	question->region = aws_endpoint_region(search->config,
	    AWS_REGION_DEFAULT);
	if (question->region == NULL || aws_endpoint_find(&question->endpoint,
	    search->config, AWS_ENDPOINT_STS) != 0)
		return -1;
	const struct s3_endpoint *endpoint = &question->endpoint;
	char *name = role->session_name == NULL ? session_name() :
	    xstrdup(role->session_name);

	question->host = s3_endpoint_host(endpoint, "sts", question->region);
	question->url = xasprintf("%s://%s%s/", endpoint->scheme,
	    question->host, endpoint->base);
	question->service = xasprintf("STS endpoint \"%s://%s\"",
	    endpoint->scheme, question->host);
	question->subject = role->arn == NULL ? xstrdup("the token's role") :
	    xasprintf("role \"%s\"", role->arn);
	sts_question_add(question, "Action", action);
	sts_question_add(question, "Version", VERSION);
	sts_question_add(question, "RoleArn", role->arn);
	sts_question_add(question, "RoleSessionName", name);
	sts_question_add(question, "DurationSeconds", role->duration);
	free(name);
	return 0;
}

/* The lines of a signed request: date, hash, token, authorization. */
static void
sign(const struct sts_question *question, const struct credentials *keys,
    time_t now, char *lines[4])
{
	char date[SIGV4_DATE_SIZE];
	char hash[SIGV4_HASH_SIZE];
	char *path = xasprintf("%s/", question->endpoint.base);
	struct buf authorization = BUF_INIT;

	sigv4_date(now, date);
	sigv4_hash(question->form.data, question->form.len, hash);
	struct sigv4_pair headers[4] = {
		{"host", question->host}, {"x-amz-date", date},
		{"x-amz-content-sha256", hash},
		{"x-amz-security-token", keys->session_token},
	};
	struct sigv4_request request = {
		.method = "POST",
		.path = path,
		.query = "",
		.headers = headers,
		.header_count = keys->session_token == NULL ? 3 : 4,
		.payload_hash = hash,
		.region = question->region,
		.service = "sts",
		.access_key = keys->access_key,
		.secret_key = keys->secret_key,
		.when = now,
	};

	sigv4_add_authorization(&authorization, &request);
	lines[0] = xasprintf("x-amz-date: %s", date);
	lines[1] = xasprintf("x-amz-content-sha256: %s", hash);
	lines[2] = xasprintf("Authorization: %s", authorization.data);
	lines[3] = keys->session_token == NULL ? NULL :
	    xasprintf("x-amz-security-token: %s", keys->session_token);
	buf_release(&authorization);
	free(path);
}

int
sts_question_post(const struct sts_question *question,
    const struct credentials *keys, time_t now, struct http_answer *answer)
{
	char *lines[4] = {NULL, NULL, NULL, NULL};
	struct aws_fetch fetch = {
		.service = question->service,
		.method = "POST",
		.url = question->url,
		.headers = {FORM},
		.header_count = 1,
		.body = question->form.data,
		.ca_bundle = aws_config_get(question->search->config,
		    AWS_CA_BUNDLE),
		.no_verify_tls = question->search->no_verify_tls,
		.direct = s3_endpoint_is_local(&question->endpoint),
		.seconds = SECONDS,
		.patience = question->search->patience,
	};

	if (keys != NULL)
		sign(question, keys, now, lines);
	for (int i = 0; i < 4 && lines[i] != NULL; i++)
		fetch.headers[fetch.header_count++] = lines[i];
	int rc = aws_fetch(&fetch, answer);

	for (int i = 0; i < 4; i++)
		credentials_wipe(lines[i]);
	return rc;
}
