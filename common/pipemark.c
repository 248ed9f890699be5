#include "pipemark.h"

#include <sys/stat.h>

enum pipemark
pipemark_get(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode))
		return PIPEMARK_NONE;
	if ((st.st_mode & S_ISVTX) != 0)
		return PIPEMARK_IN_PROGRESS;
	return (st.st_mode & S_ISGID) != 0 ? PIPEMARK_COMPLETE :
	    PIPEMARK_NONE;
}

static void
set(int fd, mode_t mark)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode))
		return;
	mode_t mode = st.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);

	/* Another user's pipe: the manifest protects there. */
	if (fchmod(fd, mode | mark) != 0)
		return;
}

int
pipemark_begin(int fd)
{
	if (pipemark_get(fd) == PIPEMARK_IN_PROGRESS)
		return -1;
	set(fd, S_ISVTX);
	return 0;
}

void
pipemark_complete(int fd)
{
	set(fd, S_ISGID);
}

void
pipemark_clear(int fd)
{
	set(fd, 0);
}
