/*
 * pg-stream: one consistent snapshot of a database on standard output, as
 * plain SQL that any psql restores or as pg_dump's custom archive.
 *
 * database -> stdout. pg_dump describes everything but the rows; the rows are
 * read here, by COPY in the same snapshot, and counted. The stream says at
 * its end what it holds (docs/FORMATS.md); the same goes to the report. The
 * output is marked complete only after all of that, and after the command of
 * --approve has agreed.
 *
 * Memory: the catalog (twice, in files in memory), a list of the tables, one
 * row and a buffer; it does not grow with the rows.
 */
#include <stdlib.h>
#include <string.h>

#include "approve.h"
#include "flow.h"
#include "processors.h"
#include "prog.h"
#include "report.h"
#include "stream.h"

#define JOBS_MAX 4	/* by default: the server has others to serve */

static struct settings settings = {
	.catalog = true, .clean = true,
	.snapshot = SNAPSHOT_OPTIONS_INIT,
};
static const char *format = "sql";
static bool no_catalog, no_clean, clean, as_default;

static const struct opt options[] = {
	PG_OPTION_ROWS(settings.server),
	{"format", 'F', OPT_STRING, &format, "sql|custom",
	    "plain SQL (default) or pg_dump's custom archive", 0, 0},
	{"table", 't', OPT_LIST, &settings.tables, "PATTERN",
	    "only these tables (as pg_dump -t); may be repeated", 0, 0},
	{"exclude-table", 'T', OPT_LIST, &settings.not_tables, "PATTERN",
	    "not these tables", 0, 0},
	{"schema", 'n', OPT_LIST, &settings.schemas, "PATTERN",
	    "only these schemas", 0, 0},
	{"exclude-schema", 'N', OPT_LIST, &settings.not_schemas, "PATTERN",
	    "not these schemas", 0, 0},
	{"exclude-table-data", 0, OPT_LIST, &settings.not_rows, "PATTERN",
	    "these tables without their rows", 0, 0},
	{"schema-only", 's', OPT_FLAG, &settings.schema_only, NULL,
	    "no rows, no values of sequences, no large objects", 0, 0},
	{"data-only", 'a', OPT_FLAG, &settings.data_only, NULL,
	    "nothing but these: for tables that are there", 0, 0},
	{"where", 0, OPT_LIST, &settings.where, "TABLE:CONDITION",
	    "sql: of this table only rows that meet the SQL\n"
	    "condition; may be repeated", 0, 0},
	{"no-clean", 0, OPT_FLAG, &no_clean, NULL,
	    "sql: no DROP commands before the CREATE ones", 0, 0},
	{"owner", 0, OPT_FLAG, &settings.owner, NULL,
	    "sql: with commands that set owners", 0, 0},
	{"privileges", 0, OPT_FLAG, &settings.privileges, NULL,
	    "sql: with GRANT and REVOKE commands", 0, 0},
	{"clean", 'c', OPT_FLAG, &clean, NULL,
	    "the default, as are the next two", 0, 0},
	{"no-owner", 'O', OPT_FLAG, &as_default, NULL, "see --owner", 0, 0},
	{"no-privileges", 'x', OPT_FLAG, &as_default, NULL,
	    "see --privileges", 0, 0},
	{"no-catalog", 0, OPT_FLAG, &no_catalog, NULL,
	    "sql: no catalog archive at the end", 0, 0},
	{"compress", 'Z', OPT_STRING, &settings.compress, "SPEC",
	    "custom: as pg_dump --compress", 0, 0},
	SNAPSHOT_OPTION_ROWS(settings.snapshot),
	{"jobs", 'j', OPT_NUMBER, &settings.jobs, "N",
	    "connections that read rows, or count them for an\n"
	    "archive (default: the processors here, at most 4)", 1, 64},
	{"memory", 0, OPT_SIZE, &settings.memory, "SIZE",
	    "sql: for rows that wait for their turn\n"
	    "(default 8M and 8M for each job)", 3 << 20, UINT64_MAX},
	APPROVE_OPTION_ROWS(settings.complete),
	{"pg-bin-dir", 0, OPT_STRING, &settings.bin_dir, "DIR",
	    "where pg_dump and pg_restore are", 0, 0},
};

static const struct opt_program program = {
	.name = "pg-stream",
	.synopsis = "--dbname=NAME [OPTION]... > stream",
	.purpose = "Write one consistent snapshot of a database, counting "
	    "every row.",
	.options = options,
	.option_count = OPT_COUNT(options),
};

static int
check_options(void)
{
	settings.custom = strcmp(format, "custom") == 0;
	settings.catalog = !no_catalog && !settings.data_only;
	settings.clean = !no_clean && !settings.data_only;
	if (settings.data_only && (clean || settings.schema_only))
		return fail(PROG_PERMANENT, "cannot use --data-only with "
		    "--%s", clean ? "clean" : "schema-only");
	if (settings.where.count > 0 && (settings.custom ||
	    settings.schema_only))
		return fail(PROG_PERMANENT, "cannot use --where with --%s",
		    settings.custom ? "format=custom: pg_dump takes whole "
		    "tables" : "schema-only");
	if (!settings.custom && strcmp(format, "sql") != 0)
		return fail(PROG_PERMANENT, "cannot use --format=%s: sql or "
		    "custom", format);
	if (settings.compress != NULL && !settings.custom)
		return fail(PROG_PERMANENT, "cannot use --compress with "
		    "--format=sql: pipe the stream into gzip-frame");
	if (settings.jobs == 0)
		settings.jobs = processors_at_most(JOBS_MAX);
	return 0;
}

/* Everything is written: report, approval, mark. */
static int
finish(struct stream *s)
{
	if (output_end() != 0)
		return -1;
	tables_add_report(s);
	json_object_set_new(s->report, "uncompressed_bytes",
	    json_integer((json_int_t)output_offset()));
	return approve_complete(&settings.complete, s->report, s->started);
}

static void
release(struct stream *s)
{
	snapshot_release(&s->snapshot);
	pg_child_environment_free(s->environment);
	free(s->pg_dump);
	free(s->pg_restore);
	free(s->restrict_option);
	json_decref(s->header);
	json_decref(s->report);
	tables_release(s);
	io_close(&s->archive);
}

int
main(int argc, char **argv)
{
	(void)!opt_parse(&program, argc, argv);
	struct stream s = {.settings = &settings, .archive = -1,
	    .patterns = BUF_INIT};
	int rc = -1;

	clock_gettime(CLOCK_REALTIME, &s.started);
	if (check_options() != 0)
		goto out;
	prog_catch_stop();
	if (flow_begin() != 0)
		goto out;
	if (output_begin(rows_memory(&settings), settings.complete.progress ||
	    prog_verbosity > 0) != 0 ||
	    session_begin(&s) != 0 || rights_check(&s) != 0 ||
	    (settings.custom ? custom_stream(&s) : sql_stream(&s)) != 0)
		goto out;
	rc = finish(&s);
out:
	release(&s);
	return prog_finish(rc);
}
