#define _GNU_SOURCE
#include "store_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prog.h"
#include "xalloc.h"

static bool
is_permanent(int code)
{
	switch (code) {
	case EACCES: case EPERM: case EROFS: case ENAMETOOLONG: case ENOTDIR:
	case EISDIR: case ELOOP: case EFBIG: case EINVAL: case EOPNOTSUPP:
		return true;
	default:
		return false;
	}
}

int
store_path_fail(const char *what, const char *text, const char *path)
{
	int code = errno;
	const char *slash = strrchr(path, '/');
	int len = slash == path ? 1 : (int)(slash - path);

	if (is_permanent(code))
		fail(PROG_PERMANENT, "cannot %s \"%s\": %m", what, text);
	else
		fail(PROG_TEMPORARY, "could not %s \"%s\": %m", what, text);
	if (code == ENOSPC || code == EDQUOT)
		hint("make room on the file system of \"%.*s\", or keep fewer "
		    "backups", len, path);
	else if (code == EROFS)
		hint("the file system of \"%.*s\" is mounted read-only", len,
		    path);
	else if (code == EACCES || code == EPERM)
		hint("user %u must be allowed to use directory \"%.*s\" and "
		    "those above it", (unsigned)geteuid(), len, path);
	return -1;
}

int
store_path_sync(int dir)
{
	if (fsync(dir) == 0 || errno == EINVAL || errno == ENOSYS)
		return 0;
	return -1;
}

/* Make one directory, and make its name in its parent last. */
static int
make_directory(const char *path, mode_t mode)
{
	const char *slash = strrchr(path, '/');
	char *parent = xstrndup(path, slash == path ? 1 :
	    (size_t)(slash - path));
	int dir = -1;
	int rc = -1;

	if (mkdir(path, mode) != 0) {
		rc = errno == EEXIST ? 0 : -1;
		goto out;
	}
	/* mkdir's mode went through the umask. */
	if (chmod(path, mode) != 0)
		goto out;
	dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A parent that we may not read cannot be synced: that is no error. */
	if (dir >= 0 ? store_path_sync(dir) == 0 : errno == EACCES)
		rc = 0;
out:
	io_close(&dir);
	free(parent);
	return rc;
}

int
store_path_open_parent(const char *file, mode_t mode)
{
	const char *slash = strrchr(file, '/');
	char *path = xstrndup(file, slash == file ? 1 :
	    (size_t)(slash - file));
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0 || errno != ENOENT)
		goto out;
	for (char *at = path + 1;; at++) {
		char old = *at;

		if (old != '/' && old != '\0')
			continue;
		*at = '\0';
		struct stat st;

		/* An automounter makes some on sight, but mkdir fails there. */
		if (stat(path, &st) != 0 &&
		    make_directory(path, mode) != 0) {
			store_path_fail("make directory", path, path);
			free(path);
			return -1;
		}
		*at = old;
		if (old == '\0')
			break;
	}
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
out:
	if (dir < 0)
		store_path_fail("open directory", path, file);
	free(path);
	return dir;
}
