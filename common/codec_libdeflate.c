#include "codec_kinds.h"

#ifdef WITH_LIBDEFLATE

#include <libdeflate.h>
#include <stdlib.h>

#include "prog.h"

static void *
check_memory(void *state)
{
	if (state == NULL)
		exit((fail(PROG_TEMPORARY, "out of memory for compression"),
		    PROG_TEMPORARY));
	return state;
}

static void *
state_new(int level)
{
	return check_memory(libdeflate_alloc_compressor(level));
}

static void
state_free(void *state)
{
	libdeflate_free_compressor(state);
}

static size_t
deflate_frame(void *state, const void *data, size_t len, void *out,
    size_t room)
{
	return libdeflate_deflate_compress(state, data, len, out, room);
}

static size_t
state_memory(int level)
{
	/* From 10 on it looks for the cheapest way; seen: 0.7 and 8.6 MiB. */
	return (size_t)(level < 10 ? 1 : 9) * 1024 * 1024;
}

const struct codec_kind codec_libdeflate = {
	.new = state_new,
	.free = state_free,
	.deflate = deflate_frame,
	.memory = state_memory,
};

void *
codec_libdeflate_inflate_new(void)
{
	return check_memory(libdeflate_alloc_decompressor());
}

void
codec_libdeflate_inflate_free(void *state)
{
	libdeflate_free_decompressor(state);
}

int
codec_libdeflate_inflate(void *state, const void *body, size_t len, void *out,
    size_t size)
{
	size_t in_size, out_size;

	if (libdeflate_deflate_decompress_ex(state, body, len, out, size,
	    &in_size, &out_size) != LIBDEFLATE_SUCCESS)
		return -1;
	return in_size == len && out_size == size ? 0 : -1;
}

uint32_t
codec_libdeflate_crc32(const void *data, size_t len)
{
	return libdeflate_crc32(0, data, len);
}

#endif
