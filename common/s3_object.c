#include "s3_object.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

void
s3_head_release(struct s3_head *head)
{
	for (size_t i = 0; i < head->metadata_count; i++) {
		free((char *)head->metadata[i].name);
		free((char *)head->metadata[i].value);
	}
	free(head->metadata);
	free(head->etag);
	free(head->encoding);
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
	const char *encoding = http_header(http, "content-encoding");

	if (length == NULL || text_number(length, &head->size) != 0)
		return -1;
	if (modified == NULL || http_date(modified, &head->modified) != 0)
		head->modified = 0;
	head->etag = xstrdup(etag == NULL ? "" : etag);
	s3xml_unquote(head->etag);
	head->encoding = xstrdup(encoding == NULL ? "" : encoding);
	read_metadata(head, http);
	return 0;
}

/* Of SSE-C: no key came, or another one than the object's. */
static bool
may_want_secret(const struct s3_answer *answer)
{
	return answer->outcome == S3_REFUSED && answer->http.status == 400 &&
	    answer->error.code[0] == '\0';
}

static enum s3_presence
tell(const struct s3_line *line, const struct s3_request *request,
    const struct s3_answer *answer)
{
	s3_tell(line->s3, request, answer);
	if (may_want_secret(answer))
		hint("is it encrypted with a key of the customer's? "
		    "--sse-c-key-file names it");
	return S3_ERROR;
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
		presence = tell(line, &request, &answer);
	}
	s3_answer_release(&answer);
	return presence;
}
