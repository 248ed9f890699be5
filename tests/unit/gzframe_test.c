/* gzframe and codec: what is written is accepted, anything else is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "gzframe.h"
#include "gzread.h"

#define KIB 1024

/* A stream of frames of 1 KiB; frames but the last are whole. */
static void
make_stream(struct buf *out, const char *data, size_t len)
{
	struct gzframe_writer writer;
	struct codec *codec = codec_new("zlib", 6);
	unsigned char member[GZFRAME_MEMBER_MAX(KIB)];

	gzframe_writer_init(&writer, 1);
	for (size_t at = 0; at < len; at += KIB) {
		size_t size = len - at < KIB ? len - at : KIB;
		unsigned char *body = member + GZFRAME_DATA_SIZE;
		struct gzframe frame = {
			.size = size, .crc = codec_crc32(data + at, size),
		};

		frame.body_size = codec_deflate(codec, data + at, size, body,
		    sizeof member - GZFRAME_DATA_SIZE - GZFRAME_TRAILER_SIZE);
		frame.body_crc = codec_crc32(body, frame.body_size);
		size_t all = GZFRAME_DATA_SIZE + frame.body_size +
		    GZFRAME_TRAILER_SIZE;

		assert_int_not_equal(frame.body_size, 0);
		gzframe_writer_add(&writer, &frame, member,
		    member + all - GZFRAME_TRAILER_SIZE);
		buf_add(out, member, all);
	}
	while (gzframe_writer_finish(&writer, out))
		continue;
	gzframe_writer_release(&writer);
	codec_free(codec);
}

struct memory {
	const char *data;
	size_t len, at;
	struct buf out;
};

static ssize_t
source(void *context, void *data, size_t len)
{
	struct memory *memory = context;

	if (len > memory->len - memory->at)
		len = memory->len - memory->at;
	memcpy(data, memory->data + memory->at, len);
	memory->at += len;
	return (ssize_t)len;
}

static int
sink(void *context, const void *data, size_t len)
{
	struct memory *memory = context;

	buf_add(&memory->out, data, len);
	return 0;
}

static int
read_back(const struct buf *stream, unsigned jobs, struct buf *out,
    struct gzread_result *result)
{
	struct memory memory = {
		.data = stream->data, .len = stream->len, .out = BUF_INIT,
	};
	struct gzread reader = {
		.source = source, .sink = sink, .context = &memory,
		.jobs = jobs, GZREAD_ALL,
	};
	int rc = gzread_run(&reader, result);

	buf_release(out);
	*out = memory.out;
	return rc;
}

static void
fill(struct buf *data, size_t len)
{
	uint32_t x = 1;

	buf_clear(data);
	while (data->len < len) {
		x = x * 1664525 + 1013904223;
		buf_add_byte(data, (char)("abcdefgh"[x >> 29]));
	}
}

static void
test_round_trip(void **state)
{
	static const size_t sizes[] = {0, 1, KIB - 1, KIB, KIB + 1, 2000 * KIB,
		2000 * KIB + 1};
	struct buf data = BUF_INIT;
	struct buf back = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf stream = BUF_INIT;
		struct gzread_result result;

		fill(&data, sizes[i]);
		make_stream(&stream, data.data, data.len);
		for (unsigned jobs = 1; jobs <= 3; jobs++) {
			assert_int_equal(read_back(&stream, jobs, &back,
			    &result), 0);
			assert_true(result.is_frames);
			assert_int_equal(result.frames,
			    (sizes[i] + KIB - 1) / KIB);
			assert_int_equal(result.compressed, stream.len);
			assert_int_equal(back.len, data.len);
			assert_memory_equal(back.data, data.data, data.len);
		}
		buf_release(&stream);
	}
	buf_release(&back);
	buf_release(&data);
}

static void
test_every_change(void **state)
{
	struct buf data = BUF_INIT;
	struct buf stream = BUF_INIT;
	struct buf back = BUF_INIT;
	struct gzread_result result;

	(void)state;
	fill(&data, 2 * KIB + 100);
	make_stream(&stream, data.data, data.len);
	for (size_t i = 0; i < stream.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			stream.data[i] ^= (char)(1 << bit);
			assert_int_equal(read_back(&stream, 1, &back,
			    &result), 1);
			stream.data[i] ^= (char)(1 << bit);
		}
	}
	size_t whole = stream.len;

	for (stream.len = 0; stream.len < whole; stream.len++)
		assert_int_equal(read_back(&stream, 1, &back, &result), 1);
	buf_release(&back);
	buf_release(&stream);
	buf_release(&data);
}

/* The index and the end frame alone lead to every frame. */
static void
test_from_the_end(void **state)
{
	struct buf data = BUF_INIT;
	struct buf stream = BUF_INIT;
	struct gzframe_end end;
	uint64_t first, at = 0;
	uint32_t count;

	(void)state;
	fill(&data, 3000 * KIB - 5);
	make_stream(&stream, data.data, data.len);
	const unsigned char *bytes = (const unsigned char *)stream.data;

	assert_int_equal(gzframe_parse_end(bytes + stream.len -
	    GZFRAME_END_SIZE, &end), 0);
	assert_int_equal(end.frames, 3000);
	assert_int_equal(end.index_count, 2);
	assert_int_equal(end.frame_bytes, KIB);
	assert_int_equal(end.uncompressed, data.len);
	assert_int_equal(end.compressed + end.index_bytes + GZFRAME_END_SIZE,
	    stream.len);
	const unsigned char *index = bytes + end.compressed;

	for (uint64_t number = 0; number < end.frames; number += count) {
		size_t size = GZFRAME_INDEX_SIZE(number == 0 ? 2000 : 1000);

		assert_int_equal(gzframe_parse_index(index, size, &first,
		    &count), 0);
		assert_int_equal(first, number);
		assert_int_equal(gzframe_parse_index(index, size - 4, &first,
		    &count), -1);
		for (uint32_t i = 0; i < count; i++) {
			assert_int_equal(gzframe_probe(bytes + at,
			    GZFRAME_PROBE_SIZE), GZFRAME_DATA);
			at += gzframe_index_length(index, i);
		}
		index += size;
	}
	assert_int_equal(at, end.compressed);
	buf_release(&stream);
	buf_release(&data);
}

static void
test_probe(void **state)
{
	/* A BGZF header: gzip with an extra field of another tool. */
	static const unsigned char bgzf[20] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0,
		255, 6, 0, 'B', 'C', 2, 0, 0x1b, 0, 3, 0};
	static const unsigned char plain[20] = {0x1f, 0x8b, 8};
	struct buf stream = BUF_INIT;
	unsigned char changed[20];

	(void)state;
	assert_int_equal(gzframe_probe(bgzf, 20), GZFRAME_FOREIGN);
	assert_int_equal(gzframe_probe(plain, 20), GZFRAME_FOREIGN);
	assert_int_equal(gzframe_probe(plain, 0), GZFRAME_FOREIGN);
	make_stream(&stream, "x", 1);
	for (size_t i = 0; i < 18; i++) {
		memcpy(changed, stream.data, 20);
		assert_int_equal(gzframe_probe(changed, 20), GZFRAME_DATA);
		changed[i] ^= 0x20;
		assert_int_equal(gzframe_probe(changed, 20), GZFRAME_DAMAGED);
	}
	buf_release(&stream);
}

static void
test_codec(void **state)
{
	char data[70000], back[70000], body[80000];

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * i >> 3);
	for (const char *const *name = codec_names(); *name != NULL; name++) {
		for (int level = 1; level <= 9; level++) {
			struct codec *codec = codec_new(*name, level);
			size_t len = codec_deflate(codec, data, sizeof data,
			    body, sizeof body);

			assert_int_not_equal(len, 0);
			assert_null(codec_inflate(codec, body, len, back,
			    sizeof back));
			assert_memory_equal(data, back, sizeof data);
			assert_non_null(codec_inflate(codec, body, len - 1,
			    back, sizeof back));
			assert_non_null(codec_inflate(codec, body, len, back,
			    sizeof back - 1));
			body[len] = 0;
			assert_non_null(codec_inflate(codec, body, len + 1,
			    back, sizeof back));
			/* The same again: nothing is left of a failure. */
			assert_int_equal(codec_deflate(codec, data,
			    sizeof data, body, sizeof body), len);
			assert_int_equal(codec_deflate(codec, data,
			    sizeof data, body, 10), 0);
			codec_free(codec);
		}
	}
	assert_null(codec_new("lzma", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_change),
		cmocka_unit_test(test_from_the_end),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_codec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
