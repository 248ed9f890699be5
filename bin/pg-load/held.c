#include "held.h"

#include "memory_file.h"

int
held_add(struct held *h, const void *data, size_t len, uint64_t line)
{
	if (h->text < 0) {
		h->text = memory_file("post-data");
		h->line = line;
	}
	return h->text < 0 ? -1 : memory_file_add(h->text, data, len);
}

int
held_add_grant(struct held *h, const void *data, size_t len)
{
	if (h->grants < 0)
		h->grants = memory_file("privileges");
	return h->grants < 0 ? -1 : memory_file_add(h->grants, data, len);
}

int
held_take_catalog(void *context, const void *data, size_t len)
{
	int *file = context;

	/* The parser may have been wrong about where it begins. */
	if (len == 0) {
		io_close(file);
		return 0;
	}
	if (*file < 0)
		*file = memory_file("catalog");
	return *file < 0 ? -1 : memory_file_add(*file, data, len);
}

int
held_give(int *file, memory_file_sink *sink, void *context)
{
	if (*file < 0)
		return 0;
	int rc = memory_file_give(*file, sink, context);

	io_close(file);
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
