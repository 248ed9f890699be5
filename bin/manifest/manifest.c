/*
 * manifest: join the reports of a backup's stages to its commit record, or
 * check such records.
 *
 * REPORT... -> one JSON object on stdout, complete and checked, or nothing.
 * --check FILE...: says of each whether it is a manifest; stdin if there is
 * no FILE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "join.h"
#include "manifest.h"
#include "opt.h"
#include "prog.h"
#include "report.h"
#include "xalloc.h"

static struct opt_list set;
static struct opt_list set_json;
static bool want_check;

static const struct opt options[] = {
	{"set", 0, OPT_LIST, &set, "KEY=VALUE",
	    "set a field to a string, whatever the reports say", 0, 0},
	{"set-json", 0, OPT_LIST, &set_json, "KEY=JSON",
	    "set a field to a number, true, a list, ...", 0, 0},
	{"check", 0, OPT_FLAG, &want_check, NULL,
	    "check that each operand is a manifest: 0 yes, 1 no", 0, 0},
};

static const struct opt_program program = {
	.name = "manifest",
	.synopsis = "[OPTION]... REPORT... > manifest\n"
	    "       manifest --check [FILE]...",
	.purpose = "Join the reports of a backup's stages to its manifest.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = -1,
};

static int
set_field(struct join *join, const char *option, bool is_json)
{
	const char *equals = strchr(option, '=');
	json_error_t error;

	if (equals == NULL || equals == option)
		return fail(PROG_PERMANENT, "cannot use --set%s=%s: not "
		    "KEY=VALUE", is_json ? "-json" : "", option);
	json_t *value = is_json ? json_loads(equals + 1,
	    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error) :
	    json_string(equals + 1);

	if (value == NULL)
		return fail(PROG_PERMANENT, "cannot use --set%s=%s: not %s",
		    is_json ? "-json" : "", option,
		    is_json ? "JSON" : "UTF-8");
	char *key = xstrndup(option, (size_t)(equals - option));
	int rc = json_object_set_new(join->fields, key, value);

	if (rc != 0)
		rc = fail(PROG_PERMANENT, "cannot use --set%s=%s: the key is "
		    "not UTF-8", is_json ? "-json" : "", option);
	free(key);
	return rc;
}

static int
set_fields(struct join *join)
{
	for (size_t i = 0; i < set.count; i++) {
		if (set_field(join, set.items[i], false) != 0)
			return -1;
	}
	for (size_t i = 0; i < set_json.count; i++) {
		if (set_field(join, set_json.items[i], true) != 0)
			return -1;
	}
	return 0;
}

/* A report or manifest; "-" is stdin, whose writer must have finished. */
static json_t *
read_input(const char *what, const char *path)
{
	json_t *value = report_read(what, path);

	if (value == NULL || strcmp(path, "-") != 0 ||
	    flow_require_upstream(true) == 0)
		return value;
	json_decref(value);
	return NULL;
}

static int
make(char **reports)
{
	struct join join = JOIN_INIT;
	int rc = -1;

	join.fields = json_object();
	for (; *reports != NULL; reports++) {
		json_t *report = read_input("report", *reports);
		int taken = report == NULL ? -1 :
		    join_report(&join, *reports, report);

		json_decref(report);
		if (taken != 0)
			goto out;
	}
	if (set_fields(&join) != 0 || join_finish(&join) != 0 ||
	    report_print(join.fields) != 0)
		goto out;
	rc = 0;
out:
	json_decref(join.fields);
	return rc;
}

static int
check(const char *path)
{
	struct buf why = BUF_INIT;
	json_t *manifest = read_input("manifest", path);
	int rc = manifest == NULL ? -1 : 0;

	if (manifest != NULL && manifest_check(manifest, &why) != 0)
		rc = fail(PROG_NO, "file \"%s\" is not a manifest: %s", path,
		    why.data);
	buf_release(&why);
	json_decref(manifest);
	return rc;
}

static int
check_all(char **paths)
{
	int rc = 0;

	if (*paths == NULL)
		rc = check("-");
	for (; *paths != NULL; paths++) {
		if (check(*paths) != 0)
			rc = -1;
	}
	return rc;
}

int
main(int argc, char **argv)
{
	char **operands = opt_parse(&program, argc, argv);
	int rc = -1;

	if (want_check && set.count + set_json.count > 0) {
		fail(PROG_PERMANENT, "cannot use --check with --set");
		goto out;
	}
	if (flow_begin() != 0)
		goto out;
	if ((want_check ? check_all(operands) : make(operands)) != 0)
		goto out;
	rc = flow_complete();
out:
	free(set.items);
	free(set_json.items);
	return prog_finish(rc);
}
