#include "held.h"

#include <stdlib.h>
#include <unistd.h>

#include "memory_file.h"
#include "prog.h"
#include "xalloc.h"

#define PIECE ((size_t)64 * 1024)	/* bytes */

static int
keep(int fd, const void *data, size_t len)
{
	if (io_write_full(fd, data, len) == 0)
		return 0;
	return prog_stopping() ? -1 : fail(PROG_TEMPORARY,
	    "could not write to a file in memory: %m");
}

int
held_add(struct held *h, const void *data, size_t len, uint64_t line)
{
	if (h->text < 0) {
		h->text = memory_file("post-data");
		h->line = line;
	}
	return h->text < 0 ? -1 : keep(h->text, data, len);
}

int
held_add_grant(struct held *h, const void *data, size_t len)
{
	if (h->grants < 0)
		h->grants = memory_file("privileges");
	return h->grants < 0 ? -1 : keep(h->grants, data, len);
}

int
held_take_catalog(void *context, const void *data, size_t len)
{
	struct held *h = context;

	/* The parser may have been wrong about where it begins. */
	if (len == 0) {
		io_close(&h->catalog);
		return 0;
	}
	if (h->catalog < 0)
		h->catalog = memory_file("catalog");
	return h->catalog < 0 ? -1 : keep(h->catalog, data, len);
}

int
held_give(int *file, held_sink *sink, void *context)
{
	if (*file < 0)
		return 0;
	char *piece = xmalloc(PIECE);
	ssize_t n = 0;
	int rc = lseek(*file, 0, SEEK_SET) == 0 ? 0 : fail(PROG_TEMPORARY,
	    "could not rewind a file in memory: %m");

	while (rc == 0 && (n = io_read_some(*file, piece, PIECE)) > 0)
		rc = sink(context, piece, (size_t)n);
	if (n < 0)
		rc = fail(PROG_TEMPORARY,
		    "could not read a file in memory: %m");
	io_close(file);
	free(piece);
	return rc;
}

bool
held_can_restore(const struct held *h, const struct pgrestore *p)
{
	return h->catalog >= 0 && pgrestore_can(p);
}

void
held_release(struct held *h)
{
	io_close(&h->text);
	io_close(&h->grants);
	io_close(&h->catalog);
}
