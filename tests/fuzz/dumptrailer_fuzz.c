/* Any bytes, in pieces of three sizes: the same verdict, no crash. */
#include <stdint.h>
#include <stdlib.h>

#include "dumptrailer.h"

static int
count(void *context, const void *data, size_t len)
{
	(void)data;
	*(size_t *)context = len == 0 ? 0 : *(size_t *)context + len;
	return 0;
}

static int
run(const uint8_t *data, size_t size, size_t piece)
{
	struct dumptrailer_parser p;
	struct dumptrailer result;
	const char *reason = NULL;
	size_t sunk = 0;

	dumptrailer_init(&p, 0);
	p.sink = count;
	p.context = &sunk;
	for (size_t at = 0; at < size; at += piece) {
		if (dumptrailer_feed(&p, data + at,
		    size - at < piece ? size - at : piece) != 0)
			abort();
	}
	int rc = dumptrailer_finish(&p, &result, &reason);

	if (rc == 0 ? result.catalog_bytes != sunk : reason == NULL)
		abort();
	dumptrailer_result_release(&result);
	dumptrailer_release(&p);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t found;
	int rc = run(data, size, size + 1);

	if (run(data, size, 13) != rc || run(data, size, 1) != rc)
		abort();
	if (rc == 0 && dumptrailer_find((const char *)data, size, &found) != 0)
		abort();
	return 0;
}
