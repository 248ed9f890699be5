/* pg_wire: any bytes, cut in two ways, give the same rows or a refusal. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pg_wire.h"

struct seen {
	uint64_t bytes, rows, tags, ready;
};

static void
on_rows(void *context, size_t bytes, uint64_t rows)
{
	struct seen *seen = context;

	seen->bytes += bytes;
	seen->rows += rows;
}

static void
on_copied(void *context, uint64_t rows)
{
	struct seen *seen = context;

	seen->tags = seen->tags * 31 + rows;
}

static void
on_ready(void *context)
{
	struct seen *seen = context;

	seen->ready++;
}

static const struct pg_wire_events events = {on_rows, on_copied, on_ready};

/* Returns whether it was taken; rows go to the front of out. */
static bool
feed(const uint8_t *data, size_t size, size_t piece, char *out,
    struct seen *seen)
{
	struct pg_wire wire;
	size_t used = 0;
	bool taken = true;

	pg_wire_init(&wire, &events, seen);
	for (size_t at = 0; at < size && taken; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		memcpy(out + used, data + at, n);
		ssize_t got = pg_wire_take(&wire, out + used, n);

		taken = got >= 0;
		used += taken ? (size_t)got : 0;
	}
	if (taken && used != seen->bytes)
		abort();
	pg_wire_release(&wire);
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = {0}, cut = {0};
	char *left = malloc(size + 1);
	char *right = malloc(size + 1);
	bool a = feed(data, size, size + 1, left, &whole);
	bool b = feed(data, size, 1 + size % 7, right, &cut);

	if (a != b || (a && (memcmp(&whole, &cut, sizeof whole) != 0 ||
	    memcmp(left, right, whole.bytes) != 0)))
		abort();
	free(left);
	free(right);
	return 0;
}
