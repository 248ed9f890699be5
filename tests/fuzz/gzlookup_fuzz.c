/*
 * Any end frame and index, as they are and with their CRC-32s made right: no
 * crash, no read outside the file, and frames that are inside it.
 *
 * Input: bytes before what follows, from, to: 8 bytes each; the tail of a file.
 */
#include "../unit/gzmemory.h"
#include "../unit/gzmend.h"

#include "gzlookup.h"

#define HEAD 24			/* bytes */

struct tail {
	const uint8_t *data;
	uint64_t len, before;	/* bytes of it, and zero bytes before it */
};

static int
read_tail(void *context, uint64_t at, void *data, size_t len)
{
	struct tail *tail = context;

	if (at > tail->before + tail->len ||
	    len > tail->before + tail->len - at)
		abort();
	if (at < tail->before)
		return -1;
	memcpy(data, tail->data + (at - tail->before), len);
	return 0;
}

static uint64_t
get64(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static void
try_range(struct tail *tail, uint64_t from, uint64_t to)
{
	struct gzlookup_file file = {
		.read = read_tail, .context = tail,
		.size = tail->before + tail->len,
	};
	struct gzlookup lookup;
	int rc = gzlookup_find(&file, from, to, &lookup);

	if ((rc == 1) != (lookup.reason != NULL))
		abort();
	if (rc != 0)
		return;
	if (lookup.from > lookup.to || lookup.to > lookup.uncompressed ||
	    lookup.length > file.size ||
	    lookup.at > file.size - lookup.length ||
	    (lookup.count == 0) != (lookup.length == 0))
		abort();
	if (lookup.count > 0 && (lookup.from < lookup.offset ||
	    lookup.from - lookup.offset >= lookup.frame_bytes ||
	    lookup.count > lookup.frames - lookup.first))
		abort();
}

/* Both ways see the same frames. */
static void
try_lengths(struct tail *tail)
{
	struct gzlookup_file file = {
		.read = read_tail, .context = tail,
		.size = tail->before + tail->len,
	};
	struct gzlookup all, found;
	uint32_t *lengths;
	uint64_t sum = 0;
	int rc = gzlookup_lengths(&file, &all, &lengths);

	if (rc != gzlookup_find(&file, 0, UINT64_MAX, &found))
		abort();
	for (uint64_t i = 0; rc == 0 && i < all.frames; i++)
		sum += lengths[i];
	if (rc == 0 && sum != found.length)
		abort();
	free(lengths);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD)
		return 0;
	uint8_t *copy = malloc(size - HEAD + 1);
	struct tail tail = {
		.data = copy, .len = size - HEAD,
		.before = get64(data) % (UINT64_C(1) << 62),
	};
	uint64_t from = get64(data + 8), to = get64(data + 16);

	memcpy(copy, data + HEAD, size - HEAD);
	for (int mended = 0; mended < 2; mended++) {
		try_range(&tail, from, to);
		try_range(&tail, 0, UINT64_MAX);
		try_lengths(&tail);
		gzmend(copy, size - HEAD);
	}
	free(copy);
	return 0;
}
