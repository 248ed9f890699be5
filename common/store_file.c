#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "atomic_file.h"
#include "pace.h"
#include "prog.h"
#include "store.h"
#include "store_backend.h"
#include "store_file_list.h"
#include "store_file_put.h"
#include "store_path.h"
#include "text.h"
#include "xalloc.h"

#define PIECE (256 * 1024)	/* bytes of one read */
#define XATTR_MAX 65536		/* bytes of all names, of one value; kernel's */

/* The mode asked for, else FILE_MODE's or DIR_MODE's, else the default. */
static int
choose_mode(const char *variable, unsigned asked, unsigned standard,
    mode_t *mode)
{
	const char *text = getenv(variable);

	*mode = asked != 0 ? asked : standard;
	if (asked != 0 || text == NULL || text[0] == '\0')
		return 0;
	*mode = 0;
	for (const char *at = text; *at >= '0' && *at <= '7' && at < text + 4;)
		*mode = *mode * 8 + (mode_t)(*at++ - '0');
	if (text[strspn(text, "01234567")] != '\0' || strlen(text) > 4 ||
	    (*mode & standard) != standard || *mode > 0777)
		return fail(PROG_PERMANENT, "cannot use %s=%s: an octal mode "
		    "from %04o to 0777", variable, text, standard);
	return 0;
}

static struct store *
file_open(const struct store_url *place, const struct store_options *options)
{
	struct store_file *store = xcalloc(1, sizeof *store);

	store->options = options;
	if (options->wish_count > 0 || options->secret != NULL ||
	    options->request_payer) {
		fail(PROG_PERMANENT, "cannot use options of S3 with "
		    "\"%s\"", place->text);
		goto bad;
	}
	if (choose_mode("FILE_MODE", options->file_mode, 0600,
	    &store->file_mode) == 0 &&
	    choose_mode("DIR_MODE", options->directory_mode, 0700,
	    &store->directory_mode) == 0)
		return &store->base;
bad:
	free(store);
	return NULL;
}

static struct store *
file_reader(const struct store *store)
{
	struct store_file *new = xcalloc(1, sizeof *new);

	*new = *(const struct store_file *)store;
	return &new->base;
}

static void
file_close(struct store *store)
{
	free(store);
}

static bool
file_holds(const struct store *store, const struct store_url *url)
{
	(void)store;
	(void)url;
	return true;
}

/* A descriptor of the object; -1: told; -2: it is not there. */
static int
open_object(const struct store_url *url, struct stat *st)
{
	/* O_NONBLOCK: a FIFO of this name must not hold us. */
	int fd = open(url->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -2;
	if (fd < 0 || fstat(fd, st) != 0) {
		store_path_fail("read object", url->text, url->path);
		io_close(&fd);
	} else if (!S_ISREG(st->st_mode)) {
		fail(PROG_PERMANENT, "cannot read object \"%s\": it is %s",
		    url->text, S_ISDIR(st->st_mode) ? "a directory" :
		    "no regular file");
		io_close(&fd);
	}
	return fd;
}

static bool
is_same(const struct stat *st, uint64_t size, const struct timespec *modified)
{
	return (uint64_t)st->st_size == size &&
	    st->st_mtim.tv_sec == modified->tv_sec &&
	    st->st_mtim.tv_nsec == modified->tv_nsec;
}

/* Who writes into it in place: what was read is of two objects. */
static int
check_unchanged(const struct store_url *url, int fd, const struct stat *before)
{
	struct stat now;

	if (fstat(fd, &now) != 0)
		return store_path_fail("read object", url->text, url->path);
	return is_same(&now, (uint64_t)before->st_size, &before->st_mtim) ? 0 :
	    fail(PROG_TEMPORARY, "could not read object \"%s\": it changed "
	    "while it was read", url->text);
}

static int
file_get(struct store *store, const struct store_url *url, uint64_t from,
    uint64_t to, store_sink *sink, void *context)
{
	struct stat st;
	const struct store_options *options =
	    ((struct store_file *)store)->options;
	int fd = open_object(url, &st);
	char *piece = NULL;
	int rc = -1;

	if (fd < 0)
		return fd == -2 ? 1 : -1;
	uint64_t end = (uint64_t)st.st_size < to ? (uint64_t)st.st_size : to;

	if (from > 0 && from < end && lseek(fd, (off_t)from, SEEK_SET) < 0) {
		store_path_fail("read object", url->text, url->path);
		goto out;
	}
	(void)posix_fadvise(fd, (off_t)from, 0, POSIX_FADV_SEQUENTIAL);
	piece = xmalloc(PIECE);
	while (from < end) {
		size_t want = end - from < PIECE ? (size_t)(end - from) : PIECE;
		ssize_t n = io_read_full(fd, piece, want);

		if (n < 0 && prog_stopping())
			goto out;
		if (n < 0) {
			store_path_fail("read object", url->text, url->path);
			goto out;
		}
		if ((size_t)n < want) {
			fail(PROG_TEMPORARY, "could not read object \"%s\": it "
			    "became shorter meanwhile", url->text);
			goto out;
		}
		if (sink(context, piece, want) != 0)
			goto out;
		pace_wait(options->pace, want, NULL);
		from += want;
	}
	rc = check_unchanged(url, fd, &st);
out:
	free(piece);
	io_close(&fd);
	return rc;
}

static int
read_part(int fd, const struct store_url *url, const struct store_part *part)
{
	char *piece = xmalloc(PIECE);
	uint64_t at = part->from;
	int rc = 0;

	while (at < part->to && rc == 0) {
		size_t want = part->to - at < PIECE ? (size_t)(part->to - at) :
		    PIECE;
		ssize_t n = io_read_full(fd, piece, want);

		if (part->cancel != NULL && atomic_load(part->cancel))
			rc = -1;
		else if (n < 0)
			rc = prog_stopping() ? -1 : store_path_fail(
			    "read object", url->text, url->path);
		else if ((size_t)n < want)
			rc = store_fail_changed(url, part);
		else
			rc = part->sink(part->context, piece, want);
		at += want;
	}
	free(piece);
	return rc;
}

/* Before and after: who writes into it in place changes its time. */
static int
file_get_part(struct store *store, const struct store_url *url,
    const struct store_part *part)
{
	struct stat st;
	int fd = open_object(url, &st);
	int rc = -1;

	(void)store;
	if (fd < 0)
		return fd == -2 ? 1 : -1;
	if (!is_same(&st, part->object->size,
	    &part->object->modified))
		store_fail_changed(url, part);
	else if (lseek(fd, (off_t)part->from, SEEK_SET) < 0)
		store_path_fail("read object", url->text, url->path);
	else
		rc = read_part(fd, url, part);
	if (rc == 0 && (fstat(fd, &st) != 0 || !is_same(&st, part->object->size,
	    &part->object->modified)))
		rc = store_fail_changed(url, part);
	io_close(&fd);
	return rc;
}

/* Extended attributes whose names can be metadata keys. -1: errno is set. */
static int
read_metadata(const char *path, struct store_object *object)
{
	char *names = xmalloc(XATTR_MAX);
	char *value = xmalloc(XATTR_MAX + 1);
	ssize_t len = listxattr(path, names, XATTR_MAX);
	int rc = len >= 0 || errno == ENOTSUP || errno == ENOENT ? 0 : -1;

	for (ssize_t at = 0; rc == 0 && at < len;
	    at += (ssize_t)strlen(names + at) + 1) {
		const char *key = names + at + sizeof STORE_FILE_XATTR - 1;

		if (!text_starts(names + at, STORE_FILE_XATTR))
			continue;
		ssize_t n = getxattr(path, names + at, value, XATTR_MAX);

		if (n < 0 && errno != ENODATA)
			rc = -1;
		if (n < 0)
			continue;
		value[n] = '\0';
		if (strlen(value) != (size_t)n ||
		    store_metadata_problem(key, value) != NULL)
			continue;
		object->metadata = xrealloc_array(object->metadata,
		    object->metadata_count + 1, sizeof *object->metadata);
		object->metadata[object->metadata_count++] =
		    (struct store_metadata){xstrdup(key), xstrdup(value)};
	}
	free(value);
	free(names);
	return rc;
}

static int
file_head(struct store *store, const struct store_url *url,
    struct store_object *object)
{
	struct stat st;

	(void)store;
	if (stat(url->path, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return store_path_fail("look at object", url->text, url->path);
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	if (read_metadata(url->path, object) != 0)
		return store_path_fail("read metadata of object", url->text,
		    url->path);
	object->url = xstrdup(url->text);
	object->size = (uint64_t)st.st_size;
	object->modified = st.st_mtim;
	object->etag = xstrdup("");
	return 1;
}

/* An unlink is for ever only once its directory is on disk. */
static int
sync_parent(const struct store_url *url)
{
	if (atomic_file_sync_parent(url->path) == 0 || errno == ENOENT ||
	    errno == ENOTDIR || errno == EACCES)
		return 0;
	return store_path_fail("write directory of object", url->text,
	    url->path);
}

static bool
same_directory(const struct store_url *a, const struct store_url *b)
{
	size_t len = (size_t)(store_url_name(a->path) - a->path);

	return len == (size_t)(store_url_name(b->path) - b->path) &&
	    memcmp(a->path, b->path, len) == 0;
}

static int
file_delete(struct store *store, struct store_url *const *urls, size_t count)
{
	(void)store;
	for (size_t i = 0; i < count; i++) {
		if (unlink(urls[i]->path) != 0) {
			if (errno != ENOENT && errno != ENOTDIR)
				return store_path_fail("delete object",
				    urls[i]->text, urls[i]->path);
			info("object \"%s\" was gone already", urls[i]->text);
		}
		if ((i + 1 == count || !same_directory(urls[i], urls[i + 1])) &&
		    sync_parent(urls[i]) != 0)
			return -1;
	}
	return 0;
}

const struct store_backend store_file_backend = {
	.open = file_open,
	.reader = file_reader,
	.close = file_close,
	.holds = file_holds,
	.put_begin = store_file_put_begin,
	.put_write = store_file_put_write,
	.put_commit = store_file_put_commit,
	.put_abort = store_file_put_abort,
	.get = file_get,
	.get_part = file_get_part,
	.head = file_head,
	.list = store_file_list,
	.delete = file_delete,
	.abort_uploads = store_file_abort_uploads,
};
