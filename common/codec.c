#include "codec.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "codec_zlib.h"
#include "xalloc.h"

struct codec {
	const struct codec_kind *kind;
	void *state;
};

/* The default first. */
static const struct codec_kind *const kinds[] = {
	&codec_zlib,
};

#define KINDS (sizeof kinds / sizeof *kinds)

const char *const *
codec_names(void)
{
	static const char *names[KINDS + 1];

	for (size_t i = 0; i < KINDS; i++)
		names[i] = kinds[i]->name;
	return names;
}

struct codec *
codec_new(const char *name, int level)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (name != NULL && strcmp(name, kinds[i]->name) != 0)
			continue;
		struct codec *codec = xcalloc(1, sizeof *codec);

		codec->kind = kinds[i];
		codec->state = codec->kind->new(level);
		return codec;
	}
	return NULL;
}

void
codec_free(struct codec *codec)
{
	if (codec == NULL)
		return;
	codec->kind->free(codec->state);
	free(codec);
}

size_t
codec_deflate(struct codec *codec, const void *data, size_t len, void *out,
    size_t room)
{
	return codec->kind->deflate(codec->state, data, len, out, room);
}

const char *
codec_inflate(struct codec *codec, const void *body, size_t len, void *out,
    size_t size)
{
	return codec->kind->inflate(codec->state, body, len, out, size);
}

uint32_t
codec_crc32(const void *data, size_t len)
{
	return (uint32_t)crc32_z(0, data, len);
}
