/* gzframe and codec: what is written is accepted, anything else is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gzlookup.h"
#include "gzmemory.h"

#define KIB 1024

/* A stream of frames of 1 KiB; frames but the last are whole. */
static void
make_stream(struct buf *out, const char *data, size_t len)
{
	struct codec *codec = codec_new("zlib", 6);

	gzmemory_frames(out, data, len, 1, codec);
	codec_free(codec);
}

static int
read_back(const struct buf *stream, unsigned jobs, struct buf *out,
    struct gzread_result *result)
{
	return gzmemory_read(stream->data, stream->len, jobs, SIZE_MAX, out,
	    result);
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

static int
read_part(void *context, uint64_t at, void *data, size_t len)
{
	const struct buf *stream = context;

	assert_true(at <= stream->len && len <= stream->len - at);
	memcpy(data, stream->data + at, len);
	return 0;
}

/* Every frame that is found begins where the range does, and holds it. */
static void
try_lookup(struct buf *stream, uint64_t from, uint64_t to, uint64_t size)
{
	struct gzlookup_file file = {read_part, stream, stream->len};
	struct gzlookup found;
	struct gzframe_check check = {0};
	enum gzframe_kind kind;
	size_t length, want;

	assert_int_equal(gzlookup_find(&file, from, to, &found), 0);
	to = to < size ? to : size;
	from = from < to ? from : to;
	assert_int_equal(found.from, from);
	assert_int_equal(found.to, to);
	assert_int_equal(found.uncompressed, size);
	assert_int_equal(found.count, from == to ? 0 :
	    (to - 1) / KIB - from / KIB + 1);
	check.uncompressed = found.offset;
	for (uint64_t i = 0; i < found.count; i++) {
		const unsigned char *at =
		    (const unsigned char *)stream->data + found.at;

		assert_int_equal(gzframe_check_begin(&check, at, &kind, &want),
		    0);
		assert_int_equal(kind, GZFRAME_DATA);
		assert_int_equal(gzframe_check_data(&check, at, &length), 0);
		assert_int_equal(gzframe_check_size(&check, at + length -
		    GZFRAME_TRAILER_SIZE, &want), 0);
		found.at += length;
		found.length -= length;
	}
	assert_int_equal(found.length, 0);
	assert_true(found.count == 0 || check.uncompressed >= to);
}

static void
test_lookup(void **state)
{
	static const size_t sizes[] = {0, 1, KIB, KIB + 1, 5000,
		2000 * KIB, 2000 * KIB + 1, 4100 * KIB - 5};
	struct buf data = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf stream = BUF_INIT;
		size_t size = sizes[i];

		fill(&data, size);
		make_stream(&stream, data.data, data.len);
		try_lookup(&stream, 0, UINT64_MAX, size);
		try_lookup(&stream, 0, 0, size);
		try_lookup(&stream, 0, 1, size);
		try_lookup(&stream, size, UINT64_MAX, size);
		try_lookup(&stream, UINT64_MAX, UINT64_MAX, size);
		for (size_t from = 0; from < size; from += 1 + size / 37) {
			try_lookup(&stream, from, from + 1, size);
			try_lookup(&stream, from, from + 3 * KIB, size);
			try_lookup(&stream, from, UINT64_MAX, size);
		}
		buf_release(&stream);
	}
	buf_release(&data);
}

/* What is looked at is checked: end frame, index, size of the file. */
static void
test_lookup_changes(void **state)
{
	struct buf data = BUF_INIT, stream = BUF_INIT;
	struct gzlookup found;

	(void)state;
	fill(&data, 5 * KIB);
	make_stream(&stream, data.data, data.len);
	struct gzlookup_file file = {read_part, &stream, stream.len};
	size_t index = stream.len - GZFRAME_END_SIZE - GZFRAME_INDEX_SIZE(5);

	for (size_t at = index; at < stream.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			stream.data[at] ^= (char)(1 << bit);
			assert_int_equal(gzlookup_find(&file, 0, UINT64_MAX,
			    &found), 1);
			stream.data[at] ^= (char)(1 << bit);
		}
	}
	for (file.size = 0; file.size < stream.len; file.size++)
		assert_int_equal(gzlookup_find(&file, 0, UINT64_MAX, &found),
		    1);
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

/* What a codec did before changes nothing: same data, same bytes. */
static void
test_used_codec(void **state)
{
	struct buf data = BUF_INIT, other = BUF_INIT;
	char first[80000], second[80000];

	(void)state;
	for (const char *const *name = codec_names(); *name != NULL; name++) {
		for (int level = 1; level <= 9; level++) {
			struct codec *used = codec_new(*name, level);

			for (size_t len = 1; len < 70000; len += len / 3 + 7) {
				struct codec *fresh = codec_new(*name, level);

				fill(&data, len);
				fill(&other, 70000 - len);
				assert_int_not_equal(codec_deflate(used,
				    other.data, other.len, second,
				    sizeof second), 0);
				size_t size = codec_deflate(fresh, data.data,
				    len, first, sizeof first);

				assert_int_equal(codec_deflate(used, data.data,
				    len, second, sizeof second), size);
				assert_memory_equal(first, second, size);
				codec_free(fresh);
			}
			codec_free(used);
		}
	}
	buf_release(&other);
	buf_release(&data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_from_the_end),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_lookup_changes),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_codec),
		cmocka_unit_test(test_used_codec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
