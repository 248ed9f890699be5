/*
 * failat: a preload that lets the Nth call of one kind fail.
 *
 *     FAILAT=read:3:5 LD_PRELOAD=failat.so tool ...
 *
 * The third read(2) fails with errno 5; FAILAT_EVER=1: all from then on do.
 * Kinds: read (of descriptor 0 only: libraries read files of their own), write
 * (not to descriptor 2), close, fsync, rename, malloc, pthread_create.
 * FAILAT=short cuts every read and write to 1, 2, ... 7 bytes, and
 * interrupts every second one. FAILAT_HIT names a file that is made when a call
 * failed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own, behind the names below. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static char kind[32];
static int nth, error;
static bool ever, cut, ready;
static atomic_int seen, calls;

static void __attribute__((constructor))
start(void)
{
	const char *setting = getenv("FAILAT");

	if (setting == NULL)
		return;
	cut = strcmp(setting, "short") == 0;
	ever = getenv("FAILAT_EVER") != NULL;
	/* Only this program, not those that it runs. */
	ready = !cut && sscanf(setting, "%31[^:]:%d:%d", kind, &nth,
	    &error) == 3;
	unsetenv("LD_PRELOAD");
}

static bool
fails(const char *call)
{
	if (!ready || strcmp(call, kind) != 0)
		return false;
	int now = atomic_fetch_add(&seen, 1) + 1;

	if (now < nth || (now > nth && !ever))
		return false;
	const char *hit = getenv("FAILAT_HIT");

	if (hit != NULL)
		syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, hit,
		    O_CREAT | O_WRONLY, 0600));
	errno = error;
	return true;
}

/* How many bytes a call may move; 0: it is interrupted instead. */
static size_t
part(size_t len)
{
	int call = cut ? atomic_fetch_add(&calls, 1) : 0;

	if (!cut || len == 0)
		return len;
	if (call % 2 == 1)
		return 0;
	size_t max = (size_t)(call / 2 % 7 + 1);

	return len < max ? len : max;
}

ssize_t
read(int fd, void *data, size_t len)
{
	size_t now = part(len);

	if (fd == 0 && fails("read"))
		return -1;
	if (now == 0 && len > 0) {
		errno = EINTR;
		return -1;
	}
	return syscall(SYS_read, fd, data, now);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	size_t now = fd == 2 ? len : part(len);

	if (fd != 2 && fails("write"))
		return -1;
	if (now == 0 && len > 0) {
		errno = EINTR;
		return -1;
	}
	return syscall(SYS_write, fd, data, now);
}

int
close(int fd)
{
	bool failed = fd != 2 && fails("close");

	/* As the kernel does: it is closed all the same. */
	int rc = (int)syscall(SYS_close, fd);

	if (failed)
		errno = error;
	return failed ? -1 : rc;
}

int
fsync(int fd)
{
	return fails("fsync") ? -1 : (int)syscall(SYS_fsync, fd);
}

int
rename(const char *old, const char *new)
{
	return fails("rename") ? -1 :
	    (int)syscall(SYS_renameat, AT_FDCWD, old, AT_FDCWD, new);
}

void *
malloc(size_t size)
{
	return fails("malloc") ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails("malloc") ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return fails("malloc") ? NULL : __libc_realloc(old, size);
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    void *(*run)(void *), void *argument)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
	    void *) = (int (*)(pthread_t *, const pthread_attr_t *,
	    void *(*)(void *), void *))dlsym(RTLD_NEXT, "pthread_create");

	return fails("pthread_create") ? error :
	    next(thread, attributes, run, argument);
}
