#include "codec_zlib.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

#include "prog.h"
#include "xalloc.h"

/* What inflate() leaves in data_type (zlib.h). */
#define UNUSED_BITS 7
#define LAST_BLOCK 64
#define BLOCK_END 128
#define HEADER_END 256

struct zlib_state {
	int level;
	bool can_deflate, can_inflate;
	z_stream deflate, inflate;
};

static void *
state_new(int level)
{
	struct zlib_state *state = xcalloc(1, sizeof *state);

	state->level = level;
	return state;
}

static void
state_free(void *opaque)
{
	struct zlib_state *state = opaque;

	if (state->can_deflate)
		deflateEnd(&state->deflate);
	if (state->can_inflate)
		inflateEnd(&state->inflate);
	free(state);
}

/* zlib fails here for want of memory only. */
static void
check_memory(int status)
{
	if (status == Z_OK)
		return;
	exit((fail(PROG_TEMPORARY, "out of memory for compression"),
	    PROG_TEMPORARY));
}

static size_t
zlib_deflate(void *opaque, const void *data, size_t len, void *out,
    size_t room)
{
	struct zlib_state *state = opaque;
	z_stream *stream = &state->deflate;

	if (state->can_deflate)
		check_memory(deflateReset(stream));
	else
		check_memory(deflateInit2(stream, state->level, Z_DEFLATED,
		    -MAX_WBITS, 8, Z_DEFAULT_STRATEGY));
	state->can_deflate = true;
	stream->next_in = (Bytef *)data;
	stream->avail_in = (uInt)len;
	stream->next_out = out;
	stream->avail_out = (uInt)room;
	if (deflate(stream, Z_FINISH) != Z_STREAM_END)
		return 0;
	return room - stream->avail_out;
}

/*
 * Bits between the end of something and the next byte must be 0: a reader
 * skips them, so nothing else would notice a change there.
 */
static bool
padding_is_zero(const unsigned char *after, unsigned unused)
{
	return unused == 0 || after[-1] >> (8 - unused) == 0;
}

/*
 * A block's header was read; it began in the last `unused` bits before `from`
 * and inflate() now stands at `now`. A stored block's header ends with
 * padding, then LEN and NLEN, 4 bytes.
 */
static bool
header_is_clean(const unsigned char *from, unsigned unused,
    const unsigned char *now)
{
	unsigned bits = unused == 0 ? 0 : from[-1] >> (8 - unused);

	if (unused < 3)
		bits |= (unsigned)from[0] << unused;
	if ((bits >> 1 & 3) != 0)
		return true;	/* not a stored block */
	return padding_is_zero(now - 4, unused < 3 ? unused + 5 : unused - 3);
}

static const char *
inflate_blocks(z_stream *stream)
{
	const unsigned char *from = stream->next_in;
	unsigned unused = 0;

	for (;;) {
		int status = inflate(stream, Z_TREES);

		if (status == Z_STREAM_END)
			return NULL;
		if (status != Z_OK && status != Z_BUF_ERROR)
			return "its compressed data is damaged";
		if ((stream->data_type & HEADER_END) != 0) {
			if (!header_is_clean(from, unused, stream->next_in))
				return "its padding is not zero";
		} else if ((stream->data_type & BLOCK_END) != 0) {
			from = stream->next_in;
			unused = stream->data_type & UNUSED_BITS;
			if ((stream->data_type & LAST_BLOCK) != 0 &&
			    !padding_is_zero(from, unused))
				return "its padding is not zero";
		} else {
			return stream->avail_in == 0 ?
			    "its compressed data ends too early" :
			    "it holds more data than it says";
		}
	}
}

static const char *
zlib_inflate(void *opaque, const void *body, size_t len, void *out,
    size_t size)
{
	struct zlib_state *state = opaque;
	z_stream *stream = &state->inflate;

	if (state->can_inflate)
		check_memory(inflateReset(stream));
	else
		check_memory(inflateInit2(stream, -MAX_WBITS));
	state->can_inflate = true;
	stream->next_in = (Bytef *)body;
	stream->avail_in = (uInt)len;
	stream->next_out = out;
	stream->avail_out = (uInt)size;
	const char *reason = inflate_blocks(stream);

	if (reason != NULL)
		return reason;
	if (stream->avail_in != 0)
		return "its compressed data ends before its length does";
	if (stream->avail_out != 0)
		return "it holds less data than it says";
	return NULL;
}

const struct codec_kind codec_zlib = {
	.name = "zlib",
	.new = state_new,
	.free = state_free,
	.deflate = zlib_deflate,
	.inflate = zlib_inflate,
};
