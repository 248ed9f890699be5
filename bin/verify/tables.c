/* The rows that were found against those that must be there. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "text.h"
#include "verify.h"
#include "xalloc.h"

void
findings_bad(struct findings *findings, const char *format, ...)
{
	va_list args;

	if (findings->reason[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(findings->reason, sizeof findings->reason, format, args);
	va_end(args);
}

/* A key that no other pair of names has. NULL: not UTF-8. */
static char *
key_of(const char *schema, const char *name)
{
	char *key = xasprintf("%zu.%s.%s", strlen(schema), schema, name);

	if (text_is_utf8(key, strlen(key)))
		return key;
	free(key);
	return NULL;
}

void
tables_init(struct tables *tables, struct findings *findings,
    const json_t *wanted, bool describe)
{
	*tables = (struct tables){.findings = findings, .wanted = wanted};
	if (describe)
		tables->found = json_array();
	else if (json_array_size(wanted) > 0)
		tables->by_name = report_number(json_array_get(wanted, 0),
		    "from") < 0;
	if (tables->by_name)
		tables->found = json_object();
}

void
tables_release(struct tables *tables)
{
	json_decref(tables->found);
	tables->found = NULL;
}

/* The table whose rows would be missing here. */
static void
tell_missing(struct tables *tables, const json_t *table)
{
	findings_bad(tables->findings, "table \"%s.%s\": its rows do not begin "
	    "at byte %" PRId64, report_string(table, "schema"),
	    report_string(table, "name"), report_number(table, "from"));
}

static void
compare(struct tables *tables, const json_t *table,
    const struct copyscan_block *block)
{
	int64_t rows = report_number(table, "rows");
	int64_t bytes = report_number(table, "bytes");

	if (rows != (int64_t)block->rows)
		findings_bad(tables->findings, "table \"%s.%s\" has %" PRIu64
		    " rows, expected %" PRId64, report_string(table, "schema"),
		    report_string(table, "name"), block->rows, rows);
	else if (bytes != (int64_t)block->bytes)
		findings_bad(tables->findings, "table \"%s.%s\" has %" PRIu64
		    " bytes of rows, expected %" PRId64,
		    report_string(table, "schema"),
		    report_string(table, "name"), block->bytes, bytes);
}

/* Both come in the order of the stream. */
static void
match_place(struct tables *tables, const struct copyscan_block *block)
{
	const json_t *table;

	while ((table = json_array_get(tables->wanted, tables->next)) != NULL) {
		int64_t from = report_number(table, "from");

		if (from > (int64_t)block->from)
			return;	/* rows that pg_dump itself had copied */
		tables->next++;
		if (from == (int64_t)block->from) {
			compare(tables, table, block);
			return;
		}
		tell_missing(tables, table);
	}
}

static void
count_by_name(struct tables *tables, const struct copyscan_block *block)
{
	char *key = key_of(block->schema, block->name);

	if (key == NULL) {
		tables->odd_names = true;
		return;
	}
	json_int_t before = json_integer_value(json_object_get(tables->found,
	    key));

	json_object_set_new(tables->found, key,
	    json_integer(before + (json_int_t)block->rows));
	free(key);
}

int
tables_seen(void *opaque, const struct copyscan_block *block)
{
	struct tables *tables = opaque;

	tables->rows += block->rows;
	tables->count++;
	if (tables->by_name)
		count_by_name(tables, block);
	else if (tables->found != NULL)
		json_array_append_new(tables->found, json_pack(
		    "{s:o, s:o, s:I, s:I, s:I}",
		    "schema", report_text(block->schema),
		    "name", report_text(block->name),
		    "rows", (json_int_t)block->rows,
		    "bytes", (json_int_t)block->bytes,
		    "from", (json_int_t)block->from));
	else
		match_place(tables, block);
	return 0;
}

/* Rows that go through a partition's root are found under its name. */
static json_t *
wanted_by_name(const struct tables *tables)
{
	json_t *counts = json_object();
	const json_t *table;
	size_t i;

	json_array_foreach(tables->wanted, i, table) {
		const json_t *root = json_object_get(table, "root");
		const json_t *target = root == NULL ? table : root;
		char *key = key_of(report_string(target, "schema"),
		    report_string(target, "name"));
		json_int_t rows = report_number(table, "rows");

		if (key == NULL)
			continue;
		json_object_set_new(counts, key, json_integer(rows +
		    json_integer_value(json_object_get(counts, key))));
		free(key);
	}
	return counts;
}

static void
compare_by_name(struct tables *tables)
{
	json_t *counts = wanted_by_name(tables);
	const char *key;
	json_t *value;

	json_object_foreach(counts, key, value) {
		const json_t *found = json_object_get(tables->found, key);
		json_int_t rows = json_integer_value(found);
		/* Behind the schema's length. */
		const char *name = strchr(key, '.') + 1;

		if (found == NULL && tables->odd_names)
			continue;
		if (rows != json_integer_value(value))
			findings_bad(tables->findings, "table \"%s\" has %"
			    JSON_INTEGER_FORMAT " rows, expected %"
			    JSON_INTEGER_FORMAT, name, rows,
			    json_integer_value(value));
	}
	json_decref(counts);
}

void
tables_finish(struct tables *tables)
{
	const json_t *table;

	if (tables->by_name) {
		compare_by_name(tables);
		return;
	}
	if (tables->found != NULL)
		return;
	table = json_array_get(tables->wanted, tables->next);
	if (table != NULL)
		tell_missing(tables, table);
}
