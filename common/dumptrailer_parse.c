#include "dumptrailer.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "report.h"
#include "text.h"
#include "xalloc.h"

#define PREFIX "-- pgbackpipe "
#define PREFIX_LEN (sizeof PREFIX - 1)
#define BASE64_LINE 76	/* digits */

void
dumptrailer_add_header(struct buf *out, const json_t *header)
{
	buf_add_string(out, PREFIX "sql 1 ");
	report_add_json(out, header);
	buf_add_byte(out, '\n');
}

void
dumptrailer_add_table(struct buf *out, const json_t *table)
{
	buf_add_string(out, PREFIX "table ");
	report_add_json(out, table);
	buf_add_byte(out, '\n');
}

void
dumptrailer_add_catalog(struct buf *out, uint64_t bytes, const char *sha256_hex)
{
	buf_addf(out, PREFIX "catalog {\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}"
	    "\n", bytes, sha256_hex);
}

void
dumptrailer_add_base64(struct buf *out, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		size_t step = len < DUMPTRAILER_BASE64_STEP ? len :
		    DUMPTRAILER_BASE64_STEP;

		buf_add_string(out, "-- ");
		text_add_base64(out, at, step);
		buf_add_byte(out, '\n');
		at += step;
		len -= step;
	}
}

void
dumptrailer_add_end(struct buf *out, uint64_t tables, uint64_t row_count,
    uint64_t bytes, const struct dumptrailer_range *objects)
{
	buf_addf(out, PREFIX "end {\"tables\":%" PRIu64 ",\"row_count\":%"
	    PRIu64 ",\"bytes\":%" PRIu64, tables, row_count, bytes);
	if (objects != NULL)
		buf_addf(out, ",\"large_objects\":{\"from\":%" PRIu64
		    ",\"bytes\":%" PRIu64 "}", objects->from,
		    objects->bytes);
	buf_add_string(out, "}\n");
}

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

/* The JSON object behind "-- pgbackpipe WORD ". NULL: it is no such line. */
static json_t *
line_object(const struct buf *line, const char *word)
{
	size_t len = strlen(word);

	if (line->len < PREFIX_LEN + len ||
	    memcmp(line->data, PREFIX, PREFIX_LEN) != 0 ||
	    memcmp(line->data + PREFIX_LEN, word, len) != 0)
		return NULL;
	json_t *value = json_loadb(line->data + PREFIX_LEN + len,
	    line->len - PREFIX_LEN - len, JSON_REJECT_DUPLICATES, NULL);

	if (value != NULL && !json_is_object(value)) {
		json_decref(value);
		value = NULL;
	}
	return value;
}

static bool
table_is_sane(const struct dumptrailer_parser *p, const json_t *table)
{
	int64_t rows = report_number(table, "rows");
	int64_t bytes = report_number(table, "bytes");
	int64_t from = report_number(table, "from");
	const json_t *root = json_object_get(table, "root");
	/* Between two tables' rows stands at least the end of the first. */
	uint64_t behind = p->table_count == 0 ? 0 : p->rows_end + 3;

	return report_string(table, "schema")[0] != '\0' &&
	    report_string(table, "name")[0] != '\0' &&
	    (root == NULL || (report_string(root, "schema")[0] != '\0' &&
	    report_string(root, "name")[0] != '\0')) &&
	    rows >= 0 && bytes >= rows && (rows > 0 || bytes == 0) &&
	    from >= 0 && (uint64_t)from >= behind &&
	    (uint64_t)from + (uint64_t)bytes < p->start;
}

/* -1: the line is none of a trailer's table lines. */
static int
take_table(struct dumptrailer_parser *p)
{
	json_t *table = line_object(&p->line, "table ");
	int rc = -1;

	if (table != NULL && table_is_sane(p, table) &&
	    p->tables.len + p->line.len <= DUMPTRAILER_TABLES_MAX) {
		buf_add(&p->tables, p->line.data + PREFIX_LEN + 6,
		    p->line.len - PREFIX_LEN - 6);
		p->table_count++;
		p->row_count += (uint64_t)report_number(table, "rows");
		p->rows_end = (uint64_t)report_number(table, "from") +
		    (uint64_t)report_number(table, "bytes");
		rc = 0;
	}
	json_decref(table);
	return rc;
}

static int
take_catalog(struct dumptrailer_parser *p)
{
	json_t *catalog = line_object(&p->line, "catalog ");
	unsigned char binary[DIGEST_SIZE];
	int64_t bytes = report_number(catalog, "bytes");
	const char *sha256 = report_string(catalog, "sha256");
	int rc = -1;

	if (bytes > 0 && (uint64_t)bytes <= DUMPTRAILER_CATALOG_MAX &&
	    text_from_hex(sha256, binary, sizeof binary) == 0) {
		p->catalog_bytes = p->catalog_left = (uint64_t)bytes;
		memcpy(p->sha256, sha256, sizeof p->sha256);
		digest_free(p->digest);
		p->digest = digest_new();
		rc = p->digest == NULL ? -1 : 0;
	}
	json_decref(catalog);
	return rc;
}

/* NULL: the line was taken. Else why it ends the look-alike. */
static const char *
take_base64(struct dumptrailer_parser *p)
{
	size_t want = p->catalog_left < DUMPTRAILER_BASE64_STEP ?
	    (size_t)p->catalog_left : DUMPTRAILER_BASE64_STEP;

	buf_clear(&p->bytes);
	if (p->line.len < 4 || p->line.len > 3 + BASE64_LINE + 1 ||
	    memcmp(p->line.data, "-- ", 3) != 0 ||
	    text_from_base64(&p->bytes, p->line.data + 3,
	    p->line.len - 4) != 0 || p->bytes.len != want ||
	    digest_add(p->digest, p->bytes.data, want) != 0)
		return "its catalog archive is damaged";
	p->catalog_left -= want;
	if (p->sink != NULL &&
	    p->sink(p->context, p->bytes.data, want) != 0)
		p->failed = true;
	return NULL;
}

static bool
catalog_is_whole(struct dumptrailer_parser *p)
{
	char sum[DIGEST_HEX_SIZE];

	return p->catalog_bytes == 0 || (p->catalog_left == 0 &&
	    digest_finish(p->digest, sum) == 0 &&
	    strcasecmp(p->sha256, sum) == 0);
}

/* They stand between the last table's rows and the trailer. */
static bool
objects_are_sane(struct dumptrailer_parser *p, const json_t *objects)
{
	int64_t from = report_number(objects, "from");
	int64_t bytes = report_number(objects, "bytes");

	p->objects_known = objects != NULL;
	if (!p->objects_known)
		return true;
	p->objects.from = (uint64_t)from;
	p->objects.bytes = (uint64_t)bytes;
	return from >= 0 && bytes >= 0 && (uint64_t)from >= p->rows_end &&
	    (uint64_t)from <= p->start &&
	    (uint64_t)bytes <= p->start - (uint64_t)from;
}

/* NULL: the line was taken, and the trailer is right. Else why it is not. */
static const char *
take_end(struct dumptrailer_parser *p)
{
	json_t *end = line_object(&p->line, "end ");
	const char *reason = NULL;

	if (end == NULL)
		return "its trailer has a line that does not belong there";
	if (report_number(end, "bytes") != (int64_t)p->start)
		reason = "its trailer is not where its end line says";
	else if (report_number(end, "tables") != (int64_t)p->table_count)
		reason = "its end line does not agree with its table lines";
	else if (report_number(end, "row_count") != (int64_t)p->row_count)
		reason = "its row counts do not add up";
	else if (!objects_are_sane(p, json_object_get(end, "large_objects")))
		reason = "its large objects are not where its end line says";
	else if (!catalog_is_whole(p))
		reason = "its catalog archive is damaged";
	json_decref(end);
	return reason;
}

/* NULL: the line goes on with the trailer. Else why there is none here. */
static const char *
take_trailer_line(struct dumptrailer_parser *p)
{
	if (p->state == DUMPTRAILER_END)
		return "something stands behind its end line";
	if (p->state == DUMPTRAILER_CATALOG && p->catalog_left > 0)
		return take_base64(p);
	if (p->state != DUMPTRAILER_CATALOG && take_table(p) == 0) {
		p->state = DUMPTRAILER_TABLES;
		return NULL;
	}
	if (p->state != DUMPTRAILER_CATALOG && take_catalog(p) == 0) {
		p->state = DUMPTRAILER_CATALOG;
		return NULL;
	}
	const char *reason = take_end(p);

	if (reason == NULL)
		p->state = DUMPTRAILER_END;
	return reason;
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
			p->header = line_object(&p->line, "sql 1 ");
			return 0;
		}
		if (outside)
			p->start = p->line_offset;
		const char *reason = take_trailer_line(p);

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
	json_t *end = line.len <= DUMPTRAILER_LINE_MAX &&
	    text_starts(line.data, PREFIX) ? line_object(&line, "end ") : NULL;
	int64_t value = report_number(end, "bytes");

	json_decref(end);
	buf_release(&line);
	if (value < 0)
		return -1;
	*bytes = (uint64_t)value;
	return 0;
}
