#include "sts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "aws_endpoint.h"
#include "aws_fetch.h"
#include "prog.h"
#include "retry.h"
#include "sigv4.h"
#include "sts_answer.h"
#include "text.h"
#include "xalloc.h"

#define VERSION "2011-06-15"	/* of the API */
#define SECONDS 30		/* of one try */
#define TOKEN_MAX ((size_t)64 * 1024)	/* bytes of a web identity token */
#define FORM "Content-Type: application/x-www-form-urlencoded"

/* One question, and who asks it. */
struct question {
	const struct credentials_search *search;
	const char *action;
	struct s3_endpoint endpoint;
	const char *region;
	char *host;
	char *url;
	char *service;		/* for messages */
	char *subject;		/* "role \"arn:...\"": for messages */
	struct buf form;
};

static void
add_field(struct question *question, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_addf(&question->form, "%s%s=", question->form.len > 0 ? "&" : "",
	    name);
	text_add_percent(&question->form, value, false);
}

static void
close_question(struct question *question)
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

static int
open_question(struct question *question,
    const struct credentials_search *search, const char *action,
    const struct sts_role *role)
{
	*question = (struct question){
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
	add_field(question, "Action", action);
	add_field(question, "Version", VERSION);
	add_field(question, "RoleArn", role->arn);
	add_field(question, "RoleSessionName", name);
	add_field(question, "DurationSeconds", role->duration);
	free(name);
	return 0;
}

/* The lines of a signed request: date, hash, token, authorization. */
static void
sign(const struct question *question, const struct credentials *keys,
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

static int
post(const struct question *question, const struct credentials *keys,
    time_t now, struct http_answer *answer)
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

/* What another try of ours, or of the whole program, may heal. */
static bool
may_pass(const struct sts_error *error, long status)
{
	return status >= 500 || status == 429 ||
	    strcmp(error->code, "IDPCommunicationError") == 0 ||
	    strcmp(error->code, "Throttling") == 0 ||
	    strcmp(error->code, "RequestExpired") == 0 ||
	    /* Tokens in files are replaced in time, if not in this second. */
	    strcmp(error->code, "ExpiredTokenException") == 0;
}

/*
 * The message is the server's own: it tells what is missing. STS's do not
 * repeat the token; another server's might, so nothing long and unbroken.
 */
static int
refuse(const struct question *question, const struct http_answer *answer,
    const struct sts_error *error)
{
	bool passing = may_pass(error, answer->status);
	size_t longest = 0;

	for (const char *at = error->message; *at != '\0'; at++) {
		size_t len = strcspn(at, " ");

		longest = len > longest ? len : longest;
	}
	fail(passing ? PROG_TEMPORARY : PROG_PERMANENT, "%s get the keys of "
	    "%s from %s: status %ld%s%s%s%s", passing ? "could not" : "cannot",
	    question->subject, question->service, answer->status,
	    error->code[0] == '\0' ? "" : ", ", error->code,
	    error->message[0] == '\0' || longest > 120 ? "" : ": ",
	    longest > 120 ? "" : error->message);
	if (answer->status == 403)
		hint("may these keys assume the role, and does the role's "
		    "trust policy name them?");
	return -1;
}

/* The server's time of an answer that calls ours wrong, or 0. */
static time_t
told_time(const struct http_answer *answer, const struct sts_error *error)
{
	const char *date = http_header(answer, "date");
	time_t when = 0;

	if (strcmp(error->code, "RequestTimeTooSkewed") != 0 &&
	    strcmp(error->code, "SignatureDoesNotMatch") != 0 &&
	    strcmp(error->code, "RequestExpired") != 0)
		return 0;
	if (date == NULL || http_date(date, &when) != 0 ||
	    labs((long)(when - time(NULL))) < 300)
		return 0;
	return when;
}

/* Ask, and once more with the server's clock if that is what is wrong. */
static int
ask(const struct question *question, const struct credentials *keys,
    struct credentials *found)
{
	struct http_answer answer = HTTP_ANSWER_INIT;
	struct sts_error error = {.code = ""};
	time_t told;
	int rc = post(question, keys, time(NULL), &answer);

	if (rc == 0 && answer.status != 200)
		sts_answer_error(&error, answer.body.data, answer.body.len);
	if (rc == 0 && keys != NULL && answer.status != 200 &&
	    (told = told_time(&answer, &error)) != 0) {
		aws_fetch_release(&answer);
		rc = post(question, keys, told, &answer);
		if (rc == 0 && answer.status != 200)
			sts_answer_error(&error, answer.body.data,
			    answer.body.len);
	}
	if (rc == 0 && answer.status == 200)
		rc = sts_answer_read(found, question->action,
		    answer.body.data, answer.body.len, xasprintf("%s at %s",
		    question->subject, question->service));
	else if (rc == 0)
		rc = refuse(question, &answer, &error);
	aws_fetch_release(&answer);
	return rc;
}

int
sts_assume_role(const struct credentials_search *search,
    const struct sts_role *role, const struct credentials *keys,
    struct credentials *found)
{
	struct question question;
	int rc = open_question(&question, search, "AssumeRole", role);

	if (rc == 0) {
		add_field(&question, "ExternalId", role->external_id);
		rc = ask(&question, keys, found);
	}
	close_question(&question);
	return rc;
}

/* The caller wipes it. NULL: told. */
static char *
read_token(const char *path)
{
	struct buf text = BUF_INIT;
	char *token = NULL;

	if (buf_read_file(&text, path, TOKEN_MAX) != 0) {
		fail(PROG_TEMPORARY, "could not read the web identity token "
		    "\"%s\": %m", path);
		goto out;
	}
	while (text.len > 0 && isspace((unsigned char)text.data[text.len - 1]))
		text.data[--text.len] = '\0';
	if (text.len == 0 || strlen(text.data) != text.len)
		fail(PROG_TEMPORARY, "could not use the web identity token "
		    "\"%s\": it is %s", path, text.len == 0 ? "empty" :
		    "no text");
	else
		token = xstrndup(text.data, text.len);
out:
	credentials_wipe_buf(&text);
	return token;
}

int
sts_assume_role_with_web_identity(const struct credentials_search *search,
    const struct sts_role *role, const char *token_file,
    struct credentials *found)
{
	struct question question;
	char *token = read_token(token_file);
	int rc = token == NULL ? -1 : 0;

	if (rc != 0)
		return -1;
	rc = open_question(&question, search, "AssumeRoleWithWebIdentity",
	    role);
	if (rc == 0 && role->arn == NULL && question.endpoint.host == NULL)
		rc = fail(PROG_PERMANENT, "cannot use the web identity token "
		    "\"%s\": AWS_ROLE_ARN is not set", token_file);
	if (rc == 0) {
		add_field(&question, "WebIdentityToken", token);
		rc = ask(&question, NULL, found);
	}
	credentials_wipe(token);
	close_question(&question);
	return rc;
}
