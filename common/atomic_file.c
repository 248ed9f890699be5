#define _GNU_SOURCE
#include "atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

int
atomic_file_sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash == NULL ? xstrdup(".") : slash == path ?
	    xstrdup("/") : xstrndup(path, (size_t)(slash - path));
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);
	int saved = errno;

	/* Some file systems have no fsync for directories. */
	if (rc != 0 && (saved == EINVAL || saved == ENOSYS))
		rc = 0;
	io_close(&fd);
	free(directory);
	errno = saved;
	return rc;
}

/*
 * /dev/stdout, /dev/fd/3, a FIFO: there is nothing to rename, also where a
 * regular file is behind the name.
 */
static bool
is_in_place(const char *path)
{
	struct stat st;

	return text_starts(path, "/dev/fd/") ||
	    text_starts(path, "/dev/std") || text_starts(path, "/proc/") ||
	    (stat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode));
}

static int
write_in_place(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	int rc = fd < 0 ? -1 : io_write_full(fd, data, len);

	return io_close(&fd) == 0 ? rc : -1;
}

static int
write_and_rename(const char *path, mode_t mode, const void *data, size_t len)
{
	char *temporary = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	int rc = -1;

	if (fd < 0)
		goto out;
	if (fchmod(fd, mode) == 0 && io_write_full(fd, data, len) == 0 &&
	    fsync(fd) == 0 && io_close(&fd) == 0 &&
	    rename(temporary, path) == 0) {
		rc = atomic_file_sync_parent(path);
	} else {
		int saved = errno;

		io_close(&fd);
		unlink(temporary);
		errno = saved;
	}
out:
	free(temporary);
	return rc;
}

int
atomic_file_write(const char *kind, const char *path, mode_t mode,
    const void *data, size_t len)
{
	int rc = is_in_place(path) ? write_in_place(path, data, len) :
	    write_and_rename(path, mode, data, len);

	if (rc != 0)
		return fail(PROG_TEMPORARY, "could not write %s \"%s\": %m",
		    kind, path);
	return 0;
}
