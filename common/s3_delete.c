#include "s3_delete.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "retry.h"
#include "s3_codes.h"
#include "text.h"
#include "xalloc.h"

#define FEW 3			/* fewer than this go one by one */

static bool
is_gone(const char *code)
{
	return strcmp(code, "NoSuchKey") == 0 ||
	    strcmp(code, "NoSuchVersion") == 0 ||
	    strcmp(code, "NotFound") == 0;
}

static void
keep(struct s3_doomed *doomed, char *why, int code)
{
	free(doomed->why);
	doomed->why = why;
	doomed->code = code;
}

/* A name that is refused ends it; a version's refusal is that version's. */
static int
delete_one(struct s3_line *line, struct s3_doomed *doomed)
{
	struct s3_request request = {
		.action = "delete object",
		.method = "DELETE",
		.key = doomed->key,
		.query = {{"versionId", doomed->version}},
		.query_count = doomed->version != NULL,
		/* Asked for after a stop signal: what was put is undone. */
		.cleanup = prog_stopping(),
	};
	struct s3_answer answer;
	int rc = 0;

	s3_answer_init(&answer);
	if (s3_call(line, &request, &answer) == S3_DONE ||
	    (answer.outcome == S3_REFUSED && is_gone(answer.error.code)))
		rc = 0;
	else if (answer.outcome == S3_REFUSED && doomed->version != NULL)
		keep(doomed, s3_answer_reason(&answer),
		    s3_codes_exit(answer.error.code, answer.http.status));
	else
		rc = s3_tell(line->s3, &request, &answer);
	s3_answer_release(&answer);
	return rc;
}

static int
delete_each(struct s3_line *line, struct s3_doomed *const *some, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (delete_one(line, some[i]) != 0)
			return -1;
	}
	return 0;
}

/* Some providers have no DeleteObjects: one by one then. */
static bool
has_no_batch(const struct s3_answer *answer)
{
	return answer->outcome == S3_REFUSED &&
	    (answer->http.status == 501 || answer->http.status == 405 ||
	    s3_answer_is(answer, "NotImplemented"));
}

/* Not every server says the version, too: then it is of all we asked for. */
static bool
is_meant(const struct s3_doomed *doomed, const struct s3xml_error *error)
{
	return strcmp(doomed->key, error->key) == 0 &&
	    (doomed->version == NULL || error->version[0] == '\0' ||
	    strcmp(doomed->version, error->version) == 0);
}

static char *
reason_of(const struct s3xml_error *error)
{
	char *text = xasprintf("%.80s%s%.300s", error->code,
	    error->message[0] == '\0' ? "" : ": ", error->message);

	while (text_ends(text, "."))
		text[strlen(text) - 1] = '\0';
	return text;
}

/* False: the error is of nothing that we asked for. */
static bool
note_error(struct s3_doomed *const *some, size_t count,
    const struct s3xml_error *error)
{
	bool meant = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_meant(some[i], error))
			continue;
		meant = true;
		keep(some[i], reason_of(error), s3_codes_exit(error->code, 0));
	}
	return meant;
}

static int
note_errors(struct s3_line *line, const struct s3_request *request,
    struct s3_doomed *const *some, size_t count, const struct buf *body)
{
	struct s3xml_error *errors;
	size_t error_count;
	int rc = 0;

	if (s3xml_read_deleted(&errors, &error_count, body->data,
	    body->len) != 0)
		return s3_tell_strange(line->s3, request, "is no DeleteResult");
	for (size_t i = 0; i < error_count; i++) {
		if (rc == 0 && !is_gone(errors[i].code) &&
		    !note_error(some, count, &errors[i]))
			rc = s3_tell_strange(line->s3, request, "has an error "
			    "of an object that it was not asked for");
		s3xml_error_release(&errors[i]);
	}
	free(errors);
	return rc;
}

static int
delete_batch(struct s3_line *line, struct s3_doomed *const *some, size_t count)
{
	struct buf body = BUF_INIT;
	struct s3_answer answer;
	int rc;

	s3xml_begin_delete(&body);
	for (size_t i = 0; i < count; i++)
		s3xml_add_delete(&body, some[i]->key, some[i]->version);
	s3xml_end_delete(&body);
	struct s3_request request = {
		.action = "delete objects in",
		.method = "POST",
		.query = {{"delete", ""}},
		.query_count = 1,
		.headers = &(struct sigv4_pair){"content-type",
		    "application/xml"},
		.header_count = 1,
		.body = body.data,
		.body_len = body.len,
		.idle_seconds = 300,
		.crawls = true,
	};

	s3_answer_init(&answer);
	if (s3_call(line, &request, &answer) == S3_DONE)
		rc = note_errors(line, &request, some, count,
		    &answer.http.body);
	else
		rc = has_no_batch(&answer) ? delete_each(line, some, count) :
		    s3_tell(line->s3, &request, &answer);
	s3_answer_release(&answer);
	buf_release(&body);
	return rc;
}

/* Leaves in some those that a later try may delete. */
static size_t
pick_temporary(struct s3_doomed **some, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		if (some[i]->why != NULL && some[i]->code == PROG_TEMPORARY)
			some[left++] = some[i];
	}
	return left;
}

int
s3_delete(struct s3_line *line, struct s3_doomed *doomed, size_t count)
{
	struct retry retry = {.budget = s3_patience(line->s3)};
	struct s3_doomed **some = xcalloc(count + 1, sizeof *some);
	int rc;

	for (size_t i = 0; i < count; i++) {
		doomed[i].why = NULL;
		some[i] = &doomed[i];
	}
	for (;;) {
		rc = count < FEW && (count == 0 || some[0]->version == NULL) ?
		    delete_each(line, some, count) :
		    delete_batch(line, some, count);
		count = rc == 0 ? pick_temporary(some, count) : 0;
		if (count == 0 || retry_wait(&retry, 0) != 0)
			break;
		info("deleting %zu objects in \"s3://%s\" again: %s", count,
		    line->s3->place, some[0]->why);
		for (size_t i = 0; i < count; i++)
			keep(some[i], NULL, 0);
	}
	free(some);
	return rc;
}

static int
delete_some_keys(struct s3_line *line, const char *const *keys, size_t count)
{
	struct s3_doomed *doomed = xcalloc(count + 1, sizeof *doomed);

	for (size_t i = 0; i < count; i++)
		doomed[i].key = keys[i];
	int rc = s3_delete(line, doomed, count);

	for (size_t i = 0; i < count; i++) {
		if (rc == 0 && doomed[i].why != NULL)
			fail(doomed[i].code, "%s delete object \"s3://%s/%s\": "
			    "%s", doomed[i].code == PROG_PERMANENT ? "cannot" :
			    "could not", line->s3->place, keys[i],
			    doomed[i].why);
	}
	for (size_t i = 0; i < count; i++) {
		if (doomed[i].why != NULL)
			rc = -1;
		free(doomed[i].why);
	}
	free(doomed);
	return rc;
}

int
s3_delete_keys(struct s3_line *line, const char *const *keys, size_t count)
{
	for (size_t done = 0; done < count; done += S3_DELETE_MAX) {
		size_t some = count - done < S3_DELETE_MAX ? count - done :
		    S3_DELETE_MAX;

		if (delete_some_keys(line, keys + done, some) != 0)
			return -1;
	}
	return 0;
}
