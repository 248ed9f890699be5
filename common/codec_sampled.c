#include "codec_kinds.h"

#if defined WITH_ISAL && defined WITH_LIBDEFLATE

#include <stdbool.h>
#include <stdlib.h>

#include "xalloc.h"

/*
 * A frame is compressed fast or well. What each takes for a byte, in
 * picoseconds of one processor, is that of a plain dump (docs/DESIGN.md): a
 * constant, so that the choice depends on the frame's bytes alone.
 */
#define FAST (&codec_isal)
#define FAST_LEVEL 2
#define FAST_TIME 1900
#define WELL (&codec_libdeflate)
#define WELL_LEVEL 4
#define WELL_TIME 8000

/*
 * What a byte of output is worth, in picoseconds. With this a dump and a
 * machine's files come out 3 to 5 % larger than by gzip -6.
 */
#define BYTE_WORTH 300000

/* What is made well is not smaller than 3/4 of what is made fast. */
#define GAIN_MAX 4

#define FRAME_MIN ((size_t)512 * 1024)	/* smaller ones are made well */
#define SAMPLE ((size_t)32 * 1024)	/* bytes, the middle of a frame */
#define SAMPLE_ROOM (SAMPLE + SAMPLE / 256 + 256)

struct state {
	void *fast, *well;
	unsigned char room[SAMPLE_ROOM];
};

static void *
state_new(int level)
{
	struct state *state = xcalloc(1, sizeof *state);

	(void)level;
	state->fast = FAST->new(FAST_LEVEL);
	state->well = WELL->new(WELL_LEVEL);
	return state;
}

static void
state_free(void *opaque)
{
	struct state *state = opaque;

	FAST->free(state->fast);
	WELL->free(state->well);
	free(state);
}

/* Whether the bytes that it saves are worth its time. */
static bool
pays(struct state *state, const unsigned char *data, size_t len)
{
	const uint64_t price = (WELL_TIME - FAST_TIME) * SAMPLE;

	if (len < FRAME_MIN)
		return true;
	data += (len - SAMPLE) / 2;
	uint64_t fast = FAST->deflate(state->fast, data, SAMPLE, state->room,
	    sizeof state->room);

	if (fast == 0)
		return true;
	if (fast / GAIN_MAX * BYTE_WORTH < price)
		return false;
	uint64_t well = WELL->deflate(state->well, data, SAMPLE, state->room,
	    sizeof state->room);

	return well > 0 && well < fast && (fast - well) * BYTE_WORTH > price;
}

static size_t
deflate_frame(void *opaque, const void *data, size_t len, void *out,
    size_t room)
{
	struct state *state = opaque;

	return pays(state, data, len) ?
	    WELL->deflate(state->well, data, len, out, room) :
	    FAST->deflate(state->fast, data, len, out, room);
}

static size_t
state_memory(int level)
{
	(void)level;
	return sizeof(struct state) + FAST->memory(FAST_LEVEL) +
	    WELL->memory(WELL_LEVEL);
}

const struct codec_kind codec_sampled = {
	.new = state_new,
	.free = state_free,
	.deflate = deflate_frame,
	.memory = state_memory,
};

#endif
