#include "codec_kinds.h"

#ifdef WITH_ISAL

#include <isa-l.h>
#include <stdlib.h>

#include "xalloc.h"

#define HEAD_SIZE 16		/* bytes; the long loop wants more */

struct state {
	int level;
	uint8_t *level_buf;	/* NULL for level 0 */
	uint32_t level_buf_size;
	struct isal_zstream stream;
};

static uint32_t
level_buf_size(int level)
{
	static const uint32_t sizes[] = {
		ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT,
		ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT,
	};

	return sizes[level];
}

static void *
state_new(int level)
{
	struct state *state = xcalloc(1, sizeof *state);

	state->level = level;
	state->level_buf_size = level_buf_size(level);
	if (state->level_buf_size > 0)
		/* It looks at what it never wrote, without consequence. */
		state->level_buf = xcalloc(1, state->level_buf_size);
	return state;
}

static void
state_free(void *opaque)
{
	struct state *state = opaque;

	free(state->level_buf);
	free(state);
}

/*
 * The first bytes go by themselves: the loop for long pieces hashes the third
 * byte of a stream from a register that holds the state's address (seen in 2.30
 * to 2.32, igzip_icf_body_h1_gr_bt.asm), so that the same frame would now and
 * then come out with other bytes. Short pieces have a loop without that. It
 * costs 16 bytes of output.
 */
static int
deflate_head(struct isal_zstream *stream)
{
	stream->avail_in = HEAD_SIZE;
	stream->flush = SYNC_FLUSH;
	return isal_deflate(stream) == COMP_OK && stream->avail_in == 0 ?
	    0 : -1;
}

static size_t
deflate_frame(void *opaque, const void *data, size_t len, void *out,
    size_t room)
{
	struct state *state = opaque;
	struct isal_zstream *stream = &state->stream;

	isal_deflate_init(stream);
	stream->level = (uint32_t)state->level;
	stream->level_buf = state->level_buf;
	stream->level_buf_size = state->level_buf_size;
	stream->next_in = (uint8_t *)data;
	stream->next_out = out;
	stream->avail_out = (uint32_t)room;
	if (len > HEAD_SIZE && deflate_head(stream) != 0)
		return 0;
	stream->end_of_stream = 1;
	stream->flush = NO_FLUSH;
	stream->avail_in = (uint32_t)(len - stream->total_in);
	if (isal_deflate(stream) != COMP_OK ||
	    stream->internal_state.state != ZSTATE_END)
		return 0;
	return stream->total_out;
}

static size_t
state_memory(int level)
{
	return sizeof(struct state) + level_buf_size(level);
}

const struct codec_kind codec_isal = {
	.new = state_new,
	.free = state_free,
	.deflate = deflate_frame,
	.memory = state_memory,
};

uint32_t
codec_isal_crc32(const void *data, size_t len)
{
	return crc32_gzip_refl(0, data, len);
}

#endif
