/*
 * codec_zlib: a library behind common/codec. Each is one such table; the
 * functions keep the promises of codec.h.
 */
#ifndef CODEC_ZLIB_H
#define CODEC_ZLIB_H

#include <stddef.h>

struct codec_kind {
	const char *name;
	void *(*new)(int level);
	void (*free)(void *state);
	size_t (*deflate)(void *state, const void *data, size_t len,
	    void *out, size_t room);
	const char *(*inflate)(void *state, const void *body, size_t len,
	    void *out, size_t size);
};

extern const struct codec_kind codec_zlib;

#endif
