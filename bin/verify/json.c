/* Tables as JSON or as an object a line: every row is counted. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "verify.h"

#define TABLES_MAX 1000000	/* a name each is held */

enum { MEMBER_OTHER, MEMBER_TABLE, MEMBER_ROW };	/* of a line's object */

/* The name that stands in text. NULL: no table has such a one. */
static json_t *
decode_name(const struct jsonscan *scan)
{
	struct buf quoted = BUF_INIT;

	buf_add_byte(&quoted, '"');
	buf_add(&quoted, scan->text, scan->text_len);
	buf_add_byte(&quoted, '"');
	json_t *name = scan->text_len == sizeof scan->text ? NULL :
	    json_loadb(quoted.data, quoted.len, JSON_DECODE_ANY, NULL);

	buf_release(&quoted);
	return name;
}

static void
add_count(json_t *table, const char *key, uint64_t more)
{
	json_object_set_new(table, key, json_integer((json_int_t)more +
	    json_integer_value(json_object_get(table, key))));
}

/* What was counted of the current table goes to found. */
static void
put_current(struct json *j)
{
	json_t *table = json_object_get(j->found, j->key.data);

	if (!j->has_table)
		return;
	if (table == NULL) {
		table = json_pack("{s:I}", "from", (json_int_t)j->from);
		json_object_set_new(j->found, j->key.data, table);
	}
	add_count(table, "rows", j->rows);
	add_count(table, "bytes", j->bytes);
	j->total += j->rows;
	j->has_table = false;
}

static const char *
begin_table(struct json *j, uint64_t from)
{
	json_t *name = decode_name(&j->scan);

	if (name == NULL)
		return "a name that no table has";
	buf_clear(&j->key);
	buf_add_string(&j->key, json_string_value(name));
	json_decref(name);
	memcpy(j->name, j->scan.text, j->scan.text_len);
	j->name_len = j->scan.text_len;
	if (!j->lines && json_object_get(j->found, j->key.data) != NULL)
		return "two tables of one name";
	if (json_object_size(j->found) == TABLES_MAX)
		return "more tables than a database has";
	j->has_table = true;
	j->rows = j->bytes = 0;
	j->from = from;
	return NULL;
}

/* {"a":[{...},...],...} */
static const char *
see_document(void *context, enum jsonscan_what what, size_t depth, char first)
{
	static const char *const wrong[] = {"no object of tables",
	    "a member that is no array of rows", "a row that is no object"};
	struct json *j = context;

	if (what == JSONSCAN_NAME)
		return begin_table(j, 0);
	if (what == JSONSCAN_BEGIN) {
		if (depth == 1)
			j->from = j->scan.offset + 1;
		if (first != (depth == 1 ? '[' : '{'))
			return wrong[depth];
	} else if (depth == 2) {
		j->rows++;
	} else if (depth == 1) {
		/* Without the line's end before the bracket. */
		j->bytes = j->scan.offset - 1 - j->from - (j->rows > 0);
		put_current(j);
	}
	return NULL;
}

/* {"table":"a","row":{...}} */
static const char *
see_line(void *context, enum jsonscan_what what, size_t depth, char first)
{
	struct json *j = context;
	const struct jsonscan *scan = &j->scan;

	if (what == JSONSCAN_NAME) {
		j->member = MEMBER_OTHER;
		if (scan->text_len == 5 && memcmp(scan->text, "table", 5) == 0)
			j->member = MEMBER_TABLE;
		if (scan->text_len == 3 && memcmp(scan->text, "row", 3) == 0)
			j->member = MEMBER_ROW;
	} else if (what == JSONSCAN_BEGIN && depth == 0) {
		j->line_from = scan->offset;
		j->members = 0;
		return first == '{' ? NULL : "a line that is no object";
	} else if (what == JSONSCAN_END && depth == 0) {
		j->rows++;
		j->bytes += scan->offset + 1 - j->line_from;
		return j->members == 2 ? NULL :
		    "a line without its table and row";
	} else if (depth == 1 && j->member != MEMBER_OTHER) {
		if (first != (j->member == MEMBER_TABLE ? '"' : '{'))
			return "a line without its table and row";
		if (what == JSONSCAN_BEGIN)
			j->members++;
		else if (j->member == MEMBER_TABLE && (!j->has_table ||
		    j->name_len != scan->text_len || memcmp(j->name,
		    scan->text, scan->text_len) != 0)) {
			put_current(j);
			return begin_table(j, j->line_from);
		}
	}
	return NULL;
}

void
json_begin(struct json *j, struct findings *findings, const json_t *manifest,
    bool lines)
{
	j->findings = findings;
	j->manifest = manifest;
	j->lines = lines;
	j->broken = j->has_table = false;
	j->total = 0;
	j->found = json_object();
	j->key = (struct buf)BUF_INIT;
	j->scan.seen = lines ? see_line : see_document;
	j->scan.context = j;
	j->scan.lines = lines;
	jsonscan_begin(&j->scan);
}

void
json_release(struct json *j)
{
	json_decref(j->found);
	buf_release(&j->key);
}

static void
tell_broken(struct json *j)
{
	j->broken = true;
	findings_bad(j->findings, "at byte %" PRIu64 " of its JSON there is "
	    "something wrong: %s", j->scan.offset, j->scan.why);
}

void
json_feed(struct json *j, const void *data, size_t len)
{
	if (!j->broken && jsonscan_feed(&j->scan, data, len) != 0)
		tell_broken(j);
}

/* The key under which the rows of a table in the manifest stand. */
static const char *
key_of(const json_t *table)
{
	const char *key = report_string(table, "key");

	return *key == '\0' ? report_string(table, "name") : key;
}

static void
compare_table(struct json *j, const json_t *table)
{
	static const char *const numbers[] = {"rows", "bytes", "from"};
	const json_t *found = json_object_get(j->found, key_of(table));

	/* Without rows there is no line. */
	if (found == NULL && j->lines && report_number(table, "rows") == 0)
		return;
	if (found == NULL)
		findings_bad(j->findings, "table \"%s\" is missing",
		    key_of(table));
	for (size_t i = 0; i < 3; i++) {
		int64_t wanted = report_number(table, numbers[i]);
		int64_t count = report_number(found, numbers[i]);

		if (wanted >= 0 && count != wanted)
			findings_bad(j->findings, "table \"%s\" has %" PRId64
			    " as its number of %s, expected %" PRId64,
			    key_of(table), count, numbers[i], wanted);
	}
}

static void
compare_all(struct json *j)
{
	const json_t *tables = json_object_get(j->manifest, "tables");
	int64_t rows = report_number(j->manifest, "row_count");
	json_t *wanted = json_object();
	const json_t *table;
	const char *key;
	json_t *value;
	size_t i;

	json_array_foreach(tables, i, table) {
		json_object_set_new(wanted, key_of(table), json_true());
		compare_table(j, table);
	}
	json_object_foreach(j->found, key, value) {
		if (json_is_array(tables) &&
		    json_object_get(wanted, key) == NULL)
			findings_bad(j->findings, "its manifest has no table "
			    "\"%s\"", key);
	}
	if (rows >= 0 && rows != (int64_t)j->total)
		findings_bad(j->findings, "it has %" PRIu64 " rows, expected "
		    "%" PRId64, j->total, rows);
	json_decref(wanted);
}

/* --describe: as in a manifest. */
static void
list_tables(struct json *j)
{
	json_t *list = json_array();
	const char *key;
	json_t *value;

	json_object_foreach(j->found, key, value) {
		json_t *table = json_pack("{s:s, s:s, s:s}", "schema", "",
		    "name", key, "key", key);

		json_object_update(table, value);
		json_array_append_new(list, table);
	}
	j->findings->listed = list;
}

void
json_finish(struct json *j)
{
	struct findings *findings = j->findings;

	if (!j->broken && jsonscan_finish(&j->scan) != 0)
		tell_broken(j);
	if (j->broken)
		return;
	put_current(j);
	if (j->manifest == NULL)
		list_tables(j);
	else
		compare_all(j);
	findings->rows_known = true;
	findings->row_count = j->total;
	findings->tables = json_object_size(j->found);
}
