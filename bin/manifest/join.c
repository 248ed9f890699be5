/* join.c: which field of which report goes where. */
#include "join.h"

#include <string.h>
#include <unistd.h>

#include "manifest.h"
#include "prog.h"
#include "report.h"
#include "text.h"

/* What a report says of the stage, not of the backup. */
static const struct {
	const char *tool;	/* NULL: any */
	const char *key;
} left_out[] = {
	{NULL, "tool"},
	{NULL, "tool_version"},
	{NULL, "started_at"},
	{NULL, "duration_seconds"},
	{"gzip-frame", "compressed_bytes"},
	{"gzip-frame", "level"},
	{"s3-put", "urls"},
	{"backup-name", "name"},
	{"verify", "verdict"},
	{"verify", "level"},
	{"verify", "name"},
	{"verify", "reason"},
};

static bool
is_left_out(const char *tool, const char *key)
{
	for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
		if ((left_out[i].tool == NULL ||
		    strcmp(left_out[i].tool, tool) == 0) &&
		    strcmp(left_out[i].key, key) == 0)
			return true;
	}
	return false;
}

static int
refuse_difference(const char *name, const char *key, const json_t *before,
    const json_t *now)
{
	struct buf text = BUF_INIT;

	if (!json_is_object(now) && !json_is_array(now)) {
		buf_add_string(&text, ": ");
		report_add_json(&text, before);
		buf_add_string(&text, " and ");
		report_add_json(&text, now);
	}
	fail(PROG_PERMANENT, "cannot join report \"%s\": it does not agree "
	    "with an earlier one on %s%s", name, key, text.data);
	buf_release(&text);
	return -1;
}

/* Earliest start and latest end of all stages. */
static void
note_times(struct join *join, const json_t *report)
{
	struct timespec start;
	double seconds = json_number_value(json_object_get(report,
	    "duration_seconds"));

	if (text_time(report_string(report, "started_at"), &start) != 0 ||
	    seconds < 0 || seconds > 1e9)
		return;
	struct timespec end = start;
	long nanoseconds = (long)((seconds - (double)(time_t)seconds) * 1e9);

	end.tv_sec += (time_t)seconds + (end.tv_nsec + nanoseconds) /
	    1000000000;
	end.tv_nsec = (end.tv_nsec + nanoseconds) % 1000000000;
	if (join->start.tv_sec == 0 || start.tv_sec < join->start.tv_sec ||
	    (start.tv_sec == join->start.tv_sec &&
	    start.tv_nsec < join->start.tv_nsec))
		join->start = start;
	if (end.tv_sec > join->end.tv_sec || (end.tv_sec == join->end.tv_sec &&
	    end.tv_nsec > join->end.tv_nsec))
		join->end = end;
}

/* The URLs that hold the object; a store that failed is none of them. */
static void
take_urls(struct join *join, const json_t *report)
{
	json_t *urls = json_object_get(join->fields, "urls");
	size_t i;
	json_t *item;

	if (urls == NULL) {
		urls = json_array();
		json_object_set_new(join->fields, "urls", urls);
	}
	json_array_foreach(json_object_get(report, "urls"), i, item) {
		if (json_is_true(json_object_get(item, "ok")))
			json_array_append(urls, json_object_get(item, "url"));
	}
}

int
join_report(struct join *join, const char *name, const json_t *report)
{
	const char *tool = report_string(report, "tool");
	const char *key;
	json_t *value;

	if (tool[0] == '\0')
		return fail(PROG_PERMANENT, "cannot join report \"%s\": it "
		    "does not name its tool", name);
	note_times(join, report);
	if (strcmp(tool, "s3-put") == 0)
		take_urls(join, report);
	if (strcmp(tool, "gzip-frame") == 0)
		join->compressed = report_number(report, "compressed_bytes");
	json_object_foreach((json_t *)report, key, value) {
		const json_t *before = json_object_get(join->fields, key);

		if (is_left_out(tool, key) || json_is_null(value))
			continue;
		if (before != NULL && !json_equal(before, value))
			return refuse_difference(name, key, before, value);
		if (before == NULL)
			json_object_set(join->fields, key, value);
	}
	return 0;
}

/* Set what nobody has set. Steals value. */
static void
set_default(struct join *join, const char *key, json_t *value)
{
	const json_t *there = json_object_get(join->fields, key);

	if (there == NULL || json_is_null(there))
		json_object_set_new(join->fields, key, value);
	else
		json_decref(value);
}

static void
set_times(struct join *join)
{
	struct buf text = BUF_INIT;

	if (join->start.tv_sec == 0)
		return;
	double seconds = (double)(join->end.tv_sec - join->start.tv_sec) +
	    (double)(join->end.tv_nsec - join->start.tv_nsec) / 1e9;

	text_add_time(&text, join->start);
	set_default(join, "started_at", json_string(text.data));
	set_default(join, "duration_seconds",
	    json_real((double)(int64_t)(seconds * 1000) / 1000));
	buf_release(&text);
}

static void
set_defaults(struct join *join)
{
	char host[256] = "";
	const char *url = json_string_value(json_array_get(
	    json_object_get(join->fields, "urls"), 0));
	int64_t size = report_number(join->fields, "size_bytes");

	if (gethostname(host, sizeof host - 1) != 0)
		host[0] = '\0';
	set_default(join, "schema_version", json_integer(MANIFEST_VERSION));
	set_default(join, "tool_version", json_string(PGBACKPIPE_VERSION));
	set_default(join, "host", json_string(host));
	set_default(join, "description", json_string(""));
	set_default(join, "environment", json_string(""));
	set_default(join, "type", json_string("manual"));
	set_default(join, "encryption", json_string("none"));
	set_default(join, "compression", json_string("none"));
	set_default(join, "compressed", json_boolean(strcmp(
	    report_string(join->fields, "compression"), "none") != 0));
	set_default(join, "series", json_string(
	    report_string(join->fields, "database")));
	if (url != NULL)
		set_default(join, "filename", json_string(
		    strrchr(url, '/') == NULL ? url : strrchr(url, '/') + 1));
	if (size >= 0)
		set_default(join, "size_mb", json_real(
		    manifest_size_mb((uint64_t)size)));
	set_times(join);
}

/* Known fields first, in the order people look for them. */
static void
put_in_order(struct join *join)
{
	json_t *ordered = json_object();
	const char *key;
	json_t *value;

	for (size_t i = 0; manifest_order[i] != NULL; i++) {
		value = json_object_get(join->fields, manifest_order[i]);
		if (value != NULL)
			json_object_set(ordered, manifest_order[i], value);
	}
	json_object_foreach(join->fields, key, value) {
		if (json_object_get(ordered, key) == NULL)
			json_object_set(ordered, key, value);
	}
	json_decref(join->fields);
	join->fields = ordered;
}

int
join_finish(struct join *join)
{
	struct buf why = BUF_INIT;
	int rc = 0;

	set_defaults(join);
	put_in_order(join);
	int64_t stored = report_number(join->fields, "size_bytes");

	/* Encryption adds bytes behind the compressor. */
	if (join->compressed >= 0 && stored != join->compressed &&
	    strcmp(report_string(join->fields, "encryption"), "none") == 0)
		rc = fail(PROG_PERMANENT, "cannot join reports: the "
		    "compressor wrote %lld bytes, but %lld were stored",
		    (long long)join->compressed, (long long)stored);
	else if (manifest_check(join->fields, &why) != 0)
		rc = fail(PROG_PERMANENT, "cannot make a manifest: %s",
		    why.data);
	buf_release(&why);
	return rc;
}
