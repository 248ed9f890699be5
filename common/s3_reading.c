#include "s3_reading.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

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

int
s3_reading_fail_changed(const struct s3_reading *reading)
{
	return fail(PROG_TEMPORARY, "could not read object \"s3://%s/%s\": it "
	    "changed while it was read", reading->line->s3->place,
	    reading->range->key);
}

static int
learn_etag(struct s3_reading *reading)
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
	    s3_reading_fail_changed(reading);
}

uint64_t
s3_reading_told_size(const struct s3_reading *reading)
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
learn_size(struct s3_reading *reading, uint64_t size)
{
	uint64_t known = reading->range->size;

	reading->range->size = size;
	return known == S3_TO_END || size == S3_TO_END || known == size ? 0 :
	    s3_reading_fail_changed(reading);
}

/* Asked for as it is kept, it comes compressed: that has to be looked into. */
static bool
is_encoded(struct s3_reading *reading)
{
	const char *encoding = http_header(reading->http, "content-encoding");

	if (encoding == NULL || *encoding == '\0' || reading->range->encoded ||
	    strcasecmp(encoding, "identity") == 0)
		return false;
	reading->encoding = xstrdup(encoding);
	return true;
}

int
s3_reading_fail_length(const struct s3_reading *reading)
{
	return fail(PROG_TEMPORARY, "could not read object \"s3://%s/%s\": "
	    "the server's answer is not as long as the range that it names",
	    reading->line->s3->place, reading->range->key);
}

int
s3_reading_judge(struct s3_reading *reading)
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
		return learn_size(reading, s3_reading_told_size(reading));
	}
	if (parse_content_range(part, &first, &last, &size) == 0 &&
	    first == reading->at && last >= first) {
		reading->until = last + 1;
		if (length != NULL && (text_number(length, &said) != 0 ||
		    said != last + 1 - first))
			return s3_reading_fail_length(reading);
		return learn_size(reading, size);
	}
	return fail(PROG_TEMPORARY, "could not read object \"s3://%s/%s\": "
	    "the server sent another range than the one from byte %llu",
	    reading->line->s3->place, reading->range->key,
	    (unsigned long long)reading->at);
}

int
s3_reading_take(void *context, const void *data, size_t len)
{
	struct s3_reading *reading = context;
	const char *bytes = data;

	if (!reading->judged &&
	    (is_encoded(reading) || s3_reading_judge(reading) != 0))
		return -1;
	if (reading->skip >= len) {
		reading->skip -= len;
		return 0;
	}
	bytes += reading->skip;
	len -= reading->skip;
	reading->skip = 0;
	if (reading->until != S3_TO_END && len > reading->until - reading->at)
		return s3_reading_fail_length(reading);
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
