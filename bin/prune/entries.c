/* entries.c: catalog lines, made small. */
#include "entries.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "manifest.h"
#include "prog.h"
#include "report.h"
#include "text.h"
#include "xalloc.h"

static int64_t
microseconds(struct timespec when)
{
	return (int64_t)when.tv_sec * 1000000 + when.tv_nsec / 1000;
}

/* A time of the line: 1 and *at; 0 when it is null; -1 when it is none. */
static int
get_time(const json_t *line, const char *key, int64_t *at)
{
	const json_t *value = json_object_get(line, key);
	struct timespec when;

	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_string(value) ||
	    text_time(json_string_value(value), &when) != 0)
		return -1;
	*at = microseconds(when);
	return 1;
}

/*
 * The object's URL and a 0 byte, then each further one: '+' and what follows
 * the object's, or '=' and the whole of it, and a 0 byte. A 0 byte ends all.
 */
static void
add_url(struct buf *urls, const char *url)
{
	size_t len = strlen(urls->data);

	if (strncmp(url, urls->data, len) == 0)
		buf_addf(urls, "+%s", url + len);
	else
		buf_addf(urls, "=%s", url);
	buf_add_byte(urls, '\0');
}

static int
pack_urls(const json_t *line, struct entry *entry)
{
	struct buf urls = BUF_INIT;
	const char *object = report_string(line, "url");
	const char *manifest = report_string(line, "manifest_url");
	size_t i;
	json_t *record;

	if (object[0] == '\0')
		return -1;
	buf_add_string(&urls, object);
	buf_add_byte(&urls, '\0');
	if (manifest[0] != '\0')
		add_url(&urls, manifest);
	else
		buf_add(&urls, "-", 2);
	json_array_foreach(json_object_get(line, "record_urls"), i, record) {
		if (!json_is_string(record)) {
			buf_release(&urls);
			return -1;
		}
		add_url(&urls, json_string_value(record));
	}
	buf_add_byte(&urls, '\0');
	/* buf grows by halves; a hundred thousand of those add up. */
	entry->urls = xmalloc(urls.len);
	memcpy(entry->urls, urls.data, urls.len);
	buf_release(&urls);
	return 0;
}

static char *
unpack(const struct entry *entry, const char *packed)
{
	return xasprintf("%s%s", packed[0] == '+' ? entry->urls : "",
	    packed + 1);
}

const char *
entry_url(const struct entry *entry)
{
	return entry->urls;
}

json_t *
entry_urls(const struct entry *entry)
{
	json_t *all = json_array();
	const char *at = entry->urls + strlen(entry->urls) + 1;
	bool manifest = true;

	for (; *at != '\0'; at += strlen(at) + 1) {
		char *url = unpack(entry, at);

		if (*at != '-')
			json_array_append_new(all, json_string(url));
		/* The manifest is the backup: gone first, then the object. */
		if (manifest)
			json_array_append_new(all, json_string(entry->urls));
		manifest = false;
		free(url);
	}
	return all;
}

/*
 * Rows alone (JSON) restore no database, nor do roles: what cannot take a
 * backup's place never pushes it out, whatever their series are called.
 */
static const char *
kind_of(const char *format)
{
	if (strcmp(format, "json") == 0 || strcmp(format, "ndjson") == 0)
		return "rows";
	return strcmp(format, "globals") == 0 ? "globals" : "database";
}

/* The number of what is judged together: a series' backups of one kind. */
static uint32_t
series_number(struct entries *entries, const json_t *manifest)
{
	char *name = xasprintf("%s %s",
	    kind_of(report_string(manifest, "format")),
	    manifest_series(manifest));

	for (size_t i = 0; i < entries->series_count; i++) {
		if (strcmp(entries->series[i], name) == 0) {
			free(name);
			return (uint32_t)i;
		}
	}
	entries->series = xrealloc_array(entries->series,
	    entries->series_count + 1, sizeof *entries->series);
	entries->series[entries->series_count] = name;
	return (uint32_t)entries->series_count++;
}

/* Days since 1970-01-01 of a local date. */
static int32_t
day_number(const struct tm *local)
{
	struct tm date = {.tm_year = local->tm_year, .tm_mon = local->tm_mon,
	    .tm_mday = local->tm_mday};

	return (int32_t)(timegm(&date) / 86400);
}

static void
set_calendar(struct retention_item *item)
{
	time_t when = (time_t)(item->created / 1000000);
	struct tm local = {0};

	if (localtime_r(&when, &local) == NULL)
		return;
	int32_t day = day_number(&local);

	item->calendar[RETENTION_DAY] = day;
	/* Weeks begin on Monday, as ISO 8601 has it; 1970 on a Thursday. */
	item->calendar[RETENTION_WEEK] = (day + 3) / 7;
	item->calendar[RETENTION_MONTH] = local.tm_year * 12 + local.tm_mon;
	item->calendar[RETENTION_YEAR] = local.tm_year;
}

/* -1: the line is no good. */
static int
add_item(struct entries *entries, const json_t *line, struct entry *entry)
{
	const json_t *manifest = json_object_get(line, "manifest");
	struct retention_item item = {0};
	int64_t verified = 0;
	int64_t damaged = 0;
	int is_verified = get_time(line, "verified_at", &verified);
	int is_damaged = get_time(line, "damaged_at", &damaged);

	if (is_verified < 0 || is_damaged < 0 ||
	    get_time(manifest, "created_at_utc", &item.created) <= 0 ||
	    manifest_series(manifest)[0] == '\0')
		return -1;
	item.proven = is_verified > 0 &&
	    (is_damaged == 0 || damaged < verified);
	item.series = series_number(entries, manifest);
	set_calendar(&item);
	if (entries->item_count == entries->item_size) {
		entries->item_size = entries->item_size * 2 + 64;
		entries->items = xrealloc_array(entries->items,
		    entries->item_size, sizeof *entries->items);
	}
	entry->item = (uint32_t)entries->item_count;
	entries->items[entries->item_count++] = item;
	return 0;
}

static int
classify(struct entries *entries, const json_t *line, const char *series,
    struct entry *entry)
{
	const char *state = report_string(line, "state");
	const json_t *manifest = json_object_get(line, "manifest");

	entry->state = ENTRY_IGNORED;
	if (strcmp(state, "unmanaged") == 0) {
		entry->why = "unmanaged";
	} else if (strcmp(state, "mismatch") == 0) {
		entry->why = "manifest and object do not agree";
	} else if (strcmp(state, "debris") == 0) {
		entry->why = "debris";
		if (report_string(line, "run_id")[0] == '\0')
			return 0;
		entry->state = ENTRY_DEBRIS;
		return get_time(line, "modified", &entry->modified) > 0 ?
		    0 : -1;
	} else if (strcmp(state, "backup") == 0) {
		if (series != NULL &&
		    strcmp(manifest_series(manifest), series) != 0) {
			entry->why = "of another series";
			return 0;
		}
		entry->why = "a backup";
		entry->state = ENTRY_BACKUP;
		return add_item(entries, line, entry);
	} else {
		return -1;
	}
	return 0;
}

int
entries_add(struct entries *entries, const json_t *line, const char *series,
    unsigned long number)
{
	struct entry entry = {0};

	if (pack_urls(line, &entry) != 0 ||
	    classify(entries, line, series, &entry) != 0) {
		free(entry.urls);
		return fail(PROG_PERMANENT, "cannot read standard input: line "
		    "%lu is not a line of a catalog", number);
	}
	if (entries->count == entries->size) {
		entries->size = entries->size * 2 + 64;
		entries->list = xrealloc_array(entries->list, entries->size,
		    sizeof *entries->list);
	}
	entries->list[entries->count++] = entry;
	return 0;
}

void
entries_release(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->list[i].urls);
	for (size_t i = 0; i < entries->series_count; i++)
		free(entries->series[i]);
	free(entries->list);
	free(entries->items);
	free(entries->series);
}
