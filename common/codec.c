#include "codec.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "codec_kinds.h"
#include "xalloc.h"

/* What a name and a level stand for. */
struct choice {
	const struct codec_kind *kind;
	int level;
};

struct codec_name {
	const char *name;
	struct choice levels[CODEC_LEVEL_MAX];	/* of levels 1 to 12 */
};

#define NINE(kind) {kind, 1}, {kind, 2}, {kind, 3}, {kind, 4}, {kind, 5}, \
    {kind, 6}, {kind, 7}, {kind, 8}, {kind, 9}

/*
 * The default first. MB/s of one processor and share of the size, over a plain
 * dump of numbers, prose and JSON, where gzip -6 has 34 and .258:
 *     ISA-L       1 549 .287   2 532 .284   3 287 .281
 *     libdeflate  1 260 .274   2 158 .268   3 141 .264   4 132 .260
 *                 5 103 .251   6 82 .248   7 53 .246   8 22 .238
 *                 9 16 .237   10 11 .230
 * ISA-L's 3 is no faster than libdeflate's 1, and larger; its 1 is 3 % faster
 * than its 2. Each level of auto is no faster and no larger than the one
 * before, there; 3 takes for each frame what fits it.
 */
static const struct codec_name names[] = {
#if defined WITH_LIBDEFLATE
	{"auto", {
#ifdef WITH_ISAL
	    {&codec_isal, 2},
#else
	    {&codec_libdeflate, 1},
#endif
	    {&codec_libdeflate, 1},
#ifdef WITH_ISAL
	    {&codec_sampled, 0},
#else
	    {&codec_libdeflate, 2},
#endif
	    {&codec_libdeflate, 4}, {&codec_libdeflate, 4},
	    {&codec_libdeflate, 5}, {&codec_libdeflate, 6},
	    {&codec_libdeflate, 7}, {&codec_libdeflate, 8},
	    {&codec_libdeflate, 9}, {&codec_libdeflate, 10},
	    {&codec_libdeflate, 12}}},
#elif defined WITH_ISAL
	{"auto", {{&codec_isal, 2}, {&codec_isal, 3}, {&codec_zlib, 5},
	    {&codec_zlib, 5}, {&codec_zlib, 6}, {&codec_zlib, 6},
	    {&codec_zlib, 7}, {&codec_zlib, 8}, {&codec_zlib, 9},
	    {&codec_zlib, 9}, {&codec_zlib, 9}, {&codec_zlib, 9}}},
#else
	/* The default within 5 % of gzip -6 here, too. */
	{"auto", {{&codec_zlib, 1}, {&codec_zlib, 3}, {&codec_zlib, 5},
	    {&codec_zlib, 5}, {&codec_zlib, 6}, {&codec_zlib, 6},
	    {&codec_zlib, 7}, {&codec_zlib, 8}, {&codec_zlib, 9},
	    {&codec_zlib, 9}, {&codec_zlib, 9}, {&codec_zlib, 9}}},
#endif
	{"zlib", {NINE(&codec_zlib), {&codec_zlib, 9}, {&codec_zlib, 9},
	    {&codec_zlib, 9}}},
#ifdef WITH_ISAL
	{"isal", {{&codec_isal, 2}, {&codec_isal, 2}, {&codec_isal, 3},
	    {&codec_isal, 3}, {&codec_isal, 3}, {&codec_isal, 3},
	    {&codec_isal, 3}, {&codec_isal, 3}, {&codec_isal, 3},
	    {&codec_isal, 3}, {&codec_isal, 3}, {&codec_isal, 3}}},
#endif
#ifdef WITH_LIBDEFLATE
	{"libdeflate", {NINE(&codec_libdeflate), {&codec_libdeflate, 10},
	    {&codec_libdeflate, 11}, {&codec_libdeflate, 12}}},
#endif
};

#define NAMES (sizeof names / sizeof *names)

struct codec {
	struct choice choice;
	/* each made when it is first needed */
	void *deflate, *inflate, *fast_inflate;
};

const char *const *
codec_names(void)
{
	static const char *list[NAMES + 1];

	for (size_t i = 0; i < NAMES; i++)
		list[i] = names[i].name;
	return list;
}

/* NULL: no such name. */
static const struct choice *
find_choice(const char *name, int level)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (name == NULL || strcmp(name, names[i].name) == 0)
			return &names[i].levels[level - 1];
	}
	return NULL;
}

struct codec *
codec_new(const char *name, int level)
{
	const struct choice *choice = find_choice(name, level);

	if (choice == NULL)
		return NULL;
	struct codec *codec = xcalloc(1, sizeof *codec);

	codec->choice = *choice;
	return codec;
}

size_t
codec_memory(const char *name, int level)
{
	const struct choice *choice = find_choice(name, level);

	return choice == NULL ? 0 :
	    choice->kind->memory(choice->level);
}

void
codec_free(struct codec *codec)
{
	if (codec == NULL)
		return;
	if (codec->deflate != NULL)
		codec->choice.kind->free(codec->deflate);
	codec_zlib_inflate_free(codec->inflate);
#ifdef WITH_LIBDEFLATE
	codec_libdeflate_inflate_free(codec->fast_inflate);
#endif
	free(codec);
}

size_t
codec_deflate(struct codec *codec, const void *data, size_t len, void *out,
    size_t room)
{
	const struct codec_kind *kind = codec->choice.kind;

	if (codec->deflate == NULL)
		codec->deflate = kind->new(codec->choice.level);
	size_t size = kind->deflate(codec->deflate, data, len, out, room);

	if (size == 0 && kind != &codec_zlib) {
		/* Only zlib says how long its result can be at most. */
		void *state = codec_zlib.new(1);

		size = codec_zlib.deflate(state, data, len, out, room);
		codec_zlib.free(state);
	}
	return size;
}

const char *
codec_inflate(struct codec *codec, const void *body, size_t len, void *out,
    size_t size)
{
#ifdef WITH_LIBDEFLATE
	if (codec->fast_inflate == NULL)
		codec->fast_inflate = codec_libdeflate_inflate_new();
	if (codec_libdeflate_inflate(codec->fast_inflate, body, len, out,
	    size) == 0)
		return NULL;
	/* zlib knows what is wrong. */
#endif
	if (codec->inflate == NULL)
		codec->inflate = codec_zlib_inflate_new();
	return codec_zlib_inflate(codec->inflate, body, len, out, size);
}

uint32_t
codec_crc32(const void *data, size_t len)
{
#ifdef WITH_ISAL
	return codec_isal_crc32(data, len);
#elif defined WITH_LIBDEFLATE
	return codec_libdeflate_crc32(data, len);
#else
	return (uint32_t)crc32_z(0, data, len);
#endif
}
