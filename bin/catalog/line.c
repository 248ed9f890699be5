/* line.c: the line of the catalog for what entry.c found. */
#include "line.h"

#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "record.h"
#include "report.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

#define SKEW 300000000	/* microseconds two machines' clocks may differ */

char *
line_url(const struct catalog *catalog, const char *name)
{
	return xasprintf("%s%s", catalog->listing.place, name);
}

/* A time in microseconds as RFC 3339. */
static json_t *
time_json(int64_t microseconds)
{
	struct buf text = BUF_INIT;

	text_add_time(&text, (struct timespec){
	    (time_t)(microseconds / 1000000),
	    (long)(microseconds % 1000000 * 1000)});
	json_t *value = json_string(text.data);

	buf_release(&text);
	return value;
}

/*
 * Records of one kind into urls; the latest time in them, or null. A verdict
 * from before the backup was begun was of an earlier object of this name.
 */
static json_t *
take_records(const struct catalog *catalog, const struct entry *entry,
    enum record_kind kind, int64_t not_before, json_t *urls)
{
	const struct listing *listing = &catalog->listing;
	size_t len = strlen(entry->name);
	char *start = xasprintf("%s%s", entry->name, record_infix(kind));
	int64_t latest = 0;

	for (size_t i = listing_seek(listing, start); i < listing->count &&
	    text_starts(listing->items[i].name, start); i++) {
		size_t object_len;
		int64_t when;
		char *url;

		if (record_parse(listing->items[i].name, &object_len,
		    &when) != kind || object_len != len)
			continue;
		url = line_url(catalog, listing->items[i].name);
		json_array_append_new(urls, json_string(url));
		free(url);
		if (when >= not_before && when > latest)
			latest = when;
	}
	free(start);
	return latest == 0 ? json_null() : time_json(latest);
}

static void
add_records(const struct catalog *catalog, const struct entry *entry,
    json_t *line)
{
	json_t *urls = json_array();
	int64_t created = entry->document == NULL ? 0 :
	    (int64_t)manifest_created(entry->document).tv_sec * 1000000;

	json_object_set_new(line, "verified_at", take_records(catalog, entry,
	    RECORD_VERIFIED, created > SKEW ? created - SKEW : 0, urls));
	json_object_set_new(line, "damaged_at", take_records(catalog, entry,
	    RECORD_DAMAGED, 0, urls));
	json_object_set_new(line, "restored_at", take_records(catalog, entry,
	    RECORD_RESTORED, 0, urls));
	json_object_set_new(line, "record_urls", urls);
}

void
line_add(struct catalog *catalog, const struct entry *entry)
{
	const struct listed *shown = entry->object != NULL ? entry->object :
	    entry->manifest;
	char *url = line_url(catalog, entry->name);
	char *manifest_url = entry->manifest == NULL ? NULL :
	    line_url(catalog, entry->manifest->name);
	const char *run_id = entry->run_id != NULL ? entry->run_id :
	    report_string(entry->document, "id");
	json_t *line = json_pack("{s:s, s:s, s:s}", "state", entry->state,
	    "url", url, "name", store_url_name(entry->name));
	struct buf text = BUF_INIT;
	int64_t key = shown->modified;

	if (entry->reason.len > 0)
		json_object_set_new(line, "reason",
		    json_string(entry->reason.data));
	json_object_set_new(line, "size", entry->object == NULL ? json_null() :
	    json_integer((json_int_t)entry->object->size));
	json_object_set_new(line, "modified", time_json(shown->modified));
	json_object_set_new(line, "manifest_url", manifest_url == NULL ?
	    json_null() : json_string(manifest_url));
	json_object_set(line, "manifest", entry->document == NULL ?
	    json_null() : entry->document);
	json_object_set_new(line, "run_id", run_id[0] == '\0' ? json_null() :
	    json_string(run_id));
	add_records(catalog, entry, line);
	report_add_json(&text, line);
	buf_add_byte(&text, '\n');
	if (strcmp(entry->state, "backup") == 0) {
		struct timespec created = manifest_created(entry->document);

		key = (int64_t)created.tv_sec * 1000000 +
		    created.tv_nsec / 1000;
	}
	pack_add(&catalog->pack, key, text.data, text.len);
	buf_release(&text);
	json_decref(line);
	free(manifest_url);
	free(url);
}
