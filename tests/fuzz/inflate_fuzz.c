/*
 * Any bytes as one deflate body: each library that this build has says what
 * zlib says, for the right size and for sizes beside it, and gives the same
 * bytes; but for what gzmemory_zlib_alone_refuses knows.
 */
#include "../unit/gzmemory.h"

#include "codec_kinds.h"
#include "codec_stream.h"

#define OUT_MAX ((size_t)1024 * 1024)

/*
 * The libraries are not instrumented: how far zlib came, with which message, is
 * what makes an input worth keeping.
 */
static uint8_t reached[4096]
	__attribute__((section("__libfuzzer_extra_counters"), used));

static struct buf want = BUF_INIT;
static unsigned char out[OUT_MAX + 1];

typedef const char *inflate_it(const void *body, size_t len, size_t size);

static const char *
by_default(const void *body, size_t len, size_t size)
{
	static struct codec *codec;

	if (codec == NULL)
		codec = codec_new(NULL, 1);
	return codec_inflate(codec, body, len, out, size);
}

static const char *
by_zlib(const void *body, size_t len, size_t size)
{
	static void *state;

	if (state == NULL)
		state = codec_zlib_inflate_new();
	return codec_zlib_inflate(state, body, len, out, size);
}

#ifdef WITH_LIBDEFLATE
static const char *
by_libdeflate(const void *body, size_t len, size_t size)
{
	static void *state;

	if (state == NULL)
		state = codec_libdeflate_inflate_new();
	return codec_libdeflate_inflate(state, body, len, out, size) == 0 ?
	    NULL : "no";
}
#endif

/* Pieces of in and out, small ones often. */
static size_t
next_piece(uint32_t *x, size_t left)
{
	static const size_t sizes[] = {1, 2, 3, 7, 9, 64, 300, 5000};

	*x = *x * 1664525 + 1013904223;
	size_t size = sizes[*x >> 29];

	return size < left ? size : left;
}

/*
 * Each piece of input stands in memory of its own, behind the bytes that a
 * step may put back.
 */
static const char *
by_stream(const void *body, size_t len, size_t size)
{
	static struct codec_stream stream;
	unsigned char piece[CODEC_STREAM_BEFORE + 5000];
	enum codec_step step = CODEC_MORE;
	const unsigned char *at = body;
	size_t left = len, room = size;
	uint32_t x = codec_crc32(body, len);
	bool moved = true;

	if (stream.state == NULL)
		codec_stream_init(&stream);
	codec_stream_reset(&stream);
	stream.in_size = stream.out_size = 0;
	stream.out = out;
	while (step == CODEC_MORE) {
		if (stream.in_size == 0) {
			size_t give = next_piece(&x, left);

			memset(piece, 0x55, sizeof piece);
			memcpy(piece + CODEC_STREAM_BEFORE, at, give);
			stream.in = piece + CODEC_STREAM_BEFORE;
			stream.in_size = give;
			at += give;
			left -= give;
		}
		if (stream.out_size == 0) {
			stream.out_size = next_piece(&x, room);
			room -= stream.out_size;
		}
		size_t before = stream.in_size + stream.out_size;

		step = codec_stream_step(&stream);
		if (step != CODEC_MORE)
			break;
		/* Twice without any effect: it wants what there is not. */
		if (!moved && before == stream.in_size + stream.out_size &&
		    (stream.in_size > 0 || left == 0) &&
		    (stream.out_size > 0 || room == 0))
			return "cut";
		moved = before != stream.in_size + stream.out_size;
	}
	if (step == CODEC_DAMAGED)
		return "damaged";
	if (stream.in_size + left > 0 || stream.out_size + room > 0)
		return "another length";
	/* What is put back is what was there. */
	return stream.crc == codec_crc32(out, size) ? NULL : "another CRC";
}

static inflate_it *const ways[] = {
	by_default,
	by_zlib,
	by_stream,
#ifdef WITH_LIBDEFLATE
	by_libdeflate,
#endif
};

static void
note_reached(int status, size_t used)
{
	size_t message = 0;
	size_t size = 0;

	for (const char *at = gzmemory_message; at != NULL && *at != '\0'; at++)
		message = message * 31 + (unsigned char)*at;
	while (want.len >> size > 0)
		size++;
	reached[(message + (size_t)status * 7 + size * 131) % 2048] = 1;
	reached[2048 + (message + (used < 64 ? used : 64) * 17) % 2048] = 1;
}

static void
try_way(inflate_it *way, const uint8_t *body, size_t len, bool good)
{
	memset(out, 0xaa, want.len + 1);
	if ((way(body, len, want.len) == NULL) != good)
		abort();
	if (good && memcmp(out, want.data, want.len) != 0)
		abort();
	if (way(body, len, want.len + 1) == NULL ||
	    (want.len > 0 && way(body, len, want.len - 1) == NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t used;
	int status = gzmemory_inflate(-MAX_WBITS, data, size, OUT_MAX, &want,
	    &used);

	note_reached(status, used);
	if (status == Z_MEM_ERROR || gzmemory_zlib_alone_refuses())
		return 0;	/* more than OUT_MAX, or known to differ */
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		try_way(ways[i], data, size,
		    status == Z_STREAM_END && used == size);
		/* Without what stands behind, it is whole. */
		if (status == Z_STREAM_END && used < size)
			try_way(ways[i], data, used, true);
	}
	return 0;
}
