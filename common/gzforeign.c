#include "gzforeign.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "codec_stream.h"
#include "gzahead.h"
#include "prog.h"
#include "xalloc.h"

#define FIRST_MAX 64	/* bytes of input that were read before */

enum {	/* FLG, RFC 1952 section 2.3.1 */
	FHCRC = 2,
	FEXTRA = 4,
	FNAME = 8,
	FCOMMENT = 16,
	RESERVED = 0xe0,
};

struct foreign {
	const struct gzread *setup;
	struct gzread_result *result;
	struct gzahead *ahead;
	struct codec_stream stream;	/* its in is the input */
	uint64_t read;		/* bytes from the source so far */
	uint64_t at;		/* of this member */
	uint32_t header_crc, size;	/* of this member; size mod 2^32 */
	unsigned char first[CODEC_STREAM_BEFORE + FIRST_MAX];
};

static int
damaged(struct foreign *foreign, const char *reason)
{
	return gzread_damaged(foreign->result, "gzip member at byte %"
	    PRIu64 ": %s", foreign->at, reason);
}

static uint64_t
position(const struct foreign *foreign)
{
	return foreign->read - foreign->stream.in_size;
}

static int
cut(struct foreign *foreign)
{
	return gzread_damaged(foreign->result, "it was cut at byte %" PRIu64
	     ", inside the gzip member at byte %" PRIu64,
	    position(foreign), foreign->at);
}

/* 1: there is input; 0: it ended; -1 told. */
static int
fill(struct foreign *foreign)
{
	struct codec_stream *stream = &foreign->stream;
	unsigned char *data;

	if (stream->in_size > 0)
		return 1;
	ssize_t n = gzahead_read(foreign->ahead, &data);

	if (n <= 0)
		return (int)n;
	stream->in = data;
	stream->in_size = (size_t)n;
	foreign->read += (uint64_t)n;
	return 1;
}

/* The next byte of a member, counted into its header's CRC. -1 told. */
static int
next_byte(struct foreign *foreign)
{
	int there = fill(foreign);

	if (there < 0)
		return -1;
	if (there == 0)
		return cut(foreign);
	foreign->header_crc = (uint32_t)crc32(foreign->header_crc,
	    foreign->stream.in, 1);
	foreign->stream.in_size--;
	return *foreign->stream.in++;
}

static int
next_bytes(struct foreign *foreign, unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int byte = next_byte(foreign);

		if (byte < 0)
			return -1;
		data[i] = (unsigned char)byte;
	}
	return 0;
}

static int
skip_text(struct foreign *foreign)
{
	int byte;

	do
		byte = next_byte(foreign);
	while (byte > 0);
	return byte;
}

/* A frame in here means that a frame stream's first member was damaged. */
static int
skip_extra(struct foreign *foreign)
{
	unsigned char length[2], start[4] = {0}, byte;

	if (next_bytes(foreign, length, 2) != 0)
		return -1;
	size_t left = (size_t)length[0] | (size_t)length[1] << 8;
	size_t have = left < sizeof start ? left : sizeof start;

	if (next_bytes(foreign, start, have) != 0)
		return -1;
	if (start[0] == 'P' && start[1] == 'B')
		return damaged(foreign, "a frame stands behind a member that "
		    "is none");
	for (left -= have; left > 0; left--) {
		if (next_bytes(foreign, &byte, 1) != 0)
			return -1;
	}
	return 0;
}

static int
read_header(struct foreign *foreign)
{
	unsigned char fixed[8], crc[2];
	int flags, first, second;

	foreign->header_crc = 0;
	if ((first = next_byte(foreign)) < 0)
		return -1;
	if (first == 0x1f && (second = next_byte(foreign)) < 0)
		return -1;
	if (first != 0x1f || second != 0x8b)
		return damaged(foreign, foreign->result->frames == 0 ?
		    "this is not gzip" : "something else than gzip follows");
	if (next_bytes(foreign, fixed, sizeof fixed) != 0)
		return -1;
	flags = fixed[1];
	if (fixed[0] != 8)
		return damaged(foreign, "its compression is not deflate");
	if ((flags & RESERVED) != 0)
		return damaged(foreign, "it has flags that are not known");
	if ((flags & FEXTRA) != 0 && skip_extra(foreign) != 0)
		return -1;
	if ((flags & FNAME) != 0 && skip_text(foreign) != 0)
		return -1;
	if ((flags & FCOMMENT) != 0 && skip_text(foreign) != 0)
		return -1;
	if ((flags & FHCRC) == 0)
		return 0;
	uint32_t header_crc = foreign->header_crc & 0xffff;

	if (next_bytes(foreign, crc, 2) != 0)
		return -1;
	if (header_crc != ((uint32_t)crc[0] | (uint32_t)crc[1] << 8))
		return damaged(foreign, "its header's CRC is wrong");
	return 0;
}

/* Pass on what is in the output buffer. */
static int
flush(struct foreign *foreign)
{
	size_t len = GZAHEAD_OUT_SIZE - foreign->stream.out_size;

	if (len > 0 && gzahead_write(foreign->ahead,
	    foreign->result->uncompressed - len, len) != 0)
		return -1;
	foreign->stream.out = gzahead_room(foreign->ahead);
	foreign->stream.out_size = GZAHEAD_OUT_SIZE;
	return 0;
}

static int
read_body(struct foreign *foreign)
{
	struct codec_stream *stream = &foreign->stream;
	enum codec_step step;

	foreign->size = 0;
	codec_stream_reset(stream);
	do {
		size_t room = stream->out_size;
		int there = fill(foreign);

		if (there < 0)
			return -1;
		step = codec_stream_step(stream);
		size_t len = room - stream->out_size;

		foreign->size += (uint32_t)len;
		foreign->result->uncompressed += len;
		if (step == CODEC_DAMAGED)
			return damaged(foreign, "its compressed data is "
			    "damaged");
		/* Output may still be held when the input has ended. */
		if (step == CODEC_MORE && there == 0 && len == 0)
			return cut(foreign);
		if (stream->out_size == 0 && flush(foreign) != 0)
			return -1;
	} while (step != CODEC_END);
	return 0;
}

static uint32_t
number(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 |
	    (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static int
read_member(struct foreign *foreign)
{
	unsigned char trailer[8];
	struct gzread_frame frame = {
		.number = foreign->result->frames,
		.offset = foreign->result->uncompressed,
		.at = foreign->at,
	};

	if (read_header(foreign) != 0 || read_body(foreign) != 0 ||
	    next_bytes(foreign, trailer, sizeof trailer) != 0)
		return -1;
	if (number(trailer) != foreign->stream.crc)
		return damaged(foreign, "its CRC-32 is wrong");
	if (number(trailer + 4) != foreign->size)
		return damaged(foreign, "its length is wrong");
	foreign->result->frames++;
	foreign->result->compressed = position(foreign);
	frame.size = foreign->result->uncompressed - frame.offset;
	frame.length = position(foreign) - frame.at;
	if (foreign->setup->seen != NULL &&
	    foreign->setup->seen(foreign->setup->context, &frame) != 0)
		return -1;
	return flush(foreign);
}

/* Behind the last member: nothing but zero bytes, as on a tape. */
static int
skip_zeros(struct foreign *foreign)
{
	int there;

	while ((there = fill(foreign)) == 1) {
		if (*foreign->stream.in != 0)
			return gzread_damaged(foreign->result, "something "
			    "else than gzip follows at byte %" PRIu64,
			    position(foreign));
		foreign->stream.in++;
		foreign->stream.in_size--;
	}
	return there;
}

static int
read_all(void *opaque, struct gzahead *ahead)
{
	struct foreign *foreign = opaque;
	int there;

	foreign->ahead = ahead;
	foreign->stream.out = gzahead_room(ahead);
	foreign->stream.out_size = GZAHEAD_OUT_SIZE;
	while ((there = fill(foreign)) == 1) {
		foreign->at = position(foreign);
		if (foreign->result->frames > 0 &&
		    *foreign->stream.in == 0)
			return skip_zeros(foreign);
		if (read_member(foreign) != 0)
			return -1;
	}
	if (there == 0 && foreign->result->frames == 0)
		return gzread_damaged(foreign->result,
		    "it is empty, this is not gzip");
	return there;
}

int
gzforeign_run(const struct gzread *setup, const unsigned char *first,
    size_t len, struct gzread_result *result)
{
	struct foreign *foreign = xcalloc(1, sizeof *foreign);

	foreign->setup = setup;
	foreign->result = result;
	foreign->read = len;
	codec_stream_init(&foreign->stream);
	memcpy(foreign->first + CODEC_STREAM_BEFORE, first, len);
	foreign->stream.in = foreign->first + CODEC_STREAM_BEFORE;
	foreign->stream.in_size = len;
	int rc = gzahead_run(setup, CODEC_STREAM_BEFORE, read_all, foreign);

	/* Zero bytes behind the last member count as well. */
	result->compressed = position(foreign);
	codec_stream_release(&foreign->stream);
	free(foreign);
	return rc;
}
