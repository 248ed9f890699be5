/*
 * no_tmpfile: a preload that makes every file system one without O_TMPFILE,
 * and with NO_LINK=1 one without hard links too, as FAT is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

typedef int opener(int, const char *, int, ...);

static int
pass_on(const char *name, int dir, const char *path, int flags, mode_t mode)
{
	opener *next = (opener *)dlsym(RTLD_NEXT, name);

	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return next(dir, path, flags, mode);
}

#define OPENER(name) \
int name(int dir, const char *path, int flags, ...); \
int \
name(int dir, const char *path, int flags, ...) \
{ \
	va_list args; \
	va_start(args, flags); \
	mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0; \
	va_end(args); \
	return pass_on(#name, dir, path, flags, mode); \
}

#undef openat
#undef openat64
OPENER(openat)
OPENER(openat64)

int
linkat(int from, const char *old, int to, const char *new, int flags)
{
	int (*next)(int, const char *, int, const char *, int) =
	    (int (*)(int, const char *, int, const char *, int))
	    dlsym(RTLD_NEXT, "linkat");

	if (getenv("NO_LINK") != NULL) {
		errno = EPERM;
		return -1;
	}
	return next(from, old, to, new, flags);
}
