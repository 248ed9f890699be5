/* Any bytes, in pieces of three sizes: the same blocks, no crash. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "copyscan.h"

static int
note(void *context, const struct copyscan_block *block)
{
	if (block->bytes < block->rows || (block->rows == 0) !=
	    (block->bytes == 0))
		abort();
	buf_addf(context, "%s.%s %ju %ju %ju;", block->schema, block->name,
	    (uintmax_t)block->from, (uintmax_t)block->bytes,
	    (uintmax_t)block->rows);
	return 0;
}

static void
run(const uint8_t *data, size_t size, size_t piece, struct buf *seen)
{
	struct copyscan scan;

	copyscan_init(&scan);
	scan.seen = note;
	scan.context = seen;
	for (size_t at = 0; at < size; at += piece) {
		if (copyscan_feed(&scan, data + at,
		    size - at < piece ? size - at : piece) != 0)
			abort();
	}
	if (scan.offset != size)
		abort();
	buf_addf(seen, "%s", copyscan_finish(&scan) == NULL ? "" : "cut");
	copyscan_release(&scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {13, 1};
	struct buf whole = BUF_INIT;

	run(data, size, size + 1, &whole);
	for (size_t i = 0; i < 2; i++) {
		struct buf seen = BUF_INIT;

		run(data, size, pieces[i], &seen);
		if (seen.len != whole.len ||
		    memcmp(seen.data, whole.data, whole.len) != 0)
			abort();
		buf_release(&seen);
	}
	buf_release(&whole);
	return 0;
}
