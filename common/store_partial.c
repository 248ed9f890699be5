#define _GNU_SOURCE
#include "store_partial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define NAME_KEPT 200	/* bytes of NAME in a temporary name */
#define RANDOM_LEN 6	/* the X of a temporary name */
#define END ".partial"
#define TRIES 100

/* ".NAME." of temporary names: the same for the same name. */
static char *
partial_start(const char *name)
{
	size_t len = strlen(name);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);	/* FNV-1a */

	if (len <= NAME_KEPT)
		return xasprintf(".%s.", name);
	for (const char *at = name; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	return xasprintf(".%.*s~%016llx.", NAME_KEPT, name,
	    (unsigned long long)hash);
}

static bool
is_random_part(const char *text)
{
	for (int i = 0; i < RANDOM_LEN; i++) {
		if (!((text[i] >= 'a' && text[i] <= 'z') ||
		    (text[i] >= '2' && text[i] <= '7')))
			return false;
	}
	return true;
}

bool
store_partial_is(const char *name)
{
	size_t end = RANDOM_LEN + sizeof END - 1;
	size_t len = strlen(name);

	/* "." NAME "." XXXXXX ".partial", NAME of one byte at least */
	return len >= end + 3 && name[0] == '.' && name[len - end - 1] == '.' &&
	    text_ends(name, END) && is_random_part(name + len - end);
}

int
store_partial_remove_dead(int dir, const char *name)
{
	/* NFS makes flock a lock that wants a descriptor for writing. */
	int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
	int rc = -1;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		rc = errno == EWOULDBLOCK ? 0 : -1;
	else if (unlinkat(dir, name, 0) == 0)
		rc = 1;
	else if (errno == ENOENT)
		rc = 0;
	int saved = errno;

	io_close(&fd);
	errno = saved;
	return rc;
}

/*
 * What killed writers of this very object left behind. A failure is only a
 * warning: the new object can be written all the same.
 */
static void
remove_dead(int dir, const char *object)
{
	char *start = partial_start(object);
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (list == NULL)
		io_close(&fd);
	while (list != NULL && (entry = readdir(list)) != NULL) {
		if (!text_starts(entry->d_name, start) ||
		    !store_partial_is(entry->d_name) ||
		    strlen(entry->d_name) != strlen(start) + RANDOM_LEN +
		    sizeof END - 1)
			continue;
		int rc = store_partial_remove_dead(dir, entry->d_name);

		if (rc < 0)
			warning("could not remove temporary file \"%s\": %m",
			    entry->d_name);
		else if (rc > 0)
			info("removed temporary file \"%s\" of a dead writer",
			    entry->d_name);
	}
	if (list != NULL)
		closedir(list);
	free(start);
}

static char *
partial_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char bytes[RANDOM_LEN];
	char random[RANDOM_LEN + 1] = "";
	char *start = partial_start(name);

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		memset(bytes, getpid() & 31, sizeof bytes);
	for (int i = 0; i < RANDOM_LEN; i++)
		random[i] = letters[bytes[i] & 31];
	char *result = xasprintf("%s%s" END, start, random);

	free(start);
	return result;
}

/* Lock fd; whether it is still the file that name stands for. */
static bool
lock_and_check(int dir, const char *name, int fd)
{
	struct stat ours, theirs;

	/* Without locks nobody takes it away either. */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno != EWOULDBLOCK;
	return fstat(fd, &ours) == 0 &&
	    fstatat(dir, name, &theirs, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_ino == theirs.st_ino;
}

int
store_partial_create(int dir, const char *object, char **name)
{
	remove_dead(dir, object);
	for (int i = 0; i < TRIES; i++) {
		*name = partial_name(object);
		int fd = openat(dir, *name, O_RDWR | O_CREAT | O_EXCL |
		    O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd >= 0 && lock_and_check(dir, *name, fd))
			return fd;
		int saved = errno;
		bool opened = fd >= 0;

		io_close(&fd);
		free(*name);
		*name = NULL;
		errno = saved;
		if (!opened && errno != EEXIST)
			break;
	}
	return -1;
}
