#include "s3_object.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "s3_codes.h"
#include "text.h"
#include "xalloc.h"

#define DELETE_MAX 1000		/* keys a request; S3 API: DeleteObjects */

void
s3_head_release(struct s3_head *head)
{
	for (size_t i = 0; i < head->metadata_count; i++) {
		free((char *)head->metadata[i].name);
		free((char *)head->metadata[i].value);
	}
	free(head->metadata);
	free(head->etag);
	memset(head, 0, sizeof *head);
}

const char *
s3_head_metadata(const struct s3_head *head, const char *name)
{
	for (size_t i = 0; i < head->metadata_count; i++) {
		if (strcmp(head->metadata[i].name, name) == 0)
			return head->metadata[i].value;
	}
	return NULL;
}

static void
read_metadata(struct s3_head *head, const struct http_answer *http)
{
	static const char prefix[] = "x-amz-meta-";
	const char *name, *value;

	for (size_t at = 0; http_next_header(http, &at, &name, &value);) {
		if (!text_starts(name, prefix))
			continue;
		head->metadata = xrealloc_array(head->metadata,
		    head->metadata_count + 1, sizeof *head->metadata);
		head->metadata[head->metadata_count++] = (struct sigv4_pair){
			xstrdup(name + sizeof prefix - 1), xstrdup(value),
		};
	}
}

static int
read_head(struct s3_head *head, const struct http_answer *http)
{
	const char *length = http_header(http, "content-length");
	const char *modified = http_header(http, "last-modified");
	const char *etag = http_header(http, "etag");

	if (length == NULL || text_number(length, &head->size) != 0)
		return -1;
	if (modified == NULL || http_date(modified, &head->modified) != 0)
		head->modified = 0;
	head->etag = xstrdup(etag == NULL ? "" : etag);
	s3xml_unquote(head->etag);
	read_metadata(head, http);
	return 0;
}

enum s3_presence
s3_object_head(struct s3_line *line, const char *key, struct s3_head *head,
    bool may_be_unknown, bool cleanup)
{
	struct s3_request request = {
		.action = "look at object",
		.method = "HEAD",
		.key = key,
		.secret = true,
		.cleanup = cleanup,
	};
	struct s3_answer answer;
	enum s3_presence presence = S3_ERROR;

	memset(head, 0, sizeof *head);
	s3_answer_init(&answer);
	if (s3_call(line, &request, &answer) == S3_DONE) {
		if (read_head(head, &answer.http) == 0)
			presence = S3_THERE;
		else
			s3_tell_strange(line->s3, &request, "has no length");
	} else if (answer.outcome == S3_REFUSED && answer.http.status == 404) {
		presence = S3_ABSENT;
	} else if (answer.outcome == S3_REFUSED && may_be_unknown &&
	    answer.http.status == 403) {
		presence = S3_UNKNOWN;
	} else {
		s3_tell(line->s3, &request, &answer);
	}
	s3_answer_release(&answer);
	return presence;
}

static int
tell_deleted(struct s3_line *line, struct s3xml_error *errors, size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		const struct s3xml_error *error = &errors[i];

		if (strcmp(error->code, "NoSuchKey") != 0)
			rc = fail(s3_codes_exit(error->code, 0),
			    "could not delete object \"s3://%s/%s\": %s%s%s",
			    line->s3->place, error->key, error->code,
			    error->message[0] == '\0' ? "" : ": ",
			    error->message);
		s3xml_error_release(&errors[i]);
	}
	free(errors);
	return rc;
}

static int
delete_one(struct s3_line *line, const char *key)
{
	struct s3_request request = {
		.action = "delete object",
		.method = "DELETE",
		.key = key,
	};
	struct s3_answer answer;
	int rc = 0;

	s3_answer_init(&answer);
	if (s3_call(line, &request, &answer) != S3_DONE &&
	    !s3_answer_is(&answer, "NoSuchKey") &&
	    !s3_answer_is(&answer, "NotFound"))
		rc = s3_tell(line->s3, &request, &answer);
	s3_answer_release(&answer);
	return rc;
}

static int
delete_each(struct s3_line *line, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (delete_one(line, keys[i]) != 0)
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

static int
delete_batch(struct s3_line *line, const char *const *keys, size_t count)
{
	struct buf body = BUF_INIT;
	struct s3_answer answer;
	struct s3xml_error *errors;
	size_t error_count;
	int rc;

	s3xml_add_delete(&body, keys, count);
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
	};

	s3_answer_init(&answer);
	if (s3_call(line, &request, &answer) != S3_DONE)
		rc = has_no_batch(&answer) ? delete_each(line, keys, count) :
		    s3_tell(line->s3, &request, &answer);
	else if (s3xml_read_deleted(&errors, &error_count,
	    answer.http.body.data, answer.http.body.len) != 0)
		rc = s3_tell_strange(line->s3, &request, "is no DeleteResult");
	else
		rc = tell_deleted(line, errors, error_count);
	s3_answer_release(&answer);
	buf_release(&body);
	return rc;
}

int
s3_object_delete(struct s3_line *line, const char *const *keys, size_t count)
{
	if (count < 3)
		return delete_each(line, keys, count);
	for (size_t done = 0; done < count; done += DELETE_MAX) {
		size_t some = count - done < DELETE_MAX ? count - done :
		    DELETE_MAX;

		if (delete_batch(line, keys + done, some) != 0)
			return -1;
	}
	return 0;
}
