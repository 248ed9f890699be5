#include "codec_kinds.h"

#include <stdlib.h>
#include <zlib.h>

#include "prog.h"
#include "xalloc.h"

/* zlib fails here for want of memory only. */
static void
check_memory(int status)
{
	if (status == Z_OK)
		return;
	exit((fail(PROG_TEMPORARY, "out of memory for compression"),
	    PROG_TEMPORARY));
}

static void *
deflate_new(int level)
{
	z_stream *stream = xcalloc(1, sizeof *stream);

	check_memory(deflateInit2(stream, level, Z_DEFLATED, -MAX_WBITS, 8,
	    Z_DEFAULT_STRATEGY));
	return stream;
}

static void
deflate_free(void *state)
{
	deflateEnd(state);
	free(state);
}

static size_t
deflate_frame(void *state, const void *data, size_t len, void *out,
    size_t room)
{
	z_stream *stream = state;

	check_memory(deflateReset(stream));
	stream->next_in = (Bytef *)data;
	stream->avail_in = (uInt)len;
	stream->next_out = out;
	stream->avail_out = (uInt)room;
	if (deflate(stream, Z_FINISH) != Z_STREAM_END)
		return 0;
	return room - stream->avail_out;
}

static size_t
state_memory(int level)
{
	(void)level;
	return (size_t)256 * 1024;	/* zconf.h: 2^17 + 2^17 */
}

const struct codec_kind codec_zlib = {
	.new = deflate_new,
	.free = deflate_free,
	.deflate = deflate_frame,
	.memory = state_memory,
};

void *
codec_zlib_inflate_new(void)
{
	z_stream *stream = xcalloc(1, sizeof *stream);

	check_memory(inflateInit2(stream, -MAX_WBITS));
	return stream;
}

void
codec_zlib_inflate_free(void *state)
{
	if (state == NULL)
		return;
	inflateEnd(state);
	free(state);
}

const char *
codec_zlib_inflate(void *state, const void *body, size_t len, void *out,
    size_t size)
{
	z_stream *stream = state;

	check_memory(inflateReset(stream));
	stream->next_in = (Bytef *)body;
	stream->avail_in = (uInt)len;
	stream->next_out = out;
	stream->avail_out = (uInt)size;
	int status = inflate(stream, Z_FINISH);

	if (status == Z_MEM_ERROR)
		check_memory(status);
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
