/*
 * Any bytes as an object in a store, as they are and with the CRC-32s of its
 * index and end frame made right: no crash, no read outside of it; what is
 * read of its data is as long as asked for, and each table's COPY line is one.
 *
 * Input: 8 bytes, a range of the data, 4 bytes each; the object.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../bin/pg-load/copyline.c"
#include "../../bin/pg-load/held.c"
#include "../../bin/pg-load/object.c"
#define damaged range_damaged
#include "../../bin/pg-load/range.c"
#undef damaged
#include "../unit/gzmend.h"

#define RANGE_BYTES 8			/* bytes */
#define PIECE_MAX 4099		/* bytes at once, so that frames are cut */

/* A store in memory: the one object. */
struct store {
	const uint8_t *data;
	size_t size;
};
static struct store memory;

struct store *
store_open(const char *url, const struct store_options *options)
{
	(void)url;
	(void)options;
	return &memory;
}

struct store *
store_reader(const struct store *store)
{
	(void)store;
	return &memory;
}

void
store_close(struct store *store)
{
	(void)store;
}

int
store_head(struct store *store, const char *url, struct store_object *info)
{
	*info = (struct store_object){
		.url = xstrdup(url), .size = store->size, .etag = xstrdup(""),
	};
	return 1;
}

void
store_object_release(struct store_object *info)
{
	free(info->url);
	free(info->etag);
	*info = (struct store_object){0};
}

int
store_get_part(struct store *store, const struct store_part *part)
{
	if (part->from > part->to || part->to > store->size)
		abort();
	for (uint64_t at = part->from; at < part->to;) {
		size_t n = part->to - at < PIECE_MAX ?
		    (size_t)(part->to - at) : PIECE_MAX;

		if (part->sink(part->context, store->data + at, n) != 0)
			return -1;
		at += n;
	}
	return 0;
}

/* Of held.c, for others. */
bool
pgrestore_can(const struct pgrestore *p)
{
	(void)p;
	abort();
}

static void
read_range(struct object *o, struct range *range, uint64_t from, uint64_t to)
{
	uint64_t end = to < o->size ? to : o->size, got = 0;
	const char *data;
	ssize_t n = range_begin(range, from, to);

	while (n == 0 && (n = range_next(range, &data)) > 0) {
		/* All of it is there: ASan looks. */
		(void)codec_crc32(data, (size_t)n);
		got += (uint64_t)n;
		n = 0;
	}
	if (n == 0 && got != (from < end ? end - from : 0))
		abort();
}

static void
read_tables(struct object *o, struct range *range)
{
	struct buf statement = BUF_INIT;
	const json_t *table;
	size_t i;

	json_array_foreach(o->trailer.tables, i, table) {
		uint64_t from = (uint64_t)report_number(table, "from");

		if (i < 8 && copyline_read(range, from, &statement) == 0 &&
		    !text_starts(statement.data, "COPY "))
			abort();
	}
	buf_release(&statement);
}

static void
try_object(uint64_t from, uint64_t to)
{
	static const atomic_bool never;
	struct object o = OBJECT_INIT;
	int rc = object_open(&o, "file:///x", NULL, NULL);

	if (rc == 1 && o.why == NULL)
		abort();
	if (rc == 0) {
		struct range *range = range_new(&o, &never);

		if (o.header == NULL || o.catalog < 0)
			abort();
		read_range(&o, range, from, to);
		read_range(&o, range, 0, UINT64_MAX);
		read_tables(&o, range);
		range_free(range);
	}
	object_close(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prog_held held;
	uint32_t at[2];

	if (size < RANGE_BYTES)
		return 0;
	uint8_t *copy = malloc(size - RANGE_BYTES + 1);

	memcpy(at, data, RANGE_BYTES);
	memcpy(copy, data + RANGE_BYTES, size - RANGE_BYTES);
	memory = (struct store){copy, size - RANGE_BYTES};
	for (int mended = 0; mended < 2; mended++) {
		prog_hold(&held);
		try_object(at[0], (uint64_t)at[0] + at[1]);
		prog_release(&held);
		gzmend(copy, size - RANGE_BYTES);
	}
	free(copy);
	return 0;
}
