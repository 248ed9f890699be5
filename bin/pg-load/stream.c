#include "stream.h"

#include <string.h>

#include "dumptrailer.h"
#include "flow.h"
#include "prog.h"
#include "report.h"
#include "text.h"

#define HEADER "-- pgbackpipe sql "

const char *
stream_format_name(const struct stream *stream)
{
	return stream->format == STREAM_CUSTOM ? "custom" : "sql";
}

void
stream_release(struct stream *stream)
{
	json_decref(stream->header);
	buf_release(&stream->head);
	stream->header = NULL;
}

/* Formats that are undone by another filter before this one. */
static int
refuse_wrapped(const struct buf *head)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *what, *filter;
	} wraps[] = {
		{"\x1f\x8b", 2, "gzip", "gzip-frame -d"},
		{"\x28\xb5\x2f\xfd", 4, "zstd", "guard -- zstd -d"},
		{"age-encryption.org/", 19, "age",
		    "guard -- age -d -i FILE"},
	};

	for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) {
		if (head->len >= wraps[i].len && memcmp(head->data,
		    wraps[i].magic, wraps[i].len) == 0)
			return fail(PROG_PERMANENT, "cannot read %s: put %s "
			    "before it", wraps[i].what, wraps[i].filter);
	}
	return 0;
}

/* K_VERS_* of pg_dump: 1.14 since 12, 1.15 since 16, 1.16 since 17. */
int
stream_archive_major(const unsigned char *head)
{
	return head[5] > 1 || head[6] >= 16 ? 17 : head[6] == 15 ? 16 : 12;
}

static int
read_archive_version(struct stream *stream)
{
	if (stream->head.len < 7)
		return fail(PROG_PERMANENT, "cannot read the archive: it ends "
		    "within its header");
	stream->archive_major =
	    stream_archive_major((unsigned char *)stream->head.data);
	return 0;
}

static int
read_header(struct stream *stream)
{
	const char *eol = memchr(stream->head.data, '\n', stream->head.len);
	const char *json = stream->head.data + strlen(HEADER) + 2;

	if (eol == NULL)
		return fail(PROG_PERMANENT,
		    "cannot read the stream: it ends within its first line");
	if (!text_starts(stream->head.data, HEADER "1 "))
		return fail(PROG_PERMANENT, "cannot read the stream: its "
		    "format is of a newer version of this program");
	stream->header = report_parse("header", "standard input", json,
	    (size_t)(eol - json));
	if (stream->header == NULL)
		return -1;
	const json_t *drops = json_object_get(stream->header, "drops");
	int64_t from = report_number(drops, "from");
	int64_t bytes = report_number(drops, "bytes");

	if (from >= 0 && bytes >= 0) {
		stream->drops = (uint64_t)(eol + 1 - stream->head.data + from);
		stream->drops_end = stream->drops + (uint64_t)bytes;
	}
	return 0;
}

void
stream_find_owners(struct stream *s)
{
	bool archive = s->format == STREAM_CUSTOM;

	s->owners = archive || json_is_true(json_object_get(s->header,
	    "owners"));
	s->privileges = archive || json_is_true(json_object_get(s->header,
	    "privileges"));
}

static int
judge_head(struct stream *stream, bool foreign)
{
	const struct buf *head = &stream->head;

	if (head->len == 0)
		return fail(PROG_PERMANENT, "cannot restore: the input is "
		    "empty");
	if (refuse_wrapped(head) != 0)
		return -1;
	if (text_starts(head->data, "PGDMP")) {
		stream->format = STREAM_CUSTOM;
		return read_archive_version(stream);
	}
	if (text_starts(head->data, HEADER)) {
		stream->format = STREAM_OURS;
		return read_header(stream);
	}
	stream->format = STREAM_FOREIGN;
	if (foreign)
		return 0;
	fail(PROG_PERMANENT, "cannot restore: the input is neither a stream of "
	    "pg-stream nor a custom archive");
	hint("a plain dump made by pg_dump is restored with --foreign");
	return -1;
}

int
stream_open(struct stream *stream, bool foreign)
{
	struct buf *head = &stream->head;

	buf_reserve(head, DUMPTRAILER_LINE_MAX);
	while (head->len < DUMPTRAILER_LINE_MAX &&
	    (head->len < 8 || (text_starts(head->data, HEADER) &&
	    memchr(head->data, '\n', head->len) == NULL))) {
		ssize_t n = flow_read_some(head->data + head->len,
		    DUMPTRAILER_LINE_MAX - head->len);

		if (n < 0)
			return -1;
		/* A writer that died is the cause of whatever is missing. */
		if (n == 0 && flow_require_upstream(false) != 0)
			return -1;
		if (n == 0)
			break;
		head->len += (size_t)n;
		head->data[head->len] = '\0';
	}
	stream->bytes = head->len;
	if (judge_head(stream, foreign) != 0)
		return -1;
	stream_find_owners(stream);
	return 0;
}
