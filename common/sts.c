#include "sts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws_fetch.h"
#include "prog.h"
#include "sts_answer.h"
#include "sts_question.h"
#include "text.h"
#include "xalloc.h"

#define TOKEN_MAX ((size_t)64 * 1024)	/* bytes of a web identity token */

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
refuse(const struct sts_question *question, const struct http_answer *answer,
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
ask(const struct sts_question *question, const struct credentials *keys,
    struct credentials *found)
{
	struct http_answer answer = HTTP_ANSWER_INIT;
	struct sts_error error = {.code = ""};
	time_t told;
	int rc = sts_question_post(question, keys, time(NULL), &answer);

	if (rc == 0 && answer.status != 200)
		sts_answer_error(&error, answer.body.data, answer.body.len);
	if (rc == 0 && keys != NULL && answer.status != 200 &&
	    (told = told_time(&answer, &error)) != 0) {
		aws_fetch_release(&answer);
		rc = sts_question_post(question, keys, told, &answer);
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
	struct sts_question question;
	int rc = sts_question_open(&question, search, "AssumeRole", role);

	if (rc == 0) {
		sts_question_add(&question, "ExternalId", role->external_id);
		rc = ask(&question, keys, found);
	}
	sts_question_close(&question);
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
	struct sts_question question;
	char *token = read_token(token_file);
	int rc = token == NULL ? -1 : 0;

	if (rc != 0)
		return -1;
	rc = sts_question_open(&question, search, "AssumeRoleWithWebIdentity",
	    role);
	if (rc == 0 && role->arn == NULL && question.endpoint.host == NULL)
		rc = fail(PROG_PERMANENT, "cannot use the web identity token "
		    "\"%s\": AWS_ROLE_ARN is not set", token_file);
	if (rc == 0) {
		sts_question_add(&question, "WebIdentityToken", token);
		rc = ask(&question, NULL, found);
	}
	credentials_wipe(token);
	sts_question_close(&question);
	return rc;
}
