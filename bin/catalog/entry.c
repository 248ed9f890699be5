/* entry.c: backup, debris, unmanaged or mismatch. */
#include "entry.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "prog.h"
#include "record.h"
#include "report.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

#define PEEK ((size_t)16 * 1024)	/* bytes that must show what it is */
#define SKEW 300000000	/* microseconds two machines' clocks may differ */
#define RUN_ID_KEY "pgbackpipe-run-id"

struct entry {
	const char *state;
	char *name;			/* the object's, behind the place */
	const struct listed *object;	/* NULL: missing */
	const struct listed *manifest;	/* NULL: none */
	json_t *document;		/* the manifest's, or NULL */
	char *run_id;			/* of the object's metadata, or NULL */
	struct buf reason;
};

static char *
url_of(const struct catalog *catalog, const char *name)
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
		url = url_of(catalog, listing->items[i].name);
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

/* A name that is not UTF-8 cannot be told in JSON. */
static bool
is_tellable(const char *name)
{
	if (text_is_utf8(name, strlen(name)))
		return true;
	warning("object \"%s\" is left out: its name is not UTF-8", name);
	return false;
}

static void
pack_entry(struct catalog *catalog, const struct entry *entry)
{
	const struct listed *shown = entry->object != NULL ? entry->object :
	    entry->manifest;
	char *url = url_of(catalog, entry->name);
	char *manifest_url = entry->manifest == NULL ? NULL :
	    url_of(catalog, entry->manifest->name);
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

/* 1: *document, NULL if it is no JSON object; 0: it is gone; -1: told. */
static int
read_document(struct catalog *catalog, const struct listed *item,
    json_t **document)
{
	*document = NULL;
	if (item->size > CATALOG_MANIFEST_MAX)
		return 1;
	int rc = catalog->prefetch == NULL ? -2 :
	    prefetch_take(catalog->prefetch, item, &catalog->text);

	if (rc == -2) {
		char *url = url_of(catalog, item->name);

		rc = store_find_bytes(catalog->store, url,
		    CATALOG_MANIFEST_MAX, &catalog->text);
		free(url);
	}
	if (rc == 1)
		*document = json_loadb(catalog->text.data, catalog->text.len,
		    JSON_REJECT_DUPLICATES, NULL);
	return rc;
}

/* A manifest that says nothing, and why. */
struct broken {
	struct listed *item;	/* NULL: there is none */
	const char *why;
};

/*
 * The manifest of entry, where there is one: document and manifest are set.
 * -1: told.
 */
static int
find_manifest(struct catalog *catalog, struct entry *entry,
    struct broken *broken)
{
	/* The second: where another tool's metadata has the first name. */
	static const char *const suffixes[] = {".json", ".manifest.json"};

	for (size_t i = 0; i < 2 && entry->document == NULL; i++) {
		struct listed *item = listing_find(&catalog->listing,
		    entry->name, strlen(entry->name), suffixes[i]);
		json_t *document;
		int rc = item == NULL ? 0 : read_document(catalog, item,
		    &document);

		if (rc < 0)
			return -1;
		/* It is being deleted: not yet debris for others. */
		if (rc == 0 && item != NULL)
			*broken = (struct broken){item,
			    "its manifest was deleted just now"};
		if (rc == 0)
			continue;
		if (manifest_is_ours(document)) {
			entry->document = document;
			entry->manifest = item;
			item->taken = true;
			continue;
		}
		if (document == NULL && broken->item == NULL)
			*broken = (struct broken){item,
			    "its manifest is not JSON"};
		json_decref(document);
	}
	return 0;
}

static void
judge_manifest(struct entry *entry)
{
	const char *name = store_url_name(entry->name);

	entry->state = "mismatch";
	if (manifest_check(entry->document, &entry->reason) != 0)
		return;
	int64_t size = report_number(entry->document, "size_bytes");

	if (strcmp(report_string(entry->document, "filename"), name) != 0)
		buf_addf(&entry->reason, "its manifest is that of \"%s\"",
		    report_string(entry->document, "filename"));
	else if (entry->object == NULL)
		buf_add_string(&entry->reason,
		    "there is a manifest, but no object");
	else if (entry->object->size != (uint64_t)size)
		buf_addf(&entry->reason, "the object has %llu bytes, its "
		    "manifest says %lld",
		    (unsigned long long)entry->object->size, (long long)size);
	else
		entry->state = "backup";
}

/* The object has no manifest: its metadata tells whose it is. */
static int
judge_metadata(struct catalog *catalog, struct entry *entry,
    const struct broken *broken)
{
	struct store_object object;
	char *url = url_of(catalog, entry->name);
	int rc = store_head(catalog->store, url, &object);

	free(url);
	if (rc <= 0)
		return rc;
	for (size_t i = 0; i < object.metadata_count; i++) {
		if (strcmp(object.metadata[i].key, RUN_ID_KEY) == 0 &&
		    entry->run_id == NULL &&
		    text_is_utf8(object.metadata[i].value,
		    strlen(object.metadata[i].value)))
			entry->run_id = xstrdup(object.metadata[i].value);
	}
	store_object_release(&object);
	if (entry->run_id == NULL) {
		entry->state = "unmanaged";
	} else if (broken->item == NULL) {
		entry->state = "debris";
	} else {
		/* It was a backup: never taken for debris. */
		entry->state = "mismatch";
		entry->manifest = broken->item;
		broken->item->taken = true;
		buf_add_string(&entry->reason, broken->why);
	}
	return 1;
}

static int
keep_bytes(void *context, const void *data, size_t len)
{
	buf_add(context, data, len);
	return 0;
}

/* Whether item, whose object is missing, looks like a manifest. -1: told. */
static int
looks_like_manifest(struct catalog *catalog, const struct listed *item)
{
	char *url = url_of(catalog, item->name);

	buf_clear(&catalog->text);
	int rc = store_get(catalog->store, url, 0, PEEK, keep_bytes,
	    &catalog->text);

	free(url);
	if (rc != 0)
		return -1;
	return strstr(catalog->text.data, "\"schema_version\"") != NULL;
}

/* `<object>.json` without the object. 1: it was a manifest; 0: no; -1. */
static int
examine_lone_manifest(struct catalog *catalog, struct listed *item,
    struct entry *entry)
{
	size_t len = strlen(item->name) - strlen(MANIFEST_SUFFIX);

	if (!text_ends(item->name, MANIFEST_SUFFIX) || len == 0 ||
	    item->name[len - 1] == '/' ||
	    listing_find(&catalog->listing, item->name, len, "") != NULL)
		return 0;
	int rc = looks_like_manifest(catalog, item);

	if (rc > 0)
		rc = read_document(catalog, item, &entry->document);
	if (rc <= 0 || !manifest_is_ours(entry->document)) {
		json_decref(entry->document);
		entry->document = NULL;
		return rc < 0 ? -1 : 0;
	}
	free(entry->name);
	entry->name = xstrndup(item->name, len);
	entry->object = NULL;
	entry->manifest = item;
	judge_manifest(entry);
	return 1;
}

/* A record whose object and manifest are both gone. */
static int
examine_record(struct catalog *catalog, const struct listed *item,
    struct entry *entry, size_t len)
{
	const struct listing *listing = &catalog->listing;

	if (listing_find(listing, item->name, len, "") != NULL ||
	    listing_find(listing, item->name, len, ".json") != NULL ||
	    listing_find(listing, item->name, len, ".manifest.json") != NULL)
		return 0;
	entry->state = "mismatch";
	buf_add_string(&entry->reason, "a record without its backup");
	return 1;
}

static int
examine(struct catalog *catalog, struct listed *item, struct entry *entry)
{
	struct broken broken = {NULL, NULL};
	size_t len;
	int64_t when;

	if (record_parse(item->name, &len, &when) != RECORD_NONE)
		return examine_record(catalog, item, entry, len);
	if (find_manifest(catalog, entry, &broken) != 0)
		return -1;
	if (entry->document != NULL) {
		judge_manifest(entry);
		return 1;
	}
	int rc = examine_lone_manifest(catalog, item, entry);

	return rc != 0 ? rc : judge_metadata(catalog, entry, &broken);
}

int
entry_examine(struct catalog *catalog, struct listed *item)
{
	if (item->taken || !is_tellable(item->name))
		return 0;
	struct entry entry = {
		.name = xstrdup(item->name),
		.object = item,
		.reason = BUF_INIT,
	};
	int rc = examine(catalog, item, &entry);

	if (rc > 0)
		pack_entry(catalog, &entry);
	json_decref(entry.document);
	buf_release(&entry.reason);
	free(entry.run_id);
	free(entry.name);
	return rc < 0 ? -1 : 0;
}
