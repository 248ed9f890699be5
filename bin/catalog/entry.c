/* entry.c: backup, debris, unmanaged or mismatch. */
#include "entry.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "manifest.h"
#include "owner.h"
#include "prog.h"
#include "record.h"
#include "report.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

#define PEEK ((size_t)16 * 1024)	/* bytes that must show what it is */

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
		char *url = line_url(catalog, item->name);

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
	int rc = catalog->prefetch == NULL ? -2 :
	    prefetch_take_owner(catalog->prefetch, entry->object,
	    &catalog->text);

	if (rc == -2) {
		char *url = line_url(catalog, entry->name);

		rc = owner_find(catalog->store, url, &catalog->text);
		free(url);
	}
	if (rc <= 0)
		return rc;
	if (catalog->text.len > 0)
		entry->run_id = xstrdup(catalog->text.data);
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
	char *url = line_url(catalog, item->name);

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

/* A name that is not UTF-8 cannot be told in JSON. */
static bool
is_tellable(const char *name)
{
	if (text_is_utf8(name, strlen(name)))
		return true;
	warning("object \"%s\" is left out: its name is not UTF-8", name);
	return false;
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
		line_add(catalog, &entry);
	json_decref(entry.document);
	buf_release(&entry.reason);
	free(entry.run_id);
	free(entry.name);
	return rc < 0 ? -1 : 0;
}
