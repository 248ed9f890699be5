/*
 * settings: what the pipelines are told to do, and by whom.
 *
 * Reads the table of settings, a file of KEY=value lines, the environment and
 * options; checks every value; prints them for a shell, people or programs.
 * The file is parsed, never run. stdin is not read.
 */
#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "prog.h"
#include "settings.h"

static const char *table_path;
static const char *file_path;
static struct opt_list set;
static bool want_export, want_show, want_json;

static const struct opt options[] = {
	{"table", 0, OPT_STRING, &table_path, "FILE",
	    "the table of settings (pipelines/settings.tsv)", 0, 0},
	{"file", 0, OPT_STRING, &file_path, "FILE",
	    "read KEY=value lines from FILE", 0, 0},
	{"set", 0, OPT_LIST, &set, "KEY=VALUE",
	    "an option of the caller's; wins over all else", 0, 0},
	{"export", 0, OPT_FLAG, &want_export, NULL,
	    "print export KEY='value' lines, for eval", 0, 0},
	{"show", 0, OPT_FLAG, &want_show, NULL,
	    "print a table, without secrets", 0, 0},
	{"json", 0, OPT_FLAG, &want_json, NULL,
	    "print one JSON object, without secrets", 0, 0},
};

static const struct opt_program program = {
	.name = "settings",
	.synopsis = "--table=FILE [--file=FILE] --export|--show|--json",
	.purpose = "Print every setting of the pipelines and where it came "
	    "from: options,\nenvironment, file, default, in this order.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = 0,
};

static int
check_usage(void)
{
	if (table_path == NULL)
		return fail(PROG_PERMANENT, "option --table is missing");
	if (want_export + want_show + want_json != 1)
		return fail(PROG_PERMANENT,
		    "needs one of --export, --show and --json");
	return 0;
}

int
main(int argc, char **argv)
{
	struct settings settings = {0};
	int rc = -1;

	(void)!opt_parse(&program, argc, argv);
	if (check_usage() != 0)
		goto out;
	if (table_read(&settings, table_path) != 0)
		goto out;
	if (file_path != NULL && source_file(&settings, file_path) != 0)
		goto out;
	if (source_environment(&settings) != 0 ||
	    source_options(&settings, set.items, set.count) != 0 ||
	    values_finish(&settings) != 0)
		goto out;
	if ((want_export ? print_export(&settings) : want_show ?
	    print_table(&settings) : print_json(&settings)) != 0)
		goto out;
	rc = 0;
out:
	table_free(&settings);
	free(set.items);
	return prog_finish(rc);
}
