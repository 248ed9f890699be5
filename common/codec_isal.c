#include "codec_kinds.h"

#ifdef WITH_ISAL

#include <isa-l.h>
#include <stdlib.h>

#include "xalloc.h"

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
	stream->end_of_stream = 1;
	stream->flush = NO_FLUSH;
	stream->next_in = (uint8_t *)data;
	stream->avail_in = (uint32_t)len;
	stream->next_out = out;
	stream->avail_out = (uint32_t)room;
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
