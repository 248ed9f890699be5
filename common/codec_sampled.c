#include "codec_kinds.h"

#if defined WITH_ISAL && defined WITH_LIBDEFLATE

#include <stdlib.h>

#include "xalloc.h"

/*
 * What each frame may be compressed by, the fastest first, and the time that
 * each takes for a byte, in picoseconds of one processor, over a plain dump
 * (the table is in docs/DESIGN.md). The times are constants, so that the
 * choice depends on the frame's bytes alone.
 */
static const struct candidate {
	const struct codec_kind *kind;
	int level;
	uint64_t time;
} candidates[] = {
	{&codec_isal, 2, 1900},
	{&codec_libdeflate, 2, 6600},
	{&codec_libdeflate, 4, 8000},
};

/* For a frame too small to be sampled. */
#define MIDDLE 1
#define CANDIDATES (sizeof candidates / sizeof *candidates)

#define FRAME_MIN ((size_t)512 * 1024)
#define SAMPLE ((size_t)32 * 1024)	/* bytes, the middle of a frame */
#define SAMPLE_ROOM (SAMPLE + SAMPLE / 256 + 256)

/*
 * What a byte of output is worth, in picoseconds. With this a dump and a
 * machine's files come out 3 to 5 % larger than by gzip -6.
 */
#define BYTE_WORTH 300000

struct state {
	void *states[CANDIDATES];
	unsigned char room[SAMPLE_ROOM];
};

static void *
state_new(int level)
{
	struct state *state = xcalloc(1, sizeof *state);

	(void)level;
	for (size_t i = 0; i < CANDIDATES; i++)
		state->states[i] =
		    candidates[i].kind->new(candidates[i].level);
	return state;
}

static void
state_free(void *opaque)
{
	struct state *state = opaque;

	for (size_t i = 0; i < CANDIDATES; i++)
		candidates[i].kind->free(state->states[i]);
	free(state);
}

/* The candidate that takes least, time and output together. */
static size_t
choose(struct state *state, const unsigned char *data, size_t len)
{
	const unsigned char *sample = data + (len - SAMPLE) / 2;
	uint64_t least = UINT64_MAX;
	size_t best = MIDDLE;

	if (len < FRAME_MIN)
		return MIDDLE;
	for (size_t i = 0; i < CANDIDATES; i++) {
		size_t size = candidates[i].kind->deflate(state->states[i],
		    sample, SAMPLE, state->room, sizeof state->room);
		uint64_t cost = candidates[i].time * SAMPLE +
		    BYTE_WORTH * (uint64_t)size;

		if (size > 0 && cost < least) {
			least = cost;
			best = i;
		}
	}
	return best;
}

static size_t
deflate_frame(void *opaque, const void *data, size_t len, void *out,
    size_t room)
{
	struct state *state = opaque;
	size_t best = choose(state, data, len);

	return candidates[best].kind->deflate(state->states[best], data, len,
	    out, room);
}

static size_t
state_memory(int level)
{
	size_t sum = sizeof(struct state);

	(void)level;
	for (size_t i = 0; i < CANDIDATES; i++)
		sum += candidates[i].kind->memory(candidates[i].level);
	return sum;
}

const struct codec_kind codec_sampled = {
	.new = state_new,
	.free = state_free,
	.deflate = deflate_frame,
	.memory = state_memory,
};

#endif
