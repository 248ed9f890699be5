#include "dumptrailer_line.h"

#include <string.h>
#include <strings.h>

#include "report.h"
#include "text.h"

#define PREFIX DUMPTRAILER_PREFIX
#define PREFIX_LEN (sizeof PREFIX - 1)
#define BASE64_LINE 76	/* digits */

json_t *
dumptrailer_object(const struct buf *line, const char *word)
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
	json_t *table = dumptrailer_object(&p->line, "table ");
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
	json_t *catalog = dumptrailer_object(&p->line, "catalog ");
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
	json_t *end = dumptrailer_object(&p->line, "end ");
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

const char *
dumptrailer_take_line(struct dumptrailer_parser *p)
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
