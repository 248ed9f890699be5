/*
 * pg-load: restore a dump without touching the live database before the new
 * one is complete and holds every row that the dump says it has.
 *
 * The dump is an object in a store, read by ranges with several connections
 * at once; or stdin, which is a stream of pg-stream, a plain dump of pg_dump
 * (--foreign) or a custom archive. It goes into a database of its own beside
 * the target; when its end is the right one, its writer finished and all rows
 * are there, both are renamed in one transaction. What the target was stays
 * until it is dropped by name. Nothing on stdout, but for --plan and
 * --list-old.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"
#include "load.h"
#include "opt.h"
#include "pg.h"
#include "processors.h"
#include "prog.h"
#include "report.h"
#include "text.h"

#define JOBS_DEFAULT 4		/* at most, where nobody says how many */

static struct load load = {.server = SERVER_INIT, .maintenance = "postgres",
    .pace = PACE_INIT, .swap_timeout = 30, .split = UINT64_C(32) << 20,
    .maintenance_work_mem = 128 * 1024 * 1024};

static const struct opt options[] = {
	PG_OPTION_ROWS(load.server.options),
	{"maintenance-dbname", 0, OPT_STRING, &load.maintenance, "NAME",
	    "database to work from (postgres)", 0, 0},
	{"manifest", 0, OPT_STRING, &load.manifest_path, "FILE",
	    "hold the dump and its rows against FILE, too", 0, 0},
	{"seen", 0, OPT_STRING, &load.seen_path, "FILE",
	    "URL must be what s3-get --head said before", 0, 0},
	{"foreign", 0, OPT_FLAG, &load.foreign, NULL,
	    "take a plain dump that pg_dump made", 0, 0},
	{"clean", 0, OPT_FLAG, &load.clean, NULL,
	    "restore into the database itself, in one\n"
	    "transaction; needs no right to create one", 0, 0},
	{"no-swap", 0, OPT_FLAG, &load.no_swap, NULL,
	    "leave the checked new database as --into", 0, 0},
	{"into", 0, OPT_STRING, &load.into, "NAME",
	    "its name, which must be free", 0, 0},
	{"table", 't', OPT_STRING, &load.table, "NAME",
	    "of URL, this table alone: into the database if\n"
	    "there is one, else into a new one", 0, 0},
	{"with-dependencies", 0, OPT_FLAG, &load.with_needs, NULL,
	    "and all that it refers to", 0, 0},
	{"jobs", 'j', OPT_NUMBER, &load.jobs, "N",
	    "connections (default: the processors here, at\n"
	    "most 4)", 1, 64},
	{"split", 0, OPT_SIZE, &load.split, "SIZE",
	    "of a table with more rows than that, which\n"
	    "several connections load, the order of the rows\n"
	    "is not kept (default: 32M)", 0, 0},
	{"bandwidth", 0, OPT_SIZE, &load.pace.rate, "RATE",
	    "of URL, bytes a second, of all connections", 1, 0},
	{"role", 0, OPT_STRING, &load.role, "NAME",
	    "who is to own what is restored (the owner of\n"
	    "the database)", 0, 0},
	{"no-owner", 'O', OPT_FLAG, &load.no_owner, NULL,
	    "leave out the owners that the dump sets", 0, 0},
	{"no-privileges", 'x', OPT_FLAG, &load.no_privileges, NULL,
	    "leave out its GRANT and REVOKE commands", 0, 0},
	{"synchronous-commit", 0, OPT_FLAG, &load.synchronous_commit, NULL,
	    "leave this setting as the server has it", 0, 0},
	{"maintenance-work-mem", 0, OPT_SIZE, &load.maintenance_work_mem,
	    "SIZE", "of sessions that make indexes, where the\n"
	    "server's is less (128M); 0: the server's", 0, 0},
	{"no-freeze", 0, OPT_FLAG, &load.no_freeze, NULL,
	    "do not freeze the rows of whole tables", 0, 0},
	{"no-analyze", 0, OPT_FLAG, &load.no_analyze, NULL,
	    "do not collect statistics", 0, 0},
	{"pg-bin-dir", 0, OPT_STRING, &load.bin_dir, "DIR",
	    "where psql and pg_restore are", 0, 0},
	{"swap-timeout", 0, OPT_DURATION, &load.swap_timeout, "DURATION",
	    "how long to try to end sessions (30s)", 1, 0},
	{"report", 0, OPT_STRING, &load.report_path, "FILE",
	    "write what was restored to FILE", 0, 0},
	{"progress", 0, OPT_FLAG, &load.progress, NULL,
	    "show bytes and rate", 0, 0},
	{"plan", 0, OPT_FLAG, &load.plan, NULL,
	    "print what would be done, and end", 0, 0},
	{"old-time", 0, OPT_STRING, &load.old_time_text, "TIME",
	    "time in the old database's name (now), RFC 3339", 0, 0},
	{"undo", 0, OPT_FLAG, &load.undo, NULL,
	    "swap back what the database was before", 0, 0},
	{"list-old", 0, OPT_FLAG, &load.list_old, NULL,
	    "list what restores left, and end", 0, 0},
	{"json", 0, OPT_FLAG, &load.json, NULL,
	    "plan and list as one JSON object a line", 0, 0},
	{"drop-old", 0, OPT_STRING, &load.drop_old, "NAME",
	    "drop one of those", 0, 0},
};

static const struct opt_program program = {
	.name = "pg-load",
	.synopsis = "--dbname=NAME [OPTION]... [URL | < dump]",
	.purpose = "Restore a dump beside the live database, check it, and "
	    "swap it in.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = 1,
};

static int
check_name(const char *option, const char *name)
{
	if (strlen(name) > NAME_MAX_BYTES || *name == '\0')
		return fail(PROG_PERMANENT, "cannot use %s: a name of %zu "
		    "bytes, 1 to %d are allowed", option, strlen(name),
		    NAME_MAX_BYTES);
	if (strcmp(name, "template0") == 0 || strcmp(name, "template1") == 0)
		return fail(PROG_PERMANENT, "cannot restore over \"%s\"", name);
	return 0;
}

static int
check_options(void)
{
	int modes = load.undo + load.plan + load.list_old +
	    (load.drop_old != NULL);

	if (modes > 1)
		return fail(PROG_PERMANENT, "cannot use more than one of "
		    "--plan, --undo, --list-old and --drop-old");
	if (load.no_swap != (load.into != NULL))
		return fail(PROG_PERMANENT,
		    "--no-swap and --into go together");
	if (load.no_swap && load.clean)
		return fail(PROG_PERMANENT,
		    "cannot use --clean with --no-swap");
	if (load.table != NULL && (load.url == NULL || load.clean))
		return fail(PROG_PERMANENT, load.clean ?
		    "cannot use --clean with --table: nothing is dropped" :
		    "--table needs the URL of a dump in a store");
	if (load.pace.rate > 0 && load.url == NULL)
		return fail(PROG_PERMANENT,
		    "--bandwidth needs the URL of a dump in a store");
	if (load.with_needs && load.table == NULL)
		return fail(PROG_PERMANENT,
		    "cannot use --with-dependencies without --table");
	if (load.json && !load.list_old && !load.plan)
		return fail(PROG_PERMANENT,
		    "cannot use --json without --list-old or --plan");
	if (load.old_time_text != NULL &&
	    text_time(load.old_time_text, &load.old_time) != 0)
		return fail(PROG_PERMANENT, "cannot use --old-time=%s: not a "
		    "time (as 2026-01-29T14:30:22Z)", load.old_time_text);
	if (server_parse(&load.server) != 0 ||
	    check_name("--dbname", load.server.database) != 0)
		return -1;
	return load.into == NULL ? 0 : check_name("--into", load.into);
}

static int
run(void)
{
	if (load.list_old)
		return old_list(&load);
	if (load.undo)
		return undo_run(&load);
	if (load.drop_old != NULL)
		return old_drop(&load);
	if (load.manifest_path != NULL) {
		load.manifest = report_read("manifest", load.manifest_path);
		if (load.manifest == NULL)
			return -1;
	}
	if (load.seen_path != NULL) {
		load.seen = report_read("description", load.seen_path);
		if (load.seen == NULL)
			return -1;
	}
	if (load.plan)
		return plan_run(&load);
	if (load.url == NULL && isatty(STDIN_FILENO))
		return fail(PROG_PERMANENT,
		    "cannot read a dump from a terminal");
	return restore_run(&load);
}

int
main(int argc, char **argv)
{
	int rc = -1;

	load.url = opt_parse(&program, argc, argv)[0];
	clock_gettime(CLOCK_REALTIME, &load.started);
	prog_catch_stop();
	flow_begin_sink();
	if (load.jobs == 0)
		load.jobs = processors_at_most(JOBS_DEFAULT);
	if (check_options() == 0)
		rc = run();
	pg_disconnect(load.helper);
	pg_disconnect(load.conn);
	server_release(&load.server);
	json_decref(load.manifest);
	json_decref(load.seen);
	return prog_finish(rc);
}
