#define _GNU_SOURCE
#include "memory_file.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "prog.h"
#include "xalloc.h"

#define PIECE ((size_t)64 * 1024)	/* bytes */

int
memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		fail(PROG_TEMPORARY, "could not make a file in memory: %m");
	return fd;
}

int
memory_file_add(int fd, const void *data, size_t len)
{
	if (io_write_full(fd, data, len) == 0)
		return 0;
	return prog_stopping() ? -1 : fail(PROG_TEMPORARY,
	    "could not write to a file in memory: %m");
}

int
memory_file_rewind(int fd)
{
	return lseek(fd, 0, SEEK_SET) == 0 ? 0 : fail(PROG_TEMPORARY,
	    "could not rewind a file in memory: %m");
}

int
memory_file_give(int fd, memory_file_sink *sink, void *context)
{
	char *piece = xmalloc(PIECE);
	ssize_t n = 0;
	int rc = memory_file_rewind(fd);

	while (rc == 0 && (n = io_read_some(fd, piece, PIECE)) > 0)
		rc = sink(context, piece, (size_t)n);
	if (n < 0)
		rc = fail(PROG_TEMPORARY,
		    "could not read a file in memory: %m");
	free(piece);
	return rc;
}
