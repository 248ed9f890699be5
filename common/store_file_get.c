#define _GNU_SOURCE
#include "store_file_get.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pace.h"
#include "prog.h"
#include "store_file_put.h"
#include "store_path.h"
#include "xalloc.h"

#define PIECE (256 * 1024)	/* bytes of one read */

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

int
store_file_get(struct store *store, const struct store_url *url, uint64_t from,
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
int
store_file_get_part(struct store *store, const struct store_url *url,
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
