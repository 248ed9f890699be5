#define _GNU_SOURCE
#include "store_file_put.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pace.h"
#include "prog.h"
#include "store_partial.h"
#include "store_path.h"
#include "xalloc.h"

#define WINDOW ((uint64_t)8 * 1024 * 1024)	/* bytes; see write_behind */

struct put {
	struct store_put base;
	struct store_file *store;
	const struct store_url *url;
	const char *name;	/* the last segment of url's path */
	char *temporary;	/* its name in dir; NULL: it has none */
	int dir;
	int fd;
	uint64_t size;
};

/* A file without a name, where the file system and /proc allow it. */
static int
open_file(struct put *put)
{
	if (access("/proc/self/fd", X_OK) == 0) {
		put->fd = openat(put->dir, ".", O_TMPFILE | O_WRONLY |
		    O_CLOEXEC, 0600);
		if (put->fd >= 0)
			return 0;
		/* All of these have been seen for "no O_TMPFILE here". */
		if (errno != EOPNOTSUPP && errno != EISDIR &&
		    errno != EINVAL && errno != ENOENT)
			return -1;
	}
	put->fd = store_partial_create(put->dir, put->name, &put->temporary);
	return put->fd < 0 ? -1 : 0;
}

/* Metadata before the name: nobody sees an object without it. */
static int
set_metadata(struct put *put)
{
	const struct store_options *options = put->store->options;

	for (size_t i = 0; i < options->metadata_count; i++) {
		const struct store_metadata *one = &options->metadata[i];
		char *name = xasprintf(STORE_FILE_XATTR "%s", one->key);
		int rc = fsetxattr(put->fd, name, one->value,
		    strlen(one->value), 0);

		free(name);
		if (rc == 0)
			continue;
		if (errno != ENOTSUP)
			return store_path_fail("set metadata of object",
			    put->url->text, put->url->path);
		if (!put->store->told_no_metadata)
			warning("object \"%s\" goes without metadata: the file "
			    "system has no extended attributes",
			    put->url->text);
		put->store->told_no_metadata = true;
		break;
	}
	return 0;
}

/* 0 when the name is free, else -1 (told). */
static int
check_free(const struct put *put)
{
	struct stat st;

	if (store_partial_is(put->name))
		return fail(PROG_PERMANENT, "cannot put object \"%s\": that is "
		    "the name of a temporary file", put->url->text);
	if (fstatat(put->dir, put->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : store_path_fail("put object",
		    put->url->text, put->url->path);
	if (S_ISDIR(st.st_mode))
		return fail(PROG_PERMANENT, "cannot put object \"%s\": there "
		    "is a directory of this name", put->url->text);
	return store_fail_taken(put->url);
}

struct store_put *
store_file_put_begin(struct store *store, const struct store_url *url)
{
	struct put *put = xcalloc(1, sizeof *put);

	put->store = (struct store_file *)store;
	put->url = url;
	put->name = store_url_name(url->path);
	put->fd = -1;
	put->dir = store_path_open_parent(url->path,
	    put->store->directory_mode);
	if (put->dir < 0 || check_free(put) != 0)
		goto fail;
	if (open_file(put) != 0) {
		store_path_fail("create object", url->text, url->path);
		goto fail;
	}
	if (set_metadata(put) == 0)
		return &put->base;
fail:
	store_file_put_abort(&put->base);
	return NULL;
}

/*
 * Keep at most two windows dirty: the disk works all the time, the last fsync
 * is short, and a backup does not push the database out of the page cache.
 * Advice only, so failures do not matter; fsync tells the real ones.
 */
static void
write_behind(const struct put *put, uint64_t before)
{
	uint64_t window = put->size / WINDOW;

	if (window == before / WINDOW || window == 0)
		return;
	off_t current = (off_t)((window - 1) * WINDOW);

	(void)sync_file_range(put->fd, current, WINDOW,
	    SYNC_FILE_RANGE_WRITE);
	if (window == 1)
		return;
	off_t last = current - (off_t)WINDOW;

	(void)sync_file_range(put->fd, last, WINDOW,
	    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
	    SYNC_FILE_RANGE_WAIT_AFTER);
	(void)posix_fadvise(put->fd, last, WINDOW, POSIX_FADV_DONTNEED);
}

int
store_file_put_write(struct store_put *base, const void *data, size_t len)
{
	struct put *put = (struct put *)base;
	uint64_t before = put->size;

	pace_wait(put->store->options->pace, len, NULL);
	if (io_write_full(put->fd, data, len) != 0) {
		if (prog_stopping())
			return -1;
		return store_path_fail("write object", put->url->text,
		    put->url->path);
	}
	put->size += len;
	write_behind(put, before);
	return 0;
}

/* Give the file its name. 0, or -1 with errno set, EEXIST: it is taken. */
static int
link_name(struct put *put)
{
	char path[64];
	struct stat ours, theirs;

	if (put->temporary == NULL) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", put->fd);
		return linkat(AT_FDCWD, path, put->dir, put->name,
		    AT_SYMLINK_FOLLOW);
	}
	if (linkat(put->dir, put->temporary, put->dir, put->name, 0) == 0)
		return 0;
	/* NFS: the answer was lost, the second try met our own link. */
	if (errno == EEXIST && fstat(put->fd, &ours) == 0 &&
	    fstatat(put->dir, put->name, &theirs, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev)
		return 0;
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	/* FAT and some FUSE file systems have no hard links. */
	if (renameat2(put->dir, put->temporary, put->dir, put->name,
	    RENAME_NOREPLACE) != 0)
		return -1;
	free(put->temporary);
	put->temporary = NULL;
	return 0;
}

/* It may be gone after a crash, or is not where it should be: no object. */
static int
take_back(const struct put *put)
{
	if (unlinkat(put->dir, put->name, 0) != 0)
		warning("could not remove object \"%s\" again: %m",
		    put->url->text);
	return -1;
}

/* Whether our file's name is in our directory, but that is elsewhere now. */
static bool
was_moved(const struct put *put, const struct stat *ours)
{
	struct stat there, here;

	if (stat(put->url->path, &there) == 0)
		return false;
	return (errno == ENOENT || errno == ENOTDIR) &&
	    fstatat(put->dir, put->name, &here, AT_SYMLINK_NOFOLLOW) == 0 &&
	    here.st_ino == ours->st_ino && here.st_dev == ours->st_dev;
}

/* The object's bytes and mode on disk, then its name, then the directory. */
static int
publish(struct put *put, struct stat *st)
{
	if (fchmod(put->fd, put->store->file_mode) != 0 ||
	    fsync(put->fd) != 0 || fstat(put->fd, st) != 0)
		return store_path_fail("write object", put->url->text,
		    put->url->path);
	if ((uint64_t)st->st_size != put->size)
		return fail(PROG_TEMPORARY, "could not write object \"%s\": it "
		    "has %lld bytes instead of %llu", put->url->text,
		    (long long)st->st_size, (unsigned long long)put->size);
	if (link_name(put) != 0)
		return errno == EEXIST ? store_fail_taken(put->url) :
		    store_path_fail("publish object", put->url->text,
		    put->url->path);
	if (store_path_sync(put->dir) != 0) {
		store_path_fail("write directory of object", put->url->text,
		    put->url->path);
		return take_back(put);
	}
	if (!was_moved(put, st))
		return 0;
	fail(PROG_TEMPORARY, "could not publish object \"%s\": its directory "
	    "was moved meanwhile", put->url->text);
	return take_back(put);
}

static void
put_free(struct put *put)
{
	/* First the name, then the lock that goes with the descriptor. */
	if (put->temporary != NULL &&
	    unlinkat(put->dir, put->temporary, 0) != 0 && errno != ENOENT)
		warning("could not remove temporary file \"%s\" of object "
		    "\"%s\": %m", put->temporary, put->url->text);
	io_close(&put->fd);
	io_close(&put->dir);
	free(put->temporary);
	free(put);
}

int
store_file_put_commit(struct store_put *base, struct store_object *result)
{
	struct put *put = (struct put *)base;
	struct stat st;
	int rc = publish(put, &st);

	if (rc == 0) {
		result->url = xstrdup(put->url->text);
		result->etag = xstrdup("");
		result->size = put->size;
		result->modified = st.st_mtim;
	}
	put_free(put);
	return rc;
}

void
store_file_put_abort(struct store_put *base)
{
	put_free((struct put *)base);
}
