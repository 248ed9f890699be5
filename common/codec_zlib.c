#include "codec_zlib.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

#include "prog.h"
#include "xalloc.h"

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
	int status = inflate(stream, Z_FINISH);

	if (status == Z_DATA_ERROR || status == Z_NEED_DICT)
		return "its compressed data is damaged";
	if (status != Z_STREAM_END)
		return stream->avail_in == 0 ?
		    "its compressed data ends too early" :
		    "it holds more data than it says";
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
