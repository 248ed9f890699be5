/* A plain dump: its COPY blocks, and the lines that close it. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "report.h"
#include "text.h"
#include "verify.h"
#include "xalloc.h"

#define OUR_FIRST_LINE "-- pgbackpipe sql 1 "

void
sql_begin(struct sql *sql, struct findings *findings, const json_t *manifest,
    const char *head)
{
	sql->findings = findings;
	sql->manifest = manifest;
	sql->is_ours = text_starts(head, OUR_FIRST_LINE);
	sql->cluster = strstr(head, SQL_CLUSTER_DUMP) != NULL;
	sql->has_database = false;
	sql->size = 0;
	sql->tail_len = 0;
	tables_init(&sql->tables, findings, json_object_get(manifest, "tables"),
	    manifest == NULL);
	copyscan_init(&sql->scan);
	sql->scan.seen = tables_seen;
	sql->scan.context = &sql->tables;
	dumptrailer_init(&sql->parser, 0);
}

void
sql_release(struct sql *sql)
{
	dumptrailer_release(&sql->parser);
	copyscan_release(&sql->scan);
	tables_release(&sql->tables);
}

static void
keep_tail(struct sql *sql, const char *data, size_t len)
{
	if (len > SQL_TAIL_SIZE) {
		data += len - SQL_TAIL_SIZE;
		len = SQL_TAIL_SIZE;
	}
	size_t keep = SQL_TAIL_SIZE - len;

	if (sql->tail_len > keep) {
		memmove(sql->tail, sql->tail + sql->tail_len - keep, keep);
		sql->tail_len = keep;
	}
	memcpy(sql->tail + sql->tail_len, data, len);
	sql->tail_len += len;
}

/* Whether a dump of a database begins in these bytes, or goes on in them. */
static bool
holds_database(const struct sql *sql, const char *data, size_t len)
{
	static const char line[] = "\n" SQL_DATABASE_DUMP;
	const size_t size = sizeof line - 1;
	char seam[2 * sizeof line];
	size_t before = sql->tail_len < size ? sql->tail_len : size;
	size_t after = len < size ? len : size;

	memcpy(seam, sql->tail + sql->tail_len - before, before);
	memcpy(seam + before, data, after);
	return memmem(seam, before + after, line, size) != NULL ||
	    memmem(data, len, line, size) != NULL;
}

void
sql_feed(struct sql *sql, const void *data, size_t len)
{
	sql->size += len;
	if (sql->cluster && !sql->has_database)
		sql->has_database = holds_database(sql, data, len);
	keep_tail(sql, data, len);
	/* Neither has a sink that could refuse. */
	(void)!copyscan_feed(&sql->scan, data, len);
	if (sql->is_ours)
		(void)!dumptrailer_feed(&sql->parser, data, len);
}

/* Behind a stock dump's last line stand comments and psql's \unrestrict. */
static bool
only_ending_lines(const char *at)
{
	while (*at != '\0') {
		if (*at != '\n' && !text_starts(at, "--") &&
		    !text_starts(at, "\\unrestrict "))
			return false;
		at = strchr(at, '\n');
		if (at == NULL)
			return false;
		at++;
	}
	return true;
}

static bool
has_closing_line(const struct sql *sql)
{
	static const char *const lines[] = {
		"\n-- PostgreSQL database dump complete\n",
		"\n-- PostgreSQL database cluster dump complete\n",
	};
	char *tail = xstrndup(sql->tail, sql->tail_len);
	bool found = false;

	for (size_t i = 0; i < 2; i++) {
		const char *at = tail;

		/* Of several databases' dumps the last one counts. */
		while (!found && (at = strstr(at, lines[i])) != NULL)
			found = only_ending_lines(++at);
	}
	free(tail);
	return found;
}

static bool
same_table(const json_t *one, const json_t *other)
{
	static const char *const names[] = {"schema", "name"};
	static const char *const numbers[] = {"rows", "bytes", "from"};

	for (size_t i = 0; i < 2; i++) {
		if (strcmp(report_string(one, names[i]),
		    report_string(other, names[i])) != 0)
			return false;
	}
	for (size_t i = 0; i < 3; i++) {
		int64_t a = report_number(one, numbers[i]);
		int64_t b = report_number(other, numbers[i]);

		/* An older manifest may not know a place. */
		if (a != b && a >= 0 && b >= 0)
			return false;
	}
	return true;
}

/* What the trailer says against what the manifest says. */
static void
compare_trailer(struct sql *sql, const struct dumptrailer *trailer)
{
	const json_t *wanted = json_object_get(sql->manifest, "tables");
	int64_t rows = report_number(sql->manifest, "row_count");
	const json_t *table;
	size_t i;

	if (rows >= 0 && rows != (int64_t)trailer->row_count)
		findings_bad(sql->findings, "its trailer speaks of %" PRIu64
		    " rows, the manifest of %" PRId64, trailer->row_count,
		    rows);
	if (wanted == NULL || json_is_null(wanted))
		return;
	if (json_array_size(wanted) != json_array_size(trailer->tables))
		findings_bad(sql->findings, "its trailer names %zu tables, "
		    "the manifest %zu", json_array_size(trailer->tables),
		    json_array_size(wanted));
	json_array_foreach(wanted, i, table) {
		if (!same_table(table, json_array_get(trailer->tables, i)))
			findings_bad(sql->findings, "table \"%s.%s\" is not "
			    "in its trailer as the manifest has it",
			    report_string(table, "schema"),
			    report_string(table, "name"));
	}
}

/* --describe: the trailer against what was counted, then its fields. */
static void
adopt_trailer(struct sql *sql, const struct dumptrailer *trailer)
{
	struct tables counted;
	const json_t *block;
	size_t i;

	tables_init(&counted, sql->findings, trailer->tables, false);
	json_array_foreach(sql->tables.found, i, block) {
		struct copyscan_block seen = {
			.schema = report_string(block, "schema"),
			.name = report_string(block, "name"),
			.from = (uint64_t)report_number(block, "from"),
			.bytes = (uint64_t)report_number(block, "bytes"),
			.rows = (uint64_t)report_number(block, "rows"),
		};

		tables_seen(&counted, &seen);
	}
	tables_finish(&counted);
	tables_release(&counted);
	json_decref(sql->tables.found);
	sql->tables.found = json_incref(trailer->tables);
	json_object_update(sql->findings->fields, trailer->header);
}

static void
finish_ours(struct sql *sql)
{
	struct dumptrailer trailer;
	const char *reason;

	if (dumptrailer_finish(&sql->parser, &trailer, &reason) != 0) {
		findings_bad(sql->findings, "%s", reason);
		return;
	}
	if (sql->manifest != NULL)
		compare_trailer(sql, &trailer);
	else
		adopt_trailer(sql, &trailer);
	sql->findings->rows_known = true;
	sql->findings->row_count = trailer.row_count;
	sql->findings->tables = json_array_size(trailer.tables);
	dumptrailer_result_release(&trailer);
}

static void
finish_stock(struct sql *sql)
{
	struct findings *findings = sql->findings;

	if (!has_closing_line(sql))
		findings_bad(findings, "it has no closing line: it was cut");
	/* Rows of INSERT statements are not counted. */
	findings->rows_known = !sql->scan.inserts;
	findings->row_count = sql->tables.rows;
	findings->tables = sql->tables.count;
	int64_t rows = report_number(sql->manifest, "row_count");

	if (rows >= 0 && findings->rows_known &&
	    rows != (int64_t)findings->row_count)
		findings_bad(findings, "it has %" PRIu64 " rows, expected %"
		    PRId64, findings->row_count, rows);
}

void
sql_finish(struct sql *sql)
{
	const char *reason = copyscan_finish(&sql->scan);

	tables_finish(&sql->tables);
	if (sql->is_ours)
		finish_ours(sql);
	else
		finish_stock(sql);
	if (reason != NULL)
		findings_bad(sql->findings, "%s", reason);
	if (sql->manifest == NULL && sql->findings->rows_known)
		sql->findings->listed = json_incref(sql->tables.found);
}
