#include "s3_get.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "retry.h"
#include "s3_object.h"
#include "text.h"
#include "xalloc.h"

#define PROGRESS ((uint64_t)64 * 1024)	/* bytes of one try */

struct reading {
	struct s3_line *line;
	struct s3_range *range;
	uint64_t at;		/* offset of the next byte wanted */
	/* of the answer under way */
	const struct http_answer *http;
	bool judged;		/* its headers were looked at */
	uint64_t until;		/* S3_TO_END; or where a range ends */
	uint64_t skip;		/* bytes to drop: no range was heard */
	bool enough;		/* there is more than was wanted */
	char *encoding;		/* that the answer has, but the object may
				   not; NULL */
};

/* A number that ends in `end`; *text is set behind that. */
static int
parse_until(const char **text, char end, uint64_t *number)
{
	const char *at = strchr(*text, end);
	char digits[24];

	if (at == NULL || (size_t)(at - *text) >= sizeof digits)
		return -1;
	memcpy(digits, *text, (size_t)(at - *text));
	digits[at - *text] = '\0';
	*text = at + 1;
	return text_number(digits, number);
}

/* "bytes 100-199/1000": RFC 9110 section 14.4. */
static int
parse_content_range(const char *text, uint64_t *first, uint64_t *last,
    uint64_t *size)
{
	if (text == NULL || !text_starts(text, "bytes "))
		return -1;
	text += 6;
	if (parse_until(&text, '-', first) != 0 ||
	    parse_until(&text, '/', last) != 0)
		return -1;
	return text_number(text, size);
}

static int
fail_changed(const struct reading *reading)
{
	return fail(PROG_TEMPORARY, "could not read object \"s3://%s/%s\": it "
	    "changed while it was read", reading->line->s3->place,
	    reading->range->key);
}

static int
learn_etag(struct reading *reading)
{
	const char *etag = http_header(reading->http, "etag");

	/* All S3 servers send one; a portal's page has none. */
	if (etag == NULL || *etag == '\0')
		return fail(PROG_TEMPORARY, "could not read object "
		    "\"s3://%s/%s\": the server's answer has no ETag",
		    reading->line->s3->place, reading->range->key);
	if (reading->range->etag == NULL) {
		reading->range->etag = xstrdup(etag);
		return 0;
	}
	return strcmp(etag, reading->range->etag) == 0 ? 0 :
	    fail_changed(reading);
}

/* The object's size by the answer's headers, or S3_TO_END. */
static uint64_t
told_size(const struct reading *reading)
{
	const char *length = http_header(reading->http, "content-length");
	const char *part = http_header(reading->http, "content-range");
	uint64_t first, last, size;

	if (reading->http->status == 206 || part != NULL)
		return parse_content_range(part, &first, &last, &size) == 0 ?
		    size : S3_TO_END;
	return length != NULL && text_number(length, &size) == 0 ? size :
	    S3_TO_END;
}

/* Two answers that do not agree on it speak of two objects. */
static int
learn_size(struct reading *reading, uint64_t size)
{
	uint64_t known = reading->range->size;

	reading->range->size = size;
	return known == S3_TO_END || size == S3_TO_END || known == size ? 0 :
	    fail_changed(reading);
}

/* Asked for as it is kept, it comes compressed: that has to be looked into. */
static bool
is_encoded(struct reading *reading)
{
	const char *encoding = http_header(reading->http, "content-encoding");

	if (encoding == NULL || *encoding == '\0' || reading->range->encoded ||
	    strcasecmp(encoding, "identity") == 0)
		return false;
	reading->encoding = xstrdup(encoding);
	return true;
}

/* Packed on its way, perhaps: of a range there are just its bytes. */
static int
fail_length(const struct reading *reading)
{
	return fail(PROG_TEMPORARY, "could not read object \"s3://%s/%s\": "
	    "the server's answer is not as long as the range that it names",
	    reading->line->s3->place, reading->range->key);
}

/* The headers of a good answer: is it the part we asked for? */
static int
judge(struct reading *reading)
{
	const char *length = http_header(reading->http, "content-length");
	const char *part = http_header(reading->http, "content-range");
	uint64_t first = 0;
	uint64_t last = 0;
	uint64_t size = 0;
	uint64_t said = 0;

	reading->judged = true;
	reading->skip = 0;
	reading->until = S3_TO_END;
	/* `rclone serve s3` says 200 and Content-Range, and sends the part. */
	reading->range->ranged = reading->http->status == 206 || part != NULL;
	if (learn_etag(reading) != 0)
		return -1;
	if (!reading->range->ranged) {
		reading->skip = reading->at;
		return learn_size(reading, told_size(reading));
	}
	if (parse_content_range(part, &first, &last, &size) == 0 &&
	    first == reading->at && last >= first) {
		reading->until = last + 1;
		if (length != NULL && (text_number(length, &said) != 0 ||
		    said != last + 1 - first))
			return fail_length(reading);
		return learn_size(reading, size);
	}
	return fail(PROG_TEMPORARY, "could not read object \"s3://%s/%s\": "
	    "the server sent another range than the one from byte %llu",
	    reading->line->s3->place, reading->range->key,
	    (unsigned long long)reading->at);
}

static int
take(void *context, const void *data, size_t len)
{
	struct reading *reading = context;
	const char *bytes = data;

	if (!reading->judged && (is_encoded(reading) || judge(reading) != 0))
		return -1;
	if (reading->skip >= len) {
		reading->skip -= len;
		return 0;
	}
	bytes += reading->skip;
	len -= reading->skip;
	reading->skip = 0;
	if (reading->until != S3_TO_END && len > reading->until - reading->at)
		return fail_length(reading);
	if (len > reading->range->to - reading->at) {
		len = reading->range->to - reading->at;
		reading->enough = true;
	}
	if (len > 0 && reading->range->sink(reading->range->context, bytes,
	    len) != 0) {
		reading->enough = false;
		return -1;
	}
	reading->at += len;
	return reading->enough ? -1 : 0;
}

/* One request for what is still missing. */
static enum s3_outcome
ask(struct reading *reading, struct s3_request *request,
    struct s3_answer *answer)
{
	struct sigv4_pair headers[2];
	char range[64];

	request->headers = headers;
	request->header_count = 0;
	if (reading->at > 0 || reading->range->to != S3_TO_END) {
		if (reading->range->to == S3_TO_END)
			snprintf(range, sizeof range, "bytes=%llu-",
			    (unsigned long long)reading->at);
		else
			snprintf(range, sizeof range, "bytes=%llu-%llu",
			    (unsigned long long)reading->at,
			    (unsigned long long)reading->range->to - 1);
		headers[request->header_count++] =
		    (struct sigv4_pair){"range", range};
	}
	if (reading->range->etag != NULL)
		headers[request->header_count++] =
		    (struct sigv4_pair){"if-match", reading->range->etag};
	reading->http = &answer->http;
	reading->judged = false;
	enum s3_outcome outcome = s3_call(reading->line, request, answer);

	request->headers = NULL;
	request->header_count = 0;
	return outcome;
}

/*
 * A whole answer came. 1: that was all; 0: there is more to ask for; -1. A
 * body without a length ends with its connection, cut short or not: only the
 * size from HEAD can tell.
 */
static int
is_all(struct reading *reading)
{
	struct s3_head head;

	if (!reading->judged && judge(reading) != 0)
		return -1;
	if (reading->until != S3_TO_END && reading->at != reading->until)
		return fail_length(reading);
	if (reading->range->size == S3_TO_END) {
		enum s3_presence there = s3_object_head(reading->line,
		    reading->range->key, &head, false, false);

		reading->range->size = there == S3_THERE ? head.size :
		    S3_TO_END;
		s3_head_release(&head);
		if (there != S3_THERE)
			return there == S3_ABSENT ? fail_changed(reading) : -1;
		if (reading->at > reading->range->size &&
		    reading->at > reading->range->from)
			return fail(PROG_TEMPORARY, "could not read object "
			    "\"s3://%s/%s\": the server sent more than the "
			    "%llu bytes that it has", reading->line->s3->place,
			    reading->range->key,
			    (unsigned long long)reading->range->size);
	}
	return reading->at >= reading->range->to ||
	    reading->at >= reading->range->size;
}

static int
refused(const struct reading *reading, const struct s3_request *request,
    const struct s3_answer *answer)
{
	/* from is at or behind the end, unless that is known to be later */
	if (answer->http.status == 416)
		return reading->range->size == S3_TO_END ||
		    reading->at >= reading->range->size ? 1 :
		    fail_changed(reading);
	if (answer->http.status == 412 && reading->range->etag != NULL)
		return fail_changed(reading);
	if (s3_answer_is(answer, "NoSuchKey") ||
	    s3_answer_is(answer, "NotFound"))
		return reading->range->etag == NULL ? 0 : fail_changed(reading);
	return s3_tell(reading->line->s3, request, answer);
}

/*
 * Whether the object is kept in the encoding that the answer had: then that is
 * what its bytes are. If not, somebody on the way has compressed them.
 */
static int
check_encoding(struct reading *reading)
{
	struct s3_head head;
	enum s3_presence there = s3_object_head(reading->line,
	    reading->range->key, &head, false, false);
	int rc = -1;

	if (there == S3_ABSENT)
		fail_changed(reading);
	else if (there == S3_THERE && strcmp(head.encoding,
	    reading->encoding) == 0 && head.size == told_size(reading))
		rc = 0;
	else if (there == S3_THERE)
		fail(PROG_TEMPORARY, "could not read object \"s3://%s/%s\": "
		    "it comes in encoding \"%.40s\", in which it is not kept",
		    reading->line->s3->place, reading->range->key,
		    reading->encoding);
	s3_head_release(&head);
	free(reading->encoding);
	reading->encoding = NULL;
	reading->range->encoded = rc == 0;
	return rc;
}

static int
read_on(struct reading *reading, const struct s3_request *template,
    struct s3_answer *answer)
{
	struct retry retry = {.budget = reading->line->s3->retry_seconds};
	struct s3_request request = *template;

	for (;;) {
		uint64_t before = reading->at;
		enum s3_outcome outcome = ask(reading, &request, answer);

		if (reading->enough)
			return 1;
		if (reading->encoding != NULL) {
			if (check_encoding(reading) != 0)
				return -1;
			continue;
		}
		if (outcome == S3_REFUSED)
			return refused(reading, &request, answer);
		if (outcome == S3_DONE) {
			int all = is_all(reading);

			if (all != 0)
				return all;
		} else if (outcome == S3_ENDED &&
		    reading->range->cancel != NULL &&
		    atomic_load(reading->range->cancel)) {
			return -1;	/* nobody wants it any more */
		} else if (outcome == S3_ENDED || answer->http.sunk == 0) {
			return s3_tell(reading->line->s3, &request, answer);
		}
		info("reading of \"s3://%s/%s\" broke off at byte %llu; "
		    "going on there", reading->line->s3->place,
		    reading->range->key,
		    (unsigned long long)reading->at);
		/* A trickle is no progress. */
		if (reading->at - before >= PROGRESS)
			retry_reset(&retry);
		if (retry_wait(&retry, 0) != 0)
			return s3_tell(reading->line->s3, &request, answer);
	}
}

int
s3_get(struct s3_line *line, struct s3_range *range)
{
	struct reading reading = {
		.line = line,
		.range = range,
		.at = range->from,
	};
	struct s3_request request = {
		.action = "read object",
		.method = "GET",
		.key = range->key,
		.secret = true,
		.sink = take,
		.sink_context = &reading,
		.cancel = range->cancel,
		.told = range->told,
	};
	struct s3_answer answer;

	range->size = S3_TO_END;
	range->ranged = false;
	if (range->from >= range->to)
		return 1;
	s3_answer_init(&answer);
	int rc = read_on(&reading, &request, &answer);

	s3_answer_release(&answer);
	return rc;
}
