/* The stream as it passes: where its trailer may be, and whether it is one. */
#include "dumptrailer.h"

#include <string.h>

#include "dumptrailer_line.h"
#include "report.h"
#include "text.h"

#define PREFIX DUMPTRAILER_PREFIX
#define PREFIX_LEN (sizeof PREFIX - 1)

void
dumptrailer_init(struct dumptrailer_parser *p, uint64_t offset)
{
	*p = (struct dumptrailer_parser){
		.offset = offset, .line_offset = offset,
		.line = BUF_INIT, .tables = BUF_INIT, .bytes = BUF_INIT,
	};
}

void
dumptrailer_release(struct dumptrailer_parser *p)
{
	buf_release(&p->line);
	buf_release(&p->tables);
	buf_release(&p->bytes);
	digest_free(p->digest);
	json_decref(p->header);
	p->digest = NULL;
	p->header = NULL;
}

/* What was taken for a trailer is none: forget all of it. */
static int
not_a_trailer(struct dumptrailer_parser *p, const char *reason)
{
	bool gave = p->sink != NULL && p->catalog_bytes > p->catalog_left;

	p->state = DUMPTRAILER_OUTSIDE;
	p->reason = reason;
	buf_clear(&p->tables);
	p->table_count = p->row_count = p->rows_end = 0;
	p->catalog_bytes = p->catalog_left = 0;
	p->objects_known = false;
	return gave ? p->sink(p->context, NULL, 0) : 0;
}

/*
 * One line with its \n, at most DUMPTRAILER_LINE_MAX bytes. A line that ends
 * what was taken for a trailer may be the first of the real one.
 */
static int
take_line(struct dumptrailer_parser *p)
{
	for (;;) {
		bool outside = p->state == DUMPTRAILER_OUTSIDE;

		if (outside && (p->line.len < PREFIX_LEN ||
		    memcmp(p->line.data, PREFIX, PREFIX_LEN) != 0))
			return 0;
		if (p->line_offset == 0) {
			p->header = dumptrailer_object(&p->line, "sql 1 ");
			return 0;
		}
		if (outside)
			p->start = p->line_offset;
		const char *reason = dumptrailer_take_line(p);

		if (reason == NULL)
			return p->failed ? -1 : 0;
		if (not_a_trailer(p, reason) != 0)
			return -1;
		if (outside)
			return 0;
	}
}

/* Whether the line so far may still become one that we want to see whole. */
static bool
may_be_ours(const struct dumptrailer_parser *p)
{
	size_t len = p->line.len < PREFIX_LEN ? p->line.len : PREFIX_LEN;

	return p->line.len <= DUMPTRAILER_LINE_MAX &&
	    (memcmp(p->line.data, PREFIX, len) == 0 ||
	    p->state == DUMPTRAILER_CATALOG);
}

/*
 * The part of a line that lies in this piece. A line of ours is kept until it
 * has ended; of another no more than its first bytes.
 */
static int
take_part(struct dumptrailer_parser *p, const char *at, size_t len, bool ends)
{
	if (!p->in_line) {
		size_t room = DUMPTRAILER_LINE_MAX + 1 - p->line.len;

		buf_add(&p->line, at, len < room ? len : room);
		p->in_line = !may_be_ours(p);
		if (p->in_line && p->state != DUMPTRAILER_OUTSIDE &&
		    not_a_trailer(p, p->state == DUMPTRAILER_END ?
		    "something stands behind its end line" :
		    "its trailer has a line that does not belong there") != 0)
			return -1;
	}
	p->offset += len;
	if (!ends)
		return 0;
	int rc = p->in_line ? 0 : take_line(p);

	buf_clear(&p->line);
	p->in_line = false;
	p->line_offset = p->offset;
	return rc;
}

int
dumptrailer_feed(struct dumptrailer_parser *p, const void *data, size_t len)
{
	const char *at = data;
	const char *end = at + len;

	while (at < end && !p->failed) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		const char *next = eol == NULL ? end : eol + 1;

		/* The common case, a row, at the price of two compares. */
		if (eol != NULL && p->line.len == 0 && !p->in_line &&
		    p->state == DUMPTRAILER_OUTSIDE &&
		    (at[0] != '-' || at[1] != '-')) {
			p->offset += (uint64_t)(next - at);
			p->line_offset = p->offset;
			p->reason = NULL;
		} else if (take_part(p, at, (size_t)(next - at),
		    eol != NULL) != 0) {
			p->failed = true;
		}
		at = next;
	}
	return p->failed ? -1 : 0;
}

static json_t *
tables_array(const struct buf *lines)
{
	json_t *array = json_array();
	const char *at = lines->data;
	const char *end = at + lines->len;

	while (at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));

		json_array_append_new(array, json_loadb(at,
		    (size_t)(eol - at), 0, NULL));
		at = eol + 1;
	}
	return array;
}

int
dumptrailer_finish(struct dumptrailer_parser *p, struct dumptrailer *result,
    const char **reason)
{
	*result = (struct dumptrailer){.total_bytes = p->offset};
	if (p->state != DUMPTRAILER_END || p->line_offset != p->offset) {
		*reason = p->state == DUMPTRAILER_END ?
		    "something stands behind its end line" :
		    p->state != DUMPTRAILER_OUTSIDE ?
		    "it ends within its trailer" :
		    p->reason != NULL ? p->reason : "it has no closing line";
		return -1;
	}
	result->header = json_incref(p->header);
	result->tables = tables_array(&p->tables);
	result->row_count = p->row_count;
	result->bytes = p->start;
	result->catalog_bytes = p->catalog_bytes;
	result->objects_known = p->objects_known;
	result->objects = p->objects;
	return 0;
}

void
dumptrailer_result_release(struct dumptrailer *result)
{
	json_decref(result->header);
	json_decref(result->tables);
	*result = (struct dumptrailer){0};
}

int
dumptrailer_find(const char *tail, size_t len, uint64_t *bytes)
{
	if (len == 0 || tail[len - 1] != '\n')
		return -1;
	size_t start = len - 1;

	while (start > 0 && tail[start - 1] != '\n')
		start--;
	struct buf line = BUF_INIT;

	buf_add(&line, tail + start, len - start);
	json_t *end = NULL;

	if (line.len <= DUMPTRAILER_LINE_MAX && text_starts(line.data, PREFIX))
		end = dumptrailer_object(&line, "end ");
	int64_t value = report_number(end, "bytes");

	json_decref(end);
	buf_release(&line);
	if (value < 0)
		return -1;
	*bytes = (uint64_t)value;
	return 0;
}
