/*
 * gzmemory: compressed streams in memory, for unit tests and fuzz targets.
 */
#ifndef GZMEMORY_H
#define GZMEMORY_H

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "codec.h"
#include "gzframe.h"
#include "gzread.h"

struct gzmemory {
	const char *data;
	size_t len, at;
	size_t out_max;		/* the sink refuses more bytes than these */
	struct buf out;
	uint64_t listed;	/* bytes of the frames that were told */
};

static inline ssize_t
gzmemory_source(void *context, void *data, size_t len)
{
	struct gzmemory *memory = context;

	if (len > memory->len - memory->at)
		len = memory->len - memory->at;
	memcpy(data, memory->data + memory->at, len);
	memory->at += len;
	return (ssize_t)len;
}

static inline int
gzmemory_skip(void *context, size_t len)
{
	struct gzmemory *memory = context;

	memory->at += len < memory->len - memory->at ? len :
	    memory->len - memory->at;
	return 0;
}

static inline int
gzmemory_sink(void *context, const void *data, size_t len)
{
	struct gzmemory *memory = context;

	if (len > memory->out_max - memory->out.len)
		return -1;
	buf_add(&memory->out, data, len);
	return 0;
}

static inline int
gzmemory_seen(void *context, const struct gzread_frame *frame)
{
	struct gzmemory *memory = context;

	memory->listed += frame->size;
	return 0;
}

/*
 * gzread_run over len bytes; out is what came, at most out_max bytes. Aborts
 * when the result does not agree with itself.
 */
static inline int
gzmemory_read(const void *data, size_t len, unsigned jobs, size_t out_max,
    struct buf *out, struct gzread_result *result)
{
	struct gzmemory memory = {
		.data = data, .len = len, .out_max = out_max, .out = *out,
	};
	struct gzread reader = {
		.source = gzmemory_source, .sink = gzmemory_sink,
		.seen = gzmemory_seen, .context = &memory, .jobs = jobs,
		GZREAD_ALL,
	};

	buf_clear(&memory.out);
	int rc = gzread_run(&reader, result);

	*out = memory.out;
	if (rc == 0 && (result->compressed != len ||
	    result->uncompressed != out->len || memory.listed != out->len))
		abort();
	if ((rc == 1) != (result->reason[0] != '\0'))
		abort();
	return rc;
}

/* The same bytes as a stream of frames; aborts when a codec fails. */
static inline void
gzmemory_frames(struct buf *out, const void *data, size_t len,
    uint32_t frame_kib, struct codec *codec)
{
	struct gzframe_writer writer;
	size_t frame_size = (size_t)frame_kib * 1024;
	size_t room = GZFRAME_MEMBER_MAX(frame_size);
	unsigned char *member = malloc(room);

	gzframe_writer_init(&writer, frame_kib);
	for (size_t at = 0; at < len; at += frame_size) {
		const char *from = (const char *)data + at;
		size_t size = len - at < frame_size ? len - at : frame_size;
		unsigned char *body = member + GZFRAME_DATA_SIZE;
		struct gzframe frame = {
			.size = size, .crc = codec_crc32(from, size),
		};

		frame.body_size = codec_deflate(codec, from, size, body,
		    room - GZFRAME_DATA_SIZE - GZFRAME_TRAILER_SIZE);
		if (frame.body_size == 0)
			abort();
		frame.body_crc = codec_crc32(body, frame.body_size);
		size_t all = GZFRAME_DATA_SIZE + frame.body_size +
		    GZFRAME_TRAILER_SIZE;

		gzframe_writer_add(&writer, &frame, member,
		    member + all - GZFRAME_TRAILER_SIZE);
		buf_add(out, member, all);
	}
	while (gzframe_writer_finish(&writer, out))
		continue;
	gzframe_writer_release(&writer);
	free(member);
}

/* What zlib said last, NULL when nothing. */
static const char *gzmemory_message;

/*
 * No compressor writes these, zlib refuses them; libdeflate (1.14) and ISA-L
 * (2.30) take some of them: code lengths that run over the end of their table
 * are dropped, codes may be incomplete, a code of one symbol has that symbol
 * for the other bit too. The CRC-32 of what comes out is asked all the same.
 */
static inline bool
gzmemory_zlib_alone_refuses(void)
{
	static const char *const messages[] = {
		"invalid bit length repeat", "invalid literal/length code",
		"invalid distance code", "invalid distances set",
		"invalid literal/lengths set", "invalid code lengths set", NULL
	};

	for (size_t i = 0; messages[i] != NULL; i++) {
		if (gzmemory_message != NULL &&
		    strcmp(gzmemory_message, messages[i]) == 0)
			return true;
	}
	return false;
}

/*
 * inflate() until its end into out (replaced), at most out_max bytes. Returns
 * its status, Z_BUF_ERROR when the input was cut, Z_MEM_ERROR when there was
 * more; used is how much of the input it took.
 */
static inline int
gzmemory_inflate(int window_bits, const void *data, size_t len, size_t out_max,
    struct buf *out, size_t *used)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)data,
		.avail_in = (uInt)len};
	unsigned char part[4096];
	int status = inflateInit2(&stream, window_bits);

	buf_clear(out);
	while (status == Z_OK) {
		stream.next_out = part;
		stream.avail_out = sizeof part;
		status = inflate(&stream, Z_NO_FLUSH);
		size_t got = sizeof part - stream.avail_out;

		if (got > out_max - out->len)
			status = Z_MEM_ERROR;
		else
			buf_add(out, part, got);
	}
	*used = len - stream.avail_in;
	gzmemory_message = stream.msg;
	inflateEnd(&stream);
	return status;
}

/*
 * What zlib says of a chain of gzip members with zero bytes behind it: 0, or
 * -1. Leaves out as far as it came; -2: more than out_max.
 */
static inline int
gzmemory_gunzip(const void *data, size_t len, size_t out_max, struct buf *out)
{
	const unsigned char *at = data;
	struct buf part = BUF_INIT;
	size_t used;
	int rc = len == 0 ? -1 : 0;

	buf_clear(out);
	for (bool first = true; rc == 0 && len > 0; first = false) {
		while (!first && len > 0 && at[0] == 0 && at[len - 1] == 0)
			len--;
		if (len == 0)
			break;
		int status = gzmemory_inflate(16 + MAX_WBITS, at, len,
		    out_max - out->len, &part, &used);

		buf_add(out, part.data, part.len);
		if (status != Z_STREAM_END)
			rc = status == Z_MEM_ERROR ? -2 : -1;
		at += used;
		len -= used;
	}
	buf_release(&part);
	return rc;
}

#endif
