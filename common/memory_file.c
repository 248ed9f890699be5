#define _GNU_SOURCE
#include "memory_file.h"

#include <sys/mman.h>

#include "prog.h"

int
memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		fail(PROG_TEMPORARY, "could not make a file in memory: %m");
	return fd;
}
