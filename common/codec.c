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
	struct choice levels[9];	/* of gzip's levels 1 to 9 */
};

#define SAME(kind) {{kind, 1}, {kind, 2}, {kind, 3}, {kind, 4}, {kind, 5}, \
    {kind, 6}, {kind, 7}, {kind, 8}, {kind, 9}}

/*
 * The default first. Rows of text, one core, MB/s and share of the size:
 *     zlib        -1 90 .423  -3 65 .409  -6 33 .380  -9 20 .377
 *     ISA-L        1 422 .414  2 386 .404  3 270 .400
 *     libdeflate   1 179 .396  2 126 .391  4 99 .386  6 65 .376  9 14 .370
 * Each level of auto is slower and smaller than the one before.
 */
static const struct codec_name names[] = {
#if defined WITH_ISAL && defined WITH_LIBDEFLATE
	{"auto", {{&codec_isal, 1}, {&codec_isal, 2}, {&codec_isal, 3},
	    {&codec_libdeflate, 1}, {&codec_libdeflate, 4},
	    {&codec_libdeflate, 6}, {&codec_libdeflate, 7},
	    {&codec_libdeflate, 8}, {&codec_libdeflate, 9}}},
#elif defined WITH_ISAL
	{"auto", {{&codec_isal, 1}, {&codec_isal, 2}, {&codec_isal, 3},
	    {&codec_zlib, 4}, {&codec_zlib, 5}, {&codec_zlib, 6},
	    {&codec_zlib, 7}, {&codec_zlib, 8}, {&codec_zlib, 9}}},
#elif defined WITH_LIBDEFLATE
	{"auto", SAME(&codec_libdeflate)},
#else
	{"auto", SAME(&codec_zlib)},
#endif
	{"zlib", SAME(&codec_zlib)},
#ifdef WITH_ISAL
	{"isal", {{&codec_isal, 1}, {&codec_isal, 2}, {&codec_isal, 3},
	    {&codec_isal, 3}, {&codec_isal, 3}, {&codec_isal, 3},
	    {&codec_isal, 3}, {&codec_isal, 3}, {&codec_isal, 3}}},
#endif
#ifdef WITH_LIBDEFLATE
	{"libdeflate", SAME(&codec_libdeflate)},
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

struct codec *
codec_new(const char *name, int level)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (name != NULL && strcmp(name, names[i].name) != 0)
			continue;
		struct codec *codec = xcalloc(1, sizeof *codec);

		codec->choice = names[i].levels[level - 1];
		return codec;
	}
	return NULL;
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
