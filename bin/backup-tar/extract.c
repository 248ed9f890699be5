/* The reading half of backup-tar. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backup-tar.h"
#include "flow.h"
#include "import.h"
#include "manifest.h"
#include "prog.h"
#include "report.h"
#include "store.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

#define PIECE (256 * 1024)	/* bytes of one read */
#define END_MAX 4096		/* bytes of the last entry */
#define TAR_BLOCK 512		/* bytes */

struct tar {
	struct archive *archive;
	struct store *store;
	const char *base;
	struct import *backup;	/* NULL: between backups */
	struct tar_totals totals;
	bool told;		/* a callback has said why it failed */
	bool at_end;		/* stdin has ended */
	char input[PIECE];	/* what libarchive was given last, */
	size_t input_len;
	uint64_t input_at;	/* and where in stdin that begins */
	char piece[PIECE];
};

static la_ssize_t
read_in(struct archive *archive, void *context, const void **data)
{
	struct tar *tar = context;

	tar->input_at += tar->input_len;
	tar->input_len = 0;
	ssize_t n = flow_read_some(tar->input, sizeof tar->input);

	if (n < 0) {
		tar->told = true;
		archive_set_error(archive, EIO, "read");
		return ARCHIVE_FATAL;
	}
	tar->input_len = (size_t)n;
	tar->at_end = n == 0;
	*data = tar->input;
	return n;
}

/* The archive is bad. When it ends too early that may be its writer's fault. */
static int
fail_input(const struct tar *tar, const char *reason)
{
	if (tar->told || prog_stopping() ||
	    (tar->at_end && flow_require_upstream(false) != 0))
		return -1;
	return fail(PROG_PERMANENT, "cannot read archive: %s", reason);
}

static int
fail_archive(const struct tar *tar)
{
	const char *reason = archive_error_string(tar->archive);

	return fail_input(tar, reason == NULL ? "it is none" : reason);
}

/* The whole entry into buf. */
static int
read_entry(struct tar *tar, const char *name, uint64_t size, size_t max,
    struct buf *buf)
{
	if (size > max)
		return fail(PROG_PERMANENT, "cannot take entry \"%s\": %" PRIu64
		    " bytes are more than %zu", name, size, max);
	buf_clear(buf);
	buf_reserve(buf, (size_t)size);
	la_ssize_t n = archive_read_data(tar->archive, buf->data,
	    (size_t)size);

	if (n != (la_ssize_t)size)
		return fail_archive(tar);
	buf->len = (size_t)size;
	buf->data[size] = '\0';
	return 0;
}

static ssize_t
read_object(void *context, void *data, size_t len)
{
	struct tar *tar = context;
	la_ssize_t n = archive_read_data(tar->archive, data, len);

	return n > 0 ? (ssize_t)n : fail_archive(tar);
}

static int
begin_backup(struct tar *tar, const char *name, uint64_t size)
{
	struct buf bytes = BUF_INIT;
	int rc = read_entry(tar, name, size, TAR_MANIFEST_MAX, &bytes);

	if (rc == 0)
		tar->backup = import_begin(tar->store, tar->base, name, &bytes);
	buf_release(&bytes);
	return tar->backup == NULL ? -1 : 0;
}

static int
take_record(struct tar *tar, const char *name, uint64_t size)
{
	struct buf bytes = BUF_INIT;
	int rc = read_entry(tar, name, size, TAR_RECORD_MAX, &bytes);

	if (rc == 0)
		rc = import_record(tar->backup, name, &bytes);
	buf_release(&bytes);
	return rc;
}

static int
end_backup(struct tar *tar)
{
	if (tar->backup == NULL)
		return 0;
	if (prog_stopping() || import_commit(tar->backup) != 0)
		return -1;
	import_free(tar->backup);
	tar->backup = NULL;
	tar->totals.backups++;
	return 0;
}

/* The name of a key below base that a list would show. NULL: told. */
static const char *
entry_name(const struct tar *tar, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname_utf8(entry);

	if (name == NULL)
		name = archive_entry_pathname(entry);
	const char *problem = name == NULL ? "it has no name" :
	    store_key_problem(name);

	if (problem == NULL && (name[0] == '.' || strstr(name, "/.") != NULL))
		problem = "it is hidden";
	if (problem == NULL && strlen(tar->base) + strlen(name) >
	    STORE_KEY_MAX)
		problem = "it is too long";
	if (problem == NULL && (archive_entry_filetype(entry) != AE_IFREG ||
	    archive_entry_hardlink(entry) != NULL ||
	    archive_entry_sparse_count(entry) > 0))
		problem = "it is no plain file";
	if (problem == NULL && (!archive_entry_size_is_set(entry) ||
	    archive_entry_size(entry) < 0))
		problem = "it has no size";
	if (problem == NULL)
		return name;
	fail(PROG_PERMANENT, "cannot take entry \"%s\": %s",
	    name == NULL ? "" : name, problem);
	return NULL;
}

static int
take_entry(struct tar *tar, const char *name, uint64_t size)
{
	if (tar->totals.entries++ == TAR_ENTRIES_MAX)
		return fail(PROG_PERMANENT, "cannot take more than %d entries",
		    TAR_ENTRIES_MAX);
	tar->totals.bytes += size;
	if (import_wants_object(tar->backup))
		return import_object(tar->backup, name, size, read_object, tar);
	if (tar->backup != NULL &&
	    tar_is_record(name, import_name(tar->backup)))
		return take_record(tar, name, size);
	if (!text_ends(name, MANIFEST_SUFFIX) ||
	    strlen(name) == strlen(MANIFEST_SUFFIX))
		return fail(PROG_PERMANENT, "cannot take entry \"%s\": a "
		    "manifest must be next", name);
	return end_backup(tar) == 0 ? begin_backup(tar, name, size) : -1;
}

static int
check_totals(const struct tar *tar, const struct buf *bytes)
{
	const struct tar_totals *totals = &tar->totals;
	json_t *end = report_parse("entry", TAR_END, bytes->data, bytes->len);
	int rc = -1;

	if (end == NULL)
		return -1;
	/* The backup under way is not counted yet. */
	if (report_number(end, "backups") !=
	    (int64_t)totals->backups + (tar->backup != NULL) ||
	    report_number(end, "entries") != (int64_t)totals->entries ||
	    report_number(end, "bytes") != (int64_t)totals->bytes)
		fail(PROG_PERMANENT, "cannot read archive: its last entry "
		    "does not agree with what came before it");
	else
		rc = 0;
	json_decref(end);
	return rc;
}

/* Nothing but zeros may follow the last entry, to the end of stdin. */
static int
check_rest(struct tar *tar, uint64_t end)
{
	size_t at = end <= tar->input_at ? 0 :
	    end - tar->input_at < tar->input_len ?
	    (size_t)(end - tar->input_at) : tar->input_len;

	for (;;) {
		for (; at < tar->input_len; at++) {
			if (tar->input[at] != '\0')
				return fail(PROG_PERMANENT, "cannot read "
				    "archive: something follows its end");
		}
		ssize_t n = flow_read(tar->input, sizeof tar->input);

		if (n < 0)
			return -1;
		if (n == 0)
			return 0;
		tar->input_len = (size_t)n;
		at = 0;
	}
}

static int
take_end(struct tar *tar, uint64_t size)
{
	uint64_t end = (uint64_t)archive_read_header_position(tar->archive) +
	    TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	struct archive_entry *entry;
	struct buf bytes = BUF_INIT;
	int rc = -1;

	if (read_entry(tar, TAR_END, size, END_MAX, &bytes) != 0 ||
	    check_totals(tar, &bytes) != 0)
		goto out;
	int next = archive_read_next_header(tar->archive, &entry);

	if (next != ARCHIVE_EOF) {
		fail_input(tar, next == ARCHIVE_OK ? "something follows its "
		    "last entry" : archive_error_string(tar->archive));
		goto out;
	}
	if (check_rest(tar, end) != 0 || flow_require_upstream(false) != 0)
		goto out;
	rc = end_backup(tar);
out:
	buf_release(&bytes);
	return rc;
}

static int
take_all(struct tar *tar)
{
	for (;;) {
		struct archive_entry *entry;
		int rc = archive_read_next_header(tar->archive, &entry);

		if (prog_stopping())
			return -1;
		if (rc == ARCHIVE_EOF)
			return fail_input(tar, "it ends without its last "
			    "entry, so it is cut, or not of backup-tar");
		if (rc != ARCHIVE_OK)
			return fail_archive(tar);
		const char *name = entry_name(tar, entry);

		if (name == NULL)
			return -1;
		uint64_t size = (uint64_t)archive_entry_size(entry);

		if (strcmp(name, TAR_END) == 0)
			return take_end(tar, size);
		if (take_entry(tar, name, size) != 0)
			return -1;
	}
}

int
tar_extract(const char *base)
{
	struct tar *tar = xcalloc(1, sizeof *tar);
	int rc = -1;

	tar->base = base;
	tar->store = store_open(base, NULL);
	tar->archive = archive_read_new();
	if (tar->store == NULL)
		goto out;
	if (tar->archive == NULL ||
	    archive_read_support_format_tar(tar->archive) != ARCHIVE_OK) {
		fail(PROG_TEMPORARY, "could not set up libarchive");
		goto out;
	}
	if (archive_read_open(tar->archive, tar, NULL, read_in, NULL) !=
	    ARCHIVE_OK)
		fail_archive(tar);
	else
		rc = take_all(tar);
	if (rc != 0)
		import_undo(tar->backup);
out:
	import_free(tar->backup);
	archive_read_free(tar->archive);
	store_close(tar->store);
	free(tar);
	return rc;
}
