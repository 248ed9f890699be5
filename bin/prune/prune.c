/*
 * prune: which backups to keep and which to delete, and why.
 *
 * stdin:  the lines of catalog, one JSON object each.
 * stdout: one line for each of them, in their order:
 *         {"action":"keep|delete|ignore","url","name","reason","urls":[...]}
 *         urls are what s3-rm --plan deletes, in that order.
 *
 * Nothing is printed before all lines were read and their writer has
 * finished: half a catalog would make the newest backups look old.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "entries.h"
#include "flow.h"
#include "lines.h"
#include "opt.h"
#include "prog.h"
#include "report.h"
#include "retention.h"
#include "store_url.h"
#include "text.h"
#include "timezone.h"

static struct retention_rules rules = {.min_keep = 1};
static const char *rule;
static const char *series;
static const char *now_text;
static const char *zone = "UTC";
static bool debris;
static uint64_t debris_age = 86400;

static const struct opt options[] = {
	{"keep-days", 0, OPT_NUMBER, &rules.keep_days, "N",
	    "keep backups up to N days old", 1, 0},
	{"keep-count", 0, OPT_NUMBER, &rules.keep_count, "N",
	    "keep the N newest proven backups", 1, 0},
	{"rule", 0, OPT_STRING, &rule, "either|both",
	    "keep what meets either of these (default), or both", 0, 0},
	{"keep-daily", 0, OPT_NUMBER, &rules.keep_daily, "N",
	    "keep the last proven backup of each of N days", 1, 0},
	{"keep-weekly", 0, OPT_NUMBER, &rules.keep_weekly, "N",
	    "... of each of N weeks", 1, 0},
	{"keep-monthly", 0, OPT_NUMBER, &rules.keep_monthly, "N",
	    "... of each of N months", 1, 0},
	{"keep-yearly", 0, OPT_NUMBER, &rules.keep_yearly, "N",
	    "... of each of N years", 1, 0},
	{"min-keep", 0, OPT_NUMBER, &rules.min_keep, "N",
	    "always keep the N newest proven ones (default 1)", 1, 0},
	{"series", 0, OPT_STRING, &series, "NAME",
	    "look at the backups of this series only\n"
	    "(empty: of each series by itself)", 0, 0},
	{"timezone", 0, OPT_STRING, &zone, "ZONE",
	    "where days, weeks, months begin (default UTC)", 0, 0},
	{"now", 0, OPT_STRING, &now_text, "TIME",
	    "RFC 3339; default: the clock", 0, 0},
	{"debris", 0, OPT_FLAG, &debris, NULL,
	    "delete debris of dead runs instead, nothing else;\n"
	    "--keep options and --series then do not matter", 0, 0},
	{"debris-age", 0, OPT_DURATION, &debris_age, "DURATION",
	    "older than this (default 1d)", 0, 0},
};

static const struct opt_program program = {
	.name = "prune",
	.synopsis = "[OPTION]... < catalog > plan",
	.purpose = "Decide which backups to keep. Without a --keep option, all "
	    "of them.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = 0,
};

static int
check_options(int64_t *now)
{
	struct timespec when;

	if (rule != NULL && strcmp(rule, "either") != 0 &&
	    strcmp(rule, "both") != 0)
		return fail(PROG_PERMANENT,
		    "cannot use --rule=%s: either or both", rule);
	rules.both = rule != NULL && strcmp(rule, "both") == 0;
	if (series != NULL && series[0] == '\0')
		series = NULL;
	if (now_text == NULL)
		clock_gettime(CLOCK_REALTIME, &when);
	else if (text_time(now_text, &when) != 0)
		return fail(PROG_PERMANENT, "cannot use --now=%s: must look "
		    "like 2026-01-29T14:30:22Z", now_text);
	*now = (int64_t)when.tv_sec * 1000000 + when.tv_nsec / 1000;
	return timezone_use(zone);
}

static int
read_catalog(struct entries *entries)
{
	struct lines lines = LINES_INIT(REPORT_MAX);
	char *line;
	size_t len;
	int got;

	while ((got = lines_next(&lines, &line, &len)) > 0) {
		json_t *value = report_parse("line of standard input",
		    "catalog", line, len);
		int rc = value == NULL ? -1 : entries_add(entries, value,
		    series, lines.number);

		json_decref(value);
		if (rc != 0) {
			got = -1;
			break;
		}
	}
	lines_release(&lines);
	return got;
}

/* What becomes of one entry: "keep", "delete" or "ignore". */
static const char *
decide(const struct entries *entries, const struct entry *entry, int64_t now,
    struct buf *reason)
{
	if (debris && entry->state == ENTRY_DEBRIS) {
		int64_t age = (now - entry->modified) / 1000000;
		bool old = age > 0 && (uint64_t)age > debris_age;

		buf_addf(reason, "debris of a run, %s than %llu hours",
		    old ? "older" : "not older",
		    (unsigned long long)debris_age / 3600);
		return old ? "delete" : "ignore";
	}
	if (debris || entry->state != ENTRY_BACKUP) {
		buf_add_string(reason, entry->why);
		return "ignore";
	}
	const struct retention_item *item = &entries->items[entry->item];

	retention_explain(reason, item, &rules, now);
	return item->reason == RETENTION_DELETE ? "delete" : "keep";
}

static int
print_entry(const struct entries *entries, const struct entry *entry,
    int64_t now, size_t *deleted)
{
	struct buf reason = BUF_INIT;
	const char *action = decide(entries, entry, now, &reason);
	bool delete = strcmp(action, "delete") == 0;
	json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:o}",
	    "action", action,
	    "url", entry_url(entry),
	    "name", store_url_name(entry_url(entry)),
	    "reason", reason.data,
	    "urls", delete ? entry_urls(entry) : json_array());
	int rc = report_print(line);

	*deleted += delete;
	json_decref(line);
	buf_release(&reason);
	return rc;
}

static int
print_plan(const struct entries *entries, int64_t now)
{
	size_t deleted = 0;

	for (size_t i = 0; i < entries->count; i++) {
		if (print_entry(entries, &entries->list[i], now,
		    &deleted) != 0)
			return -1;
	}
	info("%zu of %zu backups and other objects are to be deleted",
	    deleted, entries->count);
	return 0;
}

int
main(int argc, char **argv)
{
	struct entries entries = {0};
	int64_t now = 0;
	int rc = -1;

	(void)!opt_parse(&program, argc, argv);
	if (check_options(&now) != 0 || flow_begin() != 0)
		goto out;
	if (read_catalog(&entries) != 0)
		goto out;
	/* A store without one object is an empty catalog. */
	if (flow_require_upstream(true) != 0)
		goto out;
	retention_decide(entries.items, entries.item_count, &rules, now);
	if (print_plan(&entries, now) != 0)
		goto out;
	rc = flow_complete();
out:
	entries_release(&entries);
	return prog_finish(rc);
}
