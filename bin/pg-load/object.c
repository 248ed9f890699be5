#define _GNU_SOURCE
#include "object.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gzframe.h"
#include "gzlookup.h"
#include "held.h"
#include "prog.h"
#include "range.h"
#include "report.h"
#include "text.h"
#include "xalloc.h"

#define TAIL ((uint64_t)64 * 1024)	/* bytes that are read first */
#define INDEX_MAX ((uint64_t)1 << 30)	/* bytes: 2^28 frames */
#define PIECE (1024 * 1024)	/* bytes, of what is not framed */
#define MARK 1024		/* frames */
#define HEADER "-- pgbackpipe sql "
#define HEAD ((uint64_t)4096)	/* bytes that tell what it is */

static int
refuse(struct object *o, const char *why, const char *filter)
{
	o->why = why;
	o->filter = filter;
	return 1;
}

int
object_tell_refused(const struct object *o)
{
	const char *url = o->info.url;

	fail(PROG_PERMANENT, "cannot read object \"%s\" by ranges: %s", url,
	    o->why);
	hint("through a pipe: s3-get %s |%s %s ...", url, o->filter,
	    prog_name());
	return -1;
}

static int
damaged(struct object *o, const char *reason)
{
	return fail(PROG_PERMANENT, "the backup \"%s\" is not whole: %s",
	    o->info.url, reason);
}

struct collected {
	struct object *object;
	struct buf *buf;
};

static int
collect(void *context, const void *data, size_t len)
{
	struct collected *c = context;

	atomic_fetch_add(&c->object->bytes_read, len);
	buf_add(c->buf, data, len);
	return 0;
}

/* Bytes of the object itself. */
static int
get(struct object *o, uint64_t from, uint64_t to, struct buf *buf)
{
	struct collected c = {o, buf};
	struct store_part part = {
		.object = &o->info, .from = from, .to = to, .sink = collect,
		.context = &c,
	};

	return store_get_part(o->store, &part);
}

/* What stands behind the frames, or at least the end of it. */
struct tail {
	struct object *object;
	struct buf bytes;
	uint64_t from;
};

static int
read_tail(void *context, uint64_t at, void *data, size_t len)
{
	struct tail *tail = context;

	/* gzlookup asks for nothing outside; the end frame named the rest. */
	if (at < tail->from || at - tail->from > tail->bytes.len ||
	    len > tail->bytes.len - (size_t)(at - tail->from))
		return fail(PROG_BUG, "the index was not read");
	memcpy(data, tail->bytes.data + (at - tail->from), len);
	return 0;
}

static void
set_marks(struct object *o)
{
	uint64_t at = 0;

	o->marks = xcalloc(o->frame_count / MARK + 1, sizeof *o->marks);
	for (uint64_t i = 0; i < o->frame_count; i++) {
		if (i % MARK == 0)
			o->marks[i / MARK] = at;
		at += o->lengths[i];
	}
	if (o->frame_count % MARK == 0)
		o->marks[o->frame_count / MARK] = at;
}

uint64_t
object_frame_at(const struct object *o, uint64_t number)
{
	uint64_t at = o->marks[number / MARK];

	for (uint64_t i = number - number % MARK; i < number; i++)
		at += o->lengths[i];
	return at;
}

static int
take_index(struct object *o, struct tail *tail)
{
	struct gzlookup_file file = {
		.read = read_tail, .context = tail, .size = o->info.size,
	};
	struct gzlookup lookup;
	int rc = gzlookup_lengths(&file, &lookup, &o->lengths);

	if (rc != 0)
		return rc < 0 ? -1 : damaged(o, lookup.reason);
	o->frames = true;
	o->size = lookup.uncompressed;
	o->frame_bytes = lookup.frame_bytes;
	o->frame_count = lookup.frames;
	set_marks(o);
	return 0;
}

/* The index is in the tail, or the rest of it is fetched at once. */
static int
read_index(struct object *o, struct tail *tail, const struct gzframe_end *end)
{
	struct buf more = BUF_INIT;
	uint64_t size = o->info.size;
	int rc = 0;

	if (end->index_bytes > INDEX_MAX ||
	    end->index_bytes > size - GZFRAME_END_SIZE)
		return damaged(o, "its end frame is not that of an object of "
		    "this size");
	uint64_t from = size - GZFRAME_END_SIZE - end->index_bytes;

	if (from < tail->from) {
		rc = get(o, from, tail->from, &more);
		buf_add(&more, tail->bytes.data, tail->bytes.len);
		buf_release(&tail->bytes);
		tail->bytes = more;
		tail->from = from;
	}
	return rc == 0 ? take_index(o, tail) : -1;
}

/* No end frame: what is it then? */
static int
look_at_head(struct object *o)
{
	struct buf head = BUF_INIT;
	int rc = get(o, 0, o->info.size < HEAD ? o->info.size : HEAD, &head);
	enum gzframe_kind kind = gzframe_probe((unsigned char *)head.data,
	    head.len);

	if (rc == 0 && text_starts(head.data, HEADER)) {
		o->size = o->info.size;
		o->frame_bytes = PIECE;
	} else if (rc == 0 && kind != GZFRAME_FOREIGN) {
		rc = damaged(o, "it does not end with an end frame");
	} else if (rc == 0 && head.len == 0) {
		rc = damaged(o, "it is empty");
	} else if (rc == 0 && head.len > 1 && head.data[0] == '\x1f') {
		rc = refuse(o, "it has no gzip frames", " gzip-frame -d |");
	} else if (rc == 0 && text_starts(head.data, "PGDMP")) {
		rc = refuse(o, "it is a custom archive", "");
	} else if (rc == 0) {
		rc = refuse(o, "it is no stream of pg-stream", " FILTER... |");
	}
	buf_release(&head);
	return rc;
}

static int
find_frames(struct object *o)
{
	struct tail tail = {.object = o, .bytes = BUF_INIT};
	struct gzframe_end end;
	int rc;

	tail.from = o->info.size > TAIL ? o->info.size - TAIL : 0;
	rc = get(o, tail.from, o->info.size, &tail.bytes);
	if (rc == 0 && tail.bytes.len >= GZFRAME_END_SIZE &&
	    gzframe_parse_end((unsigned char *)tail.bytes.data +
	    tail.bytes.len - GZFRAME_END_SIZE, &end) == 0)
		rc = read_index(o, &tail, &end);
	else if (rc == 0)
		rc = look_at_head(o);
	buf_release(&tail.bytes);
	return rc;
}

/* Append a range of the data. */
static int
read_data(struct range *range, uint64_t from, uint64_t to, struct buf *buf)
{
	const char *data;
	ssize_t n = range_begin(range, from, to);

	while (n == 0 && (n = range_next(range, &data)) > 0) {
		buf_add(buf, data, (size_t)n);
		n = 0;
		if (from + buf->len >= to)
			break;
	}
	return n < 0 ? -1 : 0;
}

static int
read_header(struct object *o, struct range *range)
{
	struct buf head = BUF_INIT;
	int rc = read_data(range, 0, DUMPTRAILER_LINE_MAX, &head);
	const char *eol = memchr(head.data, '\n', head.len);

	if (rc == 0 && text_starts(head.data, "PGDMP"))
		rc = refuse(o, "it is a custom archive", " gzip-frame -d |");
	else if (rc == 0 && !text_starts(head.data, HEADER))
		rc = refuse(o, "it is no stream of pg-stream",
		    " gzip-frame -d |");
	else if (rc == 0 && (eol == NULL || !text_starts(head.data,
	    HEADER "1 ")))
		rc = fail(PROG_PERMANENT, "cannot read object \"%s\": its "
		    "format is of a newer version of this program",
		    o->info.url);
	if (rc == 0) {
		const char *json = head.data + strlen(HEADER) + 2;

		o->header = report_parse("header", o->info.url, json,
		    (size_t)(eol - json));
		rc = o->header == NULL ? -1 : 0;
	}
	buf_release(&head);
	return rc;
}

static int
parse_trailer(struct object *o, struct range *range, uint64_t from)
{
	struct dumptrailer_parser parser;
	const char *data, *reason = NULL;
	ssize_t n = range_begin(range, from, o->size);

	dumptrailer_init(&parser, from);
	parser.sink = held_take_catalog;
	parser.context = &o->catalog;
	while (n == 0 && (n = range_next(range, &data)) > 0)
		n = dumptrailer_feed(&parser, data, (size_t)n);
	if (n == 0 && (dumptrailer_finish(&parser, &o->trailer,
	    &reason) != 0 || o->trailer.bytes != from))
		n = damaged(o, reason != NULL ? reason :
		    "its trailer is not where its end line says");
	dumptrailer_release(&parser);
	return n == 0 ? 0 : -1;
}

static int
read_trailer(struct object *o, struct range *range)
{
	struct buf last = BUF_INIT;
	uint64_t from = o->size > DUMPTRAILER_LINE_MAX ?
	    o->size - DUMPTRAILER_LINE_MAX : 0;
	uint64_t bytes;
	int rc = read_data(range, from, o->size, &last);

	if (rc == 0 && (dumptrailer_find(last.data, last.len, &bytes) != 0 ||
	    bytes >= o->size))
		rc = damaged(o, "it has no closing line");
	buf_release(&last);
	return rc == 0 ? parse_trailer(o, range, bytes) : -1;
}

/* Without these the rows could be found, but not what is around them. */
static int
check_trailer(struct object *o)
{
	const char *filter = o->frames ? " gzip-frame -d |" : "";

	if (o->trailer.catalog_bytes == 0)
		return refuse(o, "it was made with --no-catalog", filter);
	if (!o->trailer.objects_known)
		return refuse(o, "it was made by an older pg-stream", filter);
	return 0;
}

static int
check_seen(const struct object *o, const json_t *seen)
{
	struct buf modified = BUF_INIT;

	text_add_time(&modified, o->info.modified);
	bool same = (uint64_t)report_number(seen, "size") == o->info.size &&
	    strcmp(report_string(seen, "etag"), o->info.etag) == 0 &&
	    (o->info.etag[0] != '\0' ||
	    strcmp(report_string(seen, "modified"), modified.data) == 0);

	buf_release(&modified);
	return same ? 0 : fail(PROG_TEMPORARY, "the backup \"%s\" is another "
	    "one than that which was looked at before", o->info.url);
}

int
object_open(struct object *o, const char *url, const json_t *seen,
    struct pace *pace)
{
	static const atomic_bool never;
	struct range *range = NULL;
	int rc = -1;

	o->options.pace = pace;
	o->store = store_open(url, &o->options);
	if (o->store == NULL)
		return -1;
	int found = store_head(o->store, url, &o->info);

	if (found == 0)
		fail(PROG_PERMANENT, "cannot read object \"%s\": it is not "
		    "there", url);
	if (found != 1 || (seen != NULL && check_seen(o, seen) != 0))
		return -1;
	rc = find_frames(o);
	if (rc != 0)
		return rc;
	range = range_new(o, &never);
	rc = read_header(o, range);
	if (rc == 0)
		rc = read_trailer(o, range);
	if (rc == 0)
		rc = check_trailer(o);
	range_free(range);
	o->tail_read = atomic_load(&o->bytes_read);
	return rc;
}

void
object_close(struct object *o)
{
	dumptrailer_result_release(&o->trailer);
	json_decref(o->header);
	store_object_release(&o->info);
	store_close(o->store);
	io_close(&o->catalog);
	free(o->lengths);
	free(o->marks);
	*o = (struct object)OBJECT_INIT;
}
