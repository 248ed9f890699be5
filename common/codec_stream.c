#include "codec_stream.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "xalloc.h"

#ifdef WITH_ISAL

#include <isa-l.h>

void
codec_stream_init(struct codec_stream *stream)
{
	*stream = (struct codec_stream){
		.state = xmalloc(sizeof(struct inflate_state)),
	};
	isal_inflate_init(stream->state);
}

void
codec_stream_release(struct codec_stream *stream)
{
	free(stream->state);
	stream->state = NULL;
}

void
codec_stream_reset(struct codec_stream *stream)
{
	struct inflate_state *state = stream->state;

	isal_inflate_reset(state);
	state->crc_flag = ISAL_GZIP_NO_HDR;
	stream->crc = 0;
}

/* Whole bytes behind the stream that wait in its bit buffer. */
static void
put_back(struct codec_stream *stream, const struct inflate_state *state)
{
	size_t count = (size_t)state->read_in_length / 8;
	uint64_t bits = state->read_in >> (state->read_in_length % 8);
	unsigned char *at = (unsigned char *)(uintptr_t)stream->in - count;

	for (size_t i = 0; i < count; i++)
		at[i] = (unsigned char)(bits >> (8 * i));
	stream->in = at;
	stream->in_size += count;
}

enum codec_step
codec_stream_step(struct codec_stream *stream)
{
	struct inflate_state *state = stream->state;

	state->next_in = (uint8_t *)(uintptr_t)stream->in;
	state->avail_in = (uint32_t)stream->in_size;
	state->next_out = stream->out;
	state->avail_out = (uint32_t)stream->out_size;
	int status = isal_inflate(state);

	stream->in = state->next_in;
	stream->in_size = state->avail_in;
	stream->out = state->next_out;
	stream->out_size = state->avail_out;
	stream->crc = state->crc;
	if (status < 0)
		return CODEC_DAMAGED;
	if (state->block_state != ISAL_BLOCK_FINISH)
		return CODEC_MORE;
	put_back(stream, state);
	return CODEC_END;
}

#else

#include <zlib.h>

void
codec_stream_init(struct codec_stream *stream)
{
	*stream = (struct codec_stream){
		.state = xcalloc(1, sizeof(z_stream)),
	};
	if (inflateInit2((z_stream *)stream->state, -MAX_WBITS) != Z_OK)
		exit((fail(PROG_TEMPORARY, "out of memory for decompression"),
		    PROG_TEMPORARY));
}

void
codec_stream_release(struct codec_stream *stream)
{
	if (stream->state != NULL)
		inflateEnd(stream->state);
	free(stream->state);
	stream->state = NULL;
}

void
codec_stream_reset(struct codec_stream *stream)
{
	/* It fails for a state that is none only. */
	(void)inflateReset(stream->state);
	stream->crc = 0;
}

enum codec_step
codec_stream_step(struct codec_stream *stream)
{
	z_stream *state = stream->state;
	unsigned char *from = stream->out;

	state->next_in = (Bytef *)(uintptr_t)stream->in;
	state->avail_in = (uInt)stream->in_size;
	state->next_out = from;
	state->avail_out = (uInt)stream->out_size;
	int status = inflate(state, Z_NO_FLUSH);

	stream->in = state->next_in;
	stream->in_size = state->avail_in;
	stream->out = state->next_out;
	stream->out_size = state->avail_out;
	stream->crc = (uint32_t)crc32_z(stream->crc, from,
	    (size_t)(stream->out - from));
	if (status == Z_MEM_ERROR)
		exit((fail(PROG_TEMPORARY, "out of memory for decompression"),
		    PROG_TEMPORARY));
	return status == Z_STREAM_END ? CODEC_END :
	    status == Z_OK || status == Z_BUF_ERROR ? CODEC_MORE :
	    CODEC_DAMAGED;
}

#endif
