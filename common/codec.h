/*
 * codec: raw deflate (RFC 1951) of one frame that is whole in memory.
 *
 * One interface over several libraries: zlib, and ISA-L and libdeflate where
 * the build has them. All write what any gunzip reads. The name "auto" takes
 * the best for each level. With one name and level the same frame gives the
 * same bytes, on one machine. A struct codec is used by one thread at a time.
 */
#ifndef CODEC_H
#define CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "io.h"

struct codec;

/* The names that this build knows, the default first; NULL-terminated. */
const char *const *codec_names(void);

#define CODEC_LEVEL_MAX 12

/*
 * level is 1 (fast) to CODEC_LEVEL_MAX (small), as gzip's up to 9. NULL: no
 * such name; nothing told. Memory is taken once, at the first frame. A NULL
 * name is the default.
 */
struct codec *codec_new(const char *name, int level);
void codec_free(struct codec *);

/* Bytes that one takes at most. */
size_t codec_memory(const char *name, int level);

/*
 * Compress len bytes (1 or more) into out, at most room bytes, one final
 * block last. Returns the size of the body; 0 when room was too small, which
 * len + len / 256 + 256 never is.
 */
size_t codec_deflate(struct codec *, const void *data, size_t len, void *out,
    size_t room) MUSTUSE;

/*
 * The way back: body must be one deflate stream that ends with its last byte
 * and gives exactly size bytes. NULL: so it is; else why it is not.
 */
const char *codec_inflate(struct codec *, const void *body, size_t len,
    void *out, size_t size) MUSTUSE;

/* CRC-32 as gzip has it. */
uint32_t codec_crc32(const void *data, size_t len);

#endif
