/*
 * pg-json: chosen tables of one consistent snapshot of a database, as one JSON
 * document or as a JSON object a line.
 *
 * database -> stdout. The server's COPY gives the rows, over several
 * connections; what is JSON of their values is made here, and every row is
 * counted. What was written goes to the report, and the output is marked
 * complete only after that, and after the command of --approve has agreed.
 *
 * Memory: a list of the tables and their columns, and a buffer; it does not
 * grow with rows or values.
 */
#include <stdlib.h>
#include <string.h>

#include "approve.h"
#include "flow.h"
#include "json.h"
#include "processors.h"
#include "prog.h"
#include "report.h"
#include "rowcopy.h"
#include "table_lock.h"

#define JOBS_MAX 4	/* by default: the server has others to serve */

static struct settings settings = {.snapshot = SNAPSHOT_OPTIONS_INIT};
static const char *format = "json";

static const struct opt options[] = {
	PG_OPTION_ROWS(settings.server),
	{"format", 'F', OPT_STRING, &format, "json|ndjson",
	    "one JSON document (default), or an object a line", 0, 0},
	{"table", 't', OPT_LIST, &settings.tables, "PATTERN",
	    "only these tables (as pg_dump -t); may be repeated", 0, 0},
	{"tables-file", 0, OPT_STRING, &settings.tables_file, "FILE",
	    "these too: names or patterns, one a line", 0, 0},
	{"exclude-table", 'T', OPT_LIST, &settings.not_tables, "PATTERN",
	    "not these tables", 0, 0},
	SNAPSHOT_OPTION_ROWS(settings.snapshot),
	{"jobs", 'j', OPT_NUMBER, &settings.jobs, "N",
	    "connections that read rows (default: the\n"
	    "processors here, at most 4)", 1, 64},
	{"memory", 0, OPT_SIZE, &settings.memory, "SIZE",
	    "for rows that wait for their turn\n"
	    "(default 8M and 8M for each job)", 3 << 20, UINT64_MAX},
	APPROVE_OPTION_ROWS(settings.complete),
};

static const struct opt_program program = {
	.name = "pg-json",
	.synopsis = "--dbname=NAME [OPTION]... > stream",
	.purpose = "Write tables of one consistent snapshot of a database as "
	    "JSON.",
	.options = options,
	.option_count = OPT_COUNT(options),
};

static int
check_options(void)
{
	settings.lines = strcmp(format, "ndjson") == 0;
	if (!settings.lines && strcmp(format, "json") != 0)
		return fail(PROG_PERMANENT, "cannot use --format=%s: json or "
		    "ndjson", format);
	if (settings.jobs == 0)
		settings.jobs = processors_at_most(JOBS_MAX);
	return 0;
}

/* The snapshot, and the tables under their locks. */
static int
begin(struct json *j)
{
	if (snapshot_begin(&j->snapshot, &settings.server,
	    settings.snapshot.deferrable) != 0)
		return -1;
	j->conn = j->snapshot.conn;
	if (patterns_check(j) != 0 || tables_choose(j) != 0 ||
	    tables_lock(&j->snapshot, j->tables, j->count,
	    settings.snapshot.lock_timeout) != 0 || tables_measure(j) != 0)
		return -1;
	if (j->group_count == 0)
		warning("there are no tables to read");
	return columns_describe(j) == 0 ? keys_make(j) : -1;
}

/* Everything is written: report, approval, mark. */
static int
finish(struct json *j)
{
	if (output_end() != 0)
		return -1;
	json_t *about = snapshot_describe(&j->snapshot);

	j->report = report_new();
	json_object_update(j->report, about);
	json_decref(about);
	json_object_set_new(j->report, "format", json_string(format));
	snapshot_add_report(&j->snapshot, j->report);
	groups_add_report(j);
	json_object_set_new(j->report, "uncompressed_bytes",
	    json_integer((json_int_t)output_offset()));
	return approve_complete(&settings.complete, j->report, j->started);
}

int
main(int argc, char **argv)
{
	(void)!opt_parse(&program, argc, argv);
	struct json j = {.settings = &settings, .snapshot = {
	    .encoding = "UTF8", .settings = "SET timezone = 'UTC'"}};
	int rc = -1;

	clock_gettime(CLOCK_REALTIME, &j.started);
	if (check_options() != 0 || patterns_read(&j) != 0)
		goto out;
	prog_catch_stop();
	if (flow_begin() != 0)
		goto out;
	if (output_begin(settings.memory > 0 ? settings.memory :
	    rowcopy_memory(settings.jobs), settings.complete.progress ||
	    prog_verbosity > 0) != 0 ||
	    begin(&j) != 0 || rows_write(&j) != 0)
		goto out;
	rc = finish(&j);
out:
	snapshot_release(&j.snapshot);
	json_decref(j.report);
	groups_release(&j);
	patterns_release(&j);
	return prog_finish(rc);
}
