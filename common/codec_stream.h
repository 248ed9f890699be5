/*
 * codec_stream: inflate one deflate stream of any length, piece by piece.
 *
 * ISA-L where the build has it, at more than twice zlib's speed, else zlib.
 */
#ifndef CODEC_STREAM_H
#define CODEC_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "io.h"

/*
 * Writable bytes that must stand before the input of every codec_stream_step:
 * what was read too far is put back there when it came with an earlier piece.
 */
#define CODEC_STREAM_BEFORE 8

struct codec_stream {
	const unsigned char *in;	/* the caller's, moved by each step */
	size_t in_size;
	unsigned char *out;
	size_t out_size;
	uint32_t crc;			/* CRC-32 of what came out so far */
	void *state;
};

enum codec_step {
	CODEC_MORE,	/* wants input or room for output */
	CODEC_END,	/* in is behind the stream */
	CODEC_DAMAGED,
};

/* Memory is taken here; too little ends the program. */
void codec_stream_init(struct codec_stream *);
void codec_stream_release(struct codec_stream *);

/* Another stream begins. in and out stay as they are. */
void codec_stream_reset(struct codec_stream *);

enum codec_step codec_stream_step(struct codec_stream *) MUSTUSE;

#endif
