/*
 * Any bytes as headers of frames, once as they are and once with the CRC-32s
 * of index and end frames made right, so that what stands behind that check is
 * reached: no crash, and what a strict reader accepts agrees with itself.
 */
#include "../unit/gzmemory.h"

static void
put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* The CRC-32 of the payload that begins at this member's kind. */
static void
mend(uint8_t *member, size_t size)
{
	size_t payload = size - 16 - GZFRAME_EMPTY_BODY_SIZE -
	    GZFRAME_TRAILER_SIZE;

	put32(member + 16 + payload - 4,
	    codec_crc32(member + 16, payload - 4));
}

static void
check_parsers(const uint8_t *data, size_t size)
{
	struct gzframe_end end;
	uint64_t first;
	uint32_t count;

	if (size >= GZFRAME_END_SIZE)
		(void)!gzframe_parse_end(data + size - GZFRAME_END_SIZE, &end);
	if (gzframe_parse_index(data, size, &first, &count) == 0) {
		uint64_t sum = 0;

		for (uint32_t i = 0; i < count; i++)
			sum += gzframe_index_length(data, i);
		if (size != GZFRAME_INDEX_SIZE(count) ||
		    sum > (uint64_t)count * UINT32_MAX)
			abort();
	}
}

/*
 * The chain of members; a D member is jumped over by its length when it is all
 * there, else it has its trailer at once, so that small input has many.
 */
static void
walk(uint8_t *data, size_t size, bool mending)
{
	struct gzframe_check check = {0};
	enum gzframe_kind kind;
	size_t want, length, frame;

	while (size >= GZFRAME_PROBE_SIZE) {
		if (gzframe_check_begin(&check, data, &kind, &want) != 0) {
			if (check.reason == NULL)
				abort();
			return;
		}
		if (size < want)
			return;
		if (kind == GZFRAME_DATA) {
			if (gzframe_check_data(&check, data, &length) != 0)
				return;
			if (length > size)
				length = want + GZFRAME_TRAILER_SIZE;
			if (length > size || gzframe_check_size(&check, data +
			    length - GZFRAME_TRAILER_SIZE, &frame) != 0)
				return;
			if (frame == 0 || frame > check.frame_bytes)
				abort();
			want = length;
		} else {
			if (mending)
				mend(data, want);
			if ((kind == GZFRAME_INDEX ?
			    gzframe_check_index(&check, data, want) :
			    gzframe_check_end(&check, data)) != 0)
				return;
		}
		data += want;
		size -= want;
	}
	if (check.end_seen && (check.indexed != check.frames ||
	    check.uncompressed > check.frames * check.frame_bytes))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as large, so that a byte too far is seen. */
	uint8_t *copy = malloc(size > 0 ? size : 1);

	memcpy(copy, data, size);
	(void)gzframe_probe(copy, size);
	check_parsers(copy, size);
	walk(copy, size, false);
	walk(copy, size, true);
	free(copy);
	return 0;
}
