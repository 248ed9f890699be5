/*
 * codec_kinds: the libraries behind common/codec, one table each. deflate keeps
 * the promise of codec_deflate. WITH_ISAL and WITH_LIBDEFLATE say which of them
 * this build has; zlib is always there.
 */
#ifndef CODEC_KINDS_H
#define CODEC_KINDS_H

#include <stddef.h>
#include <stdint.h>

struct codec_kind {
	void *(*new)(int level);	/* that library's level; memory here */
	void (*free)(void *state);
	size_t (*deflate)(void *state, const void *data, size_t len,
	    void *out, size_t room);
	size_t (*memory)(int level);	/* bytes of a state */
};

extern const struct codec_kind codec_zlib;
extern const struct codec_kind codec_isal;		/* levels 0 to 3 */
extern const struct codec_kind codec_libdeflate;	/* levels 1 to 12 */

/*
 * For each frame ISA-L or libdeflate, as a sample of it says that time and size
 * together cost least. Needs both; its level is not looked at.
 */
extern const struct codec_kind codec_sampled;

/* The way back, as codec_inflate has it. */
void *codec_zlib_inflate_new(void);
void codec_zlib_inflate_free(void *state);
const char *codec_zlib_inflate(void *state, const void *body, size_t len,
    void *out, size_t size);

/*
 * The same at three times the speed, but without a reason: 0, or -1. state
 * may be NULL for codec_libdeflate_inflate_free.
 */
void *codec_libdeflate_inflate_new(void);
void codec_libdeflate_inflate_free(void *state);
int codec_libdeflate_inflate(void *state, const void *body, size_t len,
    void *out, size_t size);

uint32_t codec_isal_crc32(const void *data, size_t len);
uint32_t codec_libdeflate_crc32(const void *data, size_t len);

#endif
