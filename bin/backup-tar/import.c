/* One backup into a store: its object, its records, and its manifest last. */
#include "import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backup-tar.h"
#include "digest.h"
#include "manifest.h"
#include "prog.h"
#include "report.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

#define PIECE (256 * 1024)	/* bytes of one write */

struct import {
	struct store *store;
	const char *base;
	char *name;		/* the object's, below base */
	char *object_url;
	char *manifest_url;
	struct buf bytes;	/* the manifest as it is */
	json_t *manifest;
	uint64_t size;
	bool has_object;	/* its object was read */
	bool manifest_there;	/* in the store, the same */
	bool object_there;	/* in the store, of the same size */
	char **made;		/* URLs that we published */
	size_t made_count;
	size_t record_count;
};

static char *
url_below(const char *base, const char *name)
{
	/* The root, "file:///", has its '/' already. */
	return xasprintf("%s%s%s", base, text_ends(base, "/") ? "" : "/", name);
}

void
import_free(struct import *import)
{
	if (import == NULL)
		return;
	for (size_t i = 0; i < import->made_count; i++)
		free(import->made[i]);
	free(import->made);
	json_decref(import->manifest);
	buf_release(&import->bytes);
	free(import->name);
	free(import->object_url);
	free(import->manifest_url);
	free(import);
}

static void
note_made(struct import *import, const char *url)
{
	import->made = xrealloc_array(import->made, import->made_count + 1,
	    sizeof *import->made);
	import->made[import->made_count++] = xstrdup(url);
}

void
import_undo(struct import *import)
{
	if (import == NULL || import->made_count == 0)
		return;
	if (store_delete(import->store, (const char *const *)import->made,
	    import->made_count) != 0)
		warning("parts of backup \"%s\" stay", import->object_url);
}

const char *
import_name(const struct import *import)
{
	return import->name;
}

bool
import_wants_object(const struct import *import)
{
	return import != NULL && !import->has_object;
}

/* 1: there and the same bytes; 0: not there; -1: told, also when it differs. */
static int
compare_stored(const struct import *import, const char *url,
    const struct buf *bytes)
{
	struct store_object object;
	struct buf stored = BUF_INIT;
	int rc = store_head(import->store, url, &object);

	if (rc != 1)
		return rc;
	bool same = object.size == bytes->len;

	store_object_release(&object);
	if (same && store_get_bytes(import->store, url, bytes->len,
	    &stored) != 0)
		rc = -1;
	else if (!same || stored.len != bytes->len ||
	    memcmp(stored.data, bytes->data, bytes->len) != 0)
		rc = fail(PROG_PERMANENT, "cannot import \"%s\": a different "
		    "one is there", url);
	buf_release(&stored);
	return rc;
}

/* What the store has of this backup already. */
static int
look_at_store(struct import *import)
{
	struct store_object object;
	int found = compare_stored(import, import->manifest_url,
	    &import->bytes);

	if (found < 0)
		return -1;
	import->manifest_there = found == 1;
	found = store_head(import->store, import->object_url, &object);
	if (found < 0)
		return -1;
	import->object_there = found == 1;
	uint64_t size = object.size;

	store_object_release(&object);
	if (found == 1 && size != import->size)
		return fail(PROG_PERMANENT, "cannot import \"%s\": a different "
		    "one is there, of %" PRIu64 " bytes",
		    import->object_url, size);
	return 0;
}

static int
check_manifest(const struct import *import)
{
	struct buf why = BUF_INIT;
	int rc = manifest_check(import->manifest, &why);

	if (rc != 0)
		fail(PROG_PERMANENT, "cannot import \"%s" MANIFEST_SUFFIX
		    "\": it is no manifest: %s", import->name, why.data);
	else if (strcmp(report_string(import->manifest, "filename"),
	    store_url_name(import->name)) != 0)
		rc = fail(PROG_PERMANENT, "cannot import \"%s" MANIFEST_SUFFIX
		    "\": it is the manifest of another backup, \"%s\"",
		    import->name, report_string(import->manifest, "filename"));
	buf_release(&why);
	return rc;
}

struct import *
import_begin(struct store *store, const char *base, const char *name,
    struct buf *bytes)
{
	struct import *import = xcalloc(1, sizeof *import);

	import->store = store;
	import->base = base;
	import->bytes = *bytes;
	*bytes = (struct buf)BUF_INIT;
	import->name = xstrndup(name, strlen(name) - strlen(MANIFEST_SUFFIX));
	import->object_url = url_below(base, import->name);
	import->manifest_url = url_below(base, name);
	import->manifest = report_parse("manifest", name, import->bytes.data,
	    import->bytes.len);
	if (import->manifest == NULL || check_manifest(import) != 0)
		goto fail;
	import->size = (uint64_t)report_number(import->manifest, "size_bytes");
	if (look_at_store(import) == 0)
		return import;
fail:
	import_free(import);
	return NULL;
}

static int
compare_digest(const struct import *import, struct digest *digest,
    const char *where)
{
	char hex[DIGEST_HEX_SIZE];

	if (digest_finish(digest, hex) != 0)
		return -1;
	if (strcmp(hex, report_string(import->manifest, "sha256")) != 0)
		return fail(PROG_PERMANENT, "cannot import \"%s\": the bytes "
		    "%s are not those of its manifest", import->object_url,
		    where);
	return 0;
}

static int
add_to_digest(void *context, const void *data, size_t len)
{
	return prog_stopping() ? -1 : digest_add(context, data, len);
}

/* An earlier import may have ended before the manifest: are these its bytes? */
static int
check_stored_object(const struct import *import)
{
	struct digest *digest = digest_new();
	int rc = digest == NULL ? -1 : store_get(import->store,
	    import->object_url, 0, STORE_TO_END, add_to_digest, digest);

	if (rc == 0)
		rc = compare_digest(import, digest, "in the store");
	digest_free(digest);
	return rc;
}

/* Exactly the object's bytes into put, and into digest. */
static int
copy_object(const struct import *import, struct store_put *put,
    struct digest *digest, import_reader *reader, void *context)
{
	char *piece = xmalloc(PIECE);
	uint64_t left = import->size;
	int rc = -1;

	while (left > 0) {
		ssize_t n = reader(context, piece, left < PIECE ? (size_t)left :
		    PIECE);

		if (n < 0 || prog_stopping() ||
		    digest_add(digest, piece, (size_t)n) != 0 ||
		    store_put_write(put, piece, (size_t)n) != 0)
			goto out;
		left -= (uint64_t)n;
	}
	rc = compare_digest(import, digest, "in the archive");
out:
	free(piece);
	return rc;
}

static int
put_object(struct import *import, import_reader *reader, void *context)
{
	/* The run id tells debris of ours, should we be killed. */
	const struct store_metadata metadata = {"pgbackpipe-run-id",
	    report_string(import->manifest, "id")};
	const struct store_options options = {.metadata = &metadata,
	    .metadata_count = 1, .expected_size = import->size};
	struct store *store = store_open(import->object_url, &options);
	struct digest *digest = digest_new();
	struct store_put *put = store == NULL || digest == NULL ? NULL :
	    store_put_begin(store, import->object_url);
	int rc = -1;

	if (put == NULL)
		goto out;
	if (copy_object(import, put, digest, reader, context) != 0) {
		store_put_abort(put);
		goto out;
	}
	rc = store_put_commit(put, NULL);
	if (rc == 0)
		note_made(import, import->object_url);
out:
	digest_free(digest);
	store_close(store);
	return rc;
}

int
import_object(struct import *import, const char *name, uint64_t size,
    import_reader *reader, void *context)
{
	if (strcmp(name, import->name) != 0)
		return fail(PROG_PERMANENT, "cannot take entry \"%s\": object "
		    "\"%s\" must be next", name, import->name);
	if (size != import->size)
		return fail(PROG_PERMANENT, "cannot import \"%s\": the archive "
		    "has %" PRIu64 " bytes, its manifest says %" PRIu64,
		    import->object_url, size, import->size);
	import->has_object = true;
	if (!import->object_there)
		return put_object(import, reader, context);
	return import->manifest_there ? 0 : check_stored_object(import);
}

int
import_record(struct import *import, const char *name,
    const struct buf *bytes)
{
	if (++import->record_count > TAR_RECORDS_MAX)
		return fail(PROG_PERMANENT, "cannot import \"%s\": it has more "
		    "than %d records", import->object_url, TAR_RECORDS_MAX);
	json_t *record = report_parse("record", name, bytes->data, bytes->len);

	if (record == NULL)
		return -1;
	json_decref(record);
	char *url = url_below(import->base, name);
	int rc = compare_stored(import, url, bytes);

	if (rc == 0 && (rc = store_put_bytes(import->store, url, bytes->data,
	    bytes->len)) == 0)
		note_made(import, url);
	free(url);
	return rc < 0 ? -1 : 0;
}

int
import_commit(struct import *import)
{
	bool there = import->manifest_there && import->object_there;

	if (!import->has_object)
		return fail(PROG_PERMANENT, "cannot import \"%s\": the archive "
		    "has its manifest only", import->object_url);
	if (there)
		warning("skipped backup \"%s\": it is there already",
		    import->object_url);
	if (!import->manifest_there && store_put_bytes(import->store,
	    import->manifest_url, import->bytes.data, import->bytes.len) != 0)
		return -1;
	/* It is a backup now: nothing of it is taken back. */
	for (; import->made_count > 0; import->made_count--)
		free(import->made[import->made_count - 1]);
	json_t *line = json_pack("{s:s, s:s, s:s, s:I, s:b}", "name",
	    import->name, "url", import->object_url, "manifest_url",
	    import->manifest_url, "size_bytes", (json_int_t)import->size,
	    "imported", !there);
	int rc = report_print(line);

	json_decref(line);
	return rc;
}
