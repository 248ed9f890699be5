/* The writing half of backup-tar. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backup-tar.h"
#include "digest.h"
#include "flow.h"
#include "manifest.h"
#include "prog.h"
#include "report.h"
#include "store.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

#define BLOCK (256 * 1024)	/* bytes of one write */
#define LAST_BLOCK 10240	/* bytes; the end is filled up to a multiple */

struct backup {
	const char *manifest_url;	/* borrowed */
	char *object_url;
	const char *object_name;	/* in the tar; part of object_url */
	char **records;			/* URLs */
	size_t record_count;
};

struct tar {
	struct archive *archive;
	struct store *store;
	struct backup *backups;
	size_t count;
	struct tar_totals totals;
	bool told;		/* why it failed: nothing more is written */
	struct digest *digest;	/* of the object under way */
	uint64_t size;
};

static la_ssize_t
write_out(struct archive *archive, void *context, const void *data,
    size_t len)
{
	struct tar *tar = context;

	if (!tar->told && flow_write(data, len) == 0)
		return (la_ssize_t)len;
	tar->told = true;
	archive_set_error(archive, EIO, "write");
	return -1;
}

static int
fail_archive(const struct tar *tar)
{
	return tar->told ? -1 : fail(PROG_TEMPORARY, "could not write archive: "
	    "%s", archive_error_string(tar->archive));
}

static int
begin_entry(struct tar *tar, const char *name, uint64_t size, time_t modified)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_mtime(entry, modified, 0);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	int rc = archive_write_header(tar->archive, entry);

	archive_entry_free(entry);
	if (rc != ARCHIVE_OK)
		return fail_archive(tar);
	tar->totals.entries++;
	tar->totals.bytes += size;
	return 0;
}

static int
add_data(struct tar *tar, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		la_ssize_t n = archive_write_data(tar->archive, at, len);

		if (n < 0)
			return fail_archive(tar);
		if (n == 0)	/* more than the header promised */
			break;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
add_entry(struct tar *tar, const char *name, const void *data, size_t len,
    time_t modified)
{
	return begin_entry(tar, name, len, modified) == 0 &&
	    add_data(tar, data, len) == 0 ? 0 : -1;
}

static int
pass_on(void *context, const void *data, size_t len)
{
	struct tar *tar = context;

	tar->size += len;
	return digest_add(tar->digest, data, len) == 0 &&
	    add_data(tar, data, len) == 0 ? 0 : -1;
}

/* The object, whose bytes must be those of which the manifest speaks. */
static int
add_object(struct tar *tar, const struct backup *backup,
    const json_t *manifest, time_t modified)
{
	uint64_t size = (uint64_t)report_number(manifest, "size_bytes");
	char hex[DIGEST_HEX_SIZE];
	int rc = -1;

	tar->size = 0;
	tar->digest = digest_new();
	if (tar->digest == NULL ||
	    begin_entry(tar, backup->object_name, size, modified) != 0 ||
	    store_get(tar->store, backup->object_url, 0, STORE_TO_END, pass_on,
	    tar) != 0 || digest_finish(tar->digest, hex) != 0)
		goto out;
	if (tar->size != size || strcmp(hex, report_string(manifest,
	    "sha256")) != 0)
		fail(PROG_PERMANENT, "cannot export backup \"%s\": its bytes "
		    "are not those of its manifest", backup->object_url);
	else
		rc = 0;
out:
	digest_free(tar->digest);
	tar->digest = NULL;
	return rc;
}

/* The object must be there with the size that the manifest says. */
static int
check_backup(struct tar *tar, const struct backup *backup,
    const json_t *manifest, time_t *modified)
{
	struct buf why = BUF_INIT;
	struct store_object object = {0};
	int rc = -1;

	if (manifest_check(manifest, &why) != 0) {
		fail(PROG_PERMANENT, "cannot export \"%s\": it is no manifest: "
		    "%s", backup->manifest_url, why.data);
		goto out;
	}
	int found = store_head(tar->store, backup->object_url, &object);

	if (found < 0)
		goto out;
	if (found == 0 || object.size !=
	    (uint64_t)report_number(manifest, "size_bytes")) {
		fail(PROG_PERMANENT, "cannot export backup \"%s\": the object "
		    "is %s", backup->object_url, found == 0 ? "not there" :
		    "not of the size in its manifest");
		goto out;
	}
	*modified = object.modified.tv_sec;
	rc = 0;
out:
	store_object_release(&object);
	buf_release(&why);
	return rc;
}

static int
add_records(struct tar *tar, const struct backup *backup, time_t modified)
{
	/* A record's URL begins with the object's, so do their names. */
	size_t prefix = (size_t)(backup->object_name - backup->object_url);
	struct buf bytes = BUF_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < backup->record_count; i++) {
		rc = store_get_bytes(tar->store, backup->records[i],
		    TAR_RECORD_MAX, &bytes);
		if (rc == 0)
			rc = add_entry(tar, backup->records[i] + prefix,
			    bytes.data, bytes.len, modified);
	}
	buf_release(&bytes);
	return rc;
}

static int
add_backup(struct tar *tar, const struct backup *backup)
{
	char *name = xasprintf("%s" MANIFEST_SUFFIX, backup->object_name);
	struct buf bytes = BUF_INIT;
	json_t *manifest = NULL;
	time_t modified = 0;
	int rc = -1;

	if (store_get_bytes(tar->store, backup->manifest_url, TAR_MANIFEST_MAX,
	    &bytes) != 0)
		goto out;
	manifest = report_parse("manifest", backup->manifest_url, bytes.data,
	    bytes.len);
	if (manifest == NULL ||
	    check_backup(tar, backup, manifest, &modified) != 0 ||
	    add_entry(tar, name, bytes.data, bytes.len, modified) != 0 ||
	    add_object(tar, backup, manifest, modified) != 0 ||
	    add_records(tar, backup, modified) != 0)
		goto out;
	tar->totals.backups++;
	rc = 0;
out:
	json_decref(manifest);
	buf_release(&bytes);
	free(name);
	return rc;
}

static int
add_end(struct tar *tar)
{
	struct buf line = BUF_INIT;

	buf_addf(&line, "{\"backups\":%" PRIu64 ",\"entries\":%" PRIu64
	    ",\"bytes\":%" PRIu64 "}\n", tar->totals.backups,
	    tar->totals.entries, tar->totals.bytes);
	int rc = add_entry(tar, TAR_END, line.data, line.len, 0);

	buf_release(&line);
	return rc;
}

/* Object and names of one operand. */
static int
set_backup(struct tar *tar, struct backup *backup, const char *base,
    const char *url)
{
	if (!text_ends(url, MANIFEST_SUFFIX))
		return fail(PROG_PERMANENT, "cannot export \"%s\": the name of "
		    "a manifest ends in " MANIFEST_SUFFIX, url);
	if (!store_holds(tar->store, url))
		return fail(PROG_PERMANENT, "cannot export \"%s\": all backups "
		    "of one archive are in one store", url);
	backup->manifest_url = url;
	backup->object_url = xstrndup(url, strlen(url) -
	    strlen(MANIFEST_SUFFIX));
	backup->object_name = store_url_name(backup->object_url);
	if (base != NULL) {
		size_t len = strlen(base);

		if (!text_starts(url, base) || url[len] != '/')
			return fail(PROG_PERMANENT, "cannot export \"%s\": it "
			    "is not below --store=%s", url, base);
		backup->object_name = backup->object_url + len + 1;
	}
	for (const struct backup *at = tar->backups; at < backup; at++) {
		if (strcmp(at->object_name, backup->object_name) == 0)
			return fail(PROG_PERMANENT, "cannot export two backups "
			    "named \"%s\"", backup->object_name);
	}
	return 0;
}

/* The directory or prefix of an object, as far as its last '/'. */
static char *
parent_of(const char *url)
{
	return xstrndup(url, (size_t)(store_url_name(url) - url));
}

static int
note_record(void *context, const struct store_object *object)
{
	struct tar *tar = context;

	for (size_t i = 0; i < tar->count; i++) {
		struct backup *backup = &tar->backups[i];

		if (!tar_is_record(object->url, backup->object_url))
			continue;
		if (backup->record_count == TAR_RECORDS_MAX)
			return fail(PROG_PERMANENT, "cannot export backup "
			    "\"%s\": it has more than %d records",
			    backup->object_url, TAR_RECORDS_MAX);
		backup->records = xrealloc_array(backup->records,
		    backup->record_count + 1, sizeof *backup->records);
		backup->records[backup->record_count++] = xstrdup(object->url);
	}
	return 0;
}

/* List each directory once, however many of its backups are wanted. */
static int
find_records(struct tar *tar)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < tar->count; i++) {
		char *parent = parent_of(tar->backups[i].object_url);
		size_t len = strlen(parent);
		bool listed = false;

		/* A list goes down all levels. */
		for (size_t k = 0; k < tar->count && !listed; k++) {
			char *other = parent_of(tar->backups[k].object_url);

			listed = text_starts(parent, other) &&
			    (strlen(other) < len || k < i);
			free(other);
		}
		if (!listed)
			rc = store_list(tar->store, parent, STORE_OBJECTS,
			    note_record, tar);
		free(parent);
	}
	return rc;
}

static int
open_archive(struct tar *tar)
{
	tar->archive = archive_write_new();
	/* Plain ustar headers wherever they can say it all. */
	if (tar->archive == NULL ||
	    archive_write_set_format_pax_restricted(tar->archive) !=
	    ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(tar->archive, BLOCK) !=
	    ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(tar->archive, LAST_BLOCK) !=
	    ARCHIVE_OK || archive_write_open(tar->archive, tar, NULL,
	    write_out, NULL) != ARCHIVE_OK)
		return fail(PROG_TEMPORARY, "could not begin an archive");
	return 0;
}

int
tar_create(const char *base, char **manifest_urls)
{
	struct tar tar = {0};
	size_t count = 0;
	int rc = -1;

	while (manifest_urls[count] != NULL)
		count++;
	tar.backups = xcalloc(count, sizeof *tar.backups);
	tar.store = store_open(base != NULL ? base : manifest_urls[0], NULL);
	if (tar.store == NULL)
		goto out;
	for (; tar.count < count; tar.count++) {
		if (set_backup(&tar, &tar.backups[tar.count], base,
		    manifest_urls[tar.count]) != 0)
			goto out;
	}
	if (find_records(&tar) != 0 || open_archive(&tar) != 0)
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (prog_stopping() || add_backup(&tar, &tar.backups[i]) != 0)
			goto out;
	}
	if (add_end(&tar) != 0)
		goto out;
	rc = archive_write_close(tar.archive) == ARCHIVE_OK ? 0 :
	    fail_archive(&tar);
out:
	/* Freeing writes what is left, and an end: none that looks good. */
	tar.told = rc != 0;
	if (tar.archive != NULL)
		archive_write_free(tar.archive);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < tar.backups[i].record_count; k++)
			free(tar.backups[i].records[k]);
		free(tar.backups[i].records);
		free(tar.backups[i].object_url);
	}
	free(tar.backups);
	store_close(tar.store);
	return rc;
}
