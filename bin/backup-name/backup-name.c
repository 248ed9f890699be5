/*
 * backup-name: what a backup is called, and when it was made.
 *
 * Options -> one line on stdout: the name, or with --json the name and the
 * times of the manifest. stdin is not read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backupname.h"
#include "flow.h"
#include "opt.h"
#include "prog.h"
#include "report.h"
#include "text.h"
#include "timezone.h"

static const char *template = "{database}_%Y-%m-%d_%H%M%S.{extension}";
static const char *database = "";
static const char *environment = "";
static const char *description = "";
static const char *extension = "sql.gz";
static const char *zone = "UTC";
static const char *time_text;
static const char *date_text;
static uint64_t copy;
static bool want_json;

static const struct opt options[] = {
	{"template", 0, OPT_STRING, &template, "TEXT",
	    "with {database} {environment} {description} {date}\n"
	    "{time} {timestamp} {extension} %Y %m %d %H %M %S", 0, 0},
	{"database", 0, OPT_STRING, &database, "NAME", "the database", 0, 0},
	{"environment", 0, OPT_STRING, &environment, "NAME",
	    "development, testing, production", 0, 0},
	{"description", 0, OPT_STRING, &description, "TEXT",
	    "a description, put as a-z 0-9 and '-'", 0, 0},
	{"extension", 0, OPT_STRING, &extension, "TEXT",
	    "sql.gz (default), sql, dump, ...", 0, 0},
	{"timezone", 0, OPT_STRING, &zone, "ZONE",
	    "zone of the name's time (default UTC)", 0, 0},
	{"time", 0, OPT_STRING, &time_text, "TIME",
	    "RFC 3339; default: now", 0, 0},
	{"date", 0, OPT_STRING, &date_text, "YYYY-MM-DD",
	    "another date, in the name only", 0, 0},
	{"copy", 0, OPT_NUMBER, &copy, "N",
	    "the name is taken: add -N in front of the extension", 2, 9999},
	{"json", 0, OPT_FLAG, &want_json, NULL,
	    "print the name and its times as JSON", 0, 0},
};

static const struct opt_program program = {
	.name = "backup-name",
	.synopsis = "--database=NAME [OPTION]...",
	.purpose = "Print the name of a backup.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = 0,
};

static int
find_time(struct timespec *when)
{
	if (time_text == NULL) {
		clock_gettime(CLOCK_REALTIME, when);
		return 0;
	}
	if (text_time(time_text, when) != 0)
		return fail(PROG_PERMANENT, "cannot use --time=%s: must look "
		    "like 2026-01-29T14:30:22Z", time_text);
	return 0;
}

/* Put the date into the name's time. The hour stays what it is. */
static int
replace_date(struct tm *local)
{
	char midnight[32];
	char again[16] = "no day";
	struct timespec when;
	struct tm day;

	if (strlen(date_text) == 10) {
		snprintf(midnight, sizeof midnight, "%sT00:00:00Z", date_text);
		/* February 30 comes back as March 2. */
		if (text_time(midnight, &when) == 0 &&
		    gmtime_r(&when.tv_sec, &day) != NULL)
			strftime(again, sizeof again, "%Y-%m-%d", &day);
	}
	if (strcmp(again, date_text) != 0)
		return fail(PROG_PERMANENT, "cannot use --date=%s: must be a "
		    "day, as 2026-01-29", date_text);
	local->tm_year = day.tm_year;
	local->tm_mon = day.tm_mon;
	local->tm_mday = day.tm_mday;
	return 0;
}

static int
check_options(void)
{
	if (strstr(template, "{database}") != NULL && database[0] == '\0')
		return fail(PROG_PERMANENT, "option --database is missing");
	if (extension[0] == '\0' || extension[0] == '.' ||
	    strspn(extension, "abcdefghijklmnopqrstuvwxyz0123456789.") !=
	    strlen(extension) || strlen(extension) > 32)
		return fail(PROG_PERMANENT, "cannot use --extension=%s: must "
		    "be a-z 0-9 and dots, at most 32", extension);
	return timezone_use(zone);
}

static int
print_json(const char *name, struct timespec when, const struct tm *local)
{
	char timestamp[32];
	char seconds[32];
	struct buf created = BUF_INIT;
	struct buf utc = BUF_INIT;
	json_t *all = report_new();

	strftime(timestamp, sizeof timestamp, "%Y%m%d_%H%M%S", local);
	strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", local);
	buf_addf(&created, "%s.%06ld", seconds, when.tv_nsec / 1000);
	text_add_time(&utc, when);
	json_object_set_new(all, "name", json_string(name));
	json_object_set_new(all, "timestamp", json_string(timestamp));
	json_object_set_new(all, "created_at", json_string(created.data));
	json_object_set_new(all, "created_at_utc", json_string(utc.data));
	int rc = report_print(all);

	json_decref(all);
	buf_release(&created);
	buf_release(&utc);
	return rc;
}

int
main(int argc, char **argv)
{
	struct buf text = BUF_INIT;
	struct timespec when;
	struct tm local;
	const char *why = NULL;
	int rc = -1;

	(void)!opt_parse(&program, argc, argv);
	if (check_options() != 0 || find_time(&when) != 0)
		goto out;
	if (localtime_r(&when.tv_sec, &local) == NULL) {
		fail(PROG_PERMANENT, "cannot use --time=%s", time_text);
		goto out;
	}
	struct backupname name = {
		.template = template,
		.database = database,
		.environment = environment,
		.description = description,
		.extension = extension,
		.local = local,
		.copy = (unsigned)copy,
	};
	if (date_text != NULL && replace_date(&name.local) != 0)
		goto out;
	if (backupname_build(&text, &name, &why) != 0) {
		fail(PROG_PERMANENT, "cannot use name template \"%s\": %s",
		    template, why);
		goto out;
	}
	if (want_json) {
		if (print_json(text.data, when, &local) != 0)
			goto out;
	} else {
		buf_add_byte(&text, '\n');
		if (flow_write(text.data, text.len) != 0)
			goto out;
	}
	rc = 0;
out:
	buf_release(&text);
	return prog_finish(rc);
}
