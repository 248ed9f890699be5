/*
 * Any bytes through every codec, level and frame size into frames and back:
 * the same bytes for our reader and for zlib, and the part that is asked for.
 *
 * Input: codec, level, frame size, jobs, from and to as one byte each, how many
 * times the rest is repeated, the rest.
 */
#include "../unit/gzmemory.h"

#define HEAD 7			/* bytes */
#define OUT_MAX ((size_t)1024 * 1024)

static struct buf plain = BUF_INIT, stream = BUF_INIT, back = BUF_INIT;

static void
compare(const char *data, size_t len)
{
	if (back.len != len || memcmp(back.data, data, len) != 0)
		abort();
}

static struct codec *
any_codec(uint8_t number, uint8_t level)
{
	const char *const *names = codec_names();
	size_t count = 0;

	while (names[count] != NULL)
		count++;
	return codec_new(names[number % count], 1 + level % 9);
}

/* Bytes from to to-1, with and without jumping over what is not wanted. */
static void
try_range(uint64_t from, uint64_t to, bool skipping, unsigned jobs)
{
	struct gzmemory memory = {
		.data = stream.data, .len = stream.len, .out_max = OUT_MAX,
		.out = back,
	};
	struct gzread reader = {
		.source = gzmemory_source, .sink = gzmemory_sink,
		.skip = skipping ? gzmemory_skip : NULL,
		.context = &memory, .jobs = jobs, .from = from, .to = to,
	};
	struct gzread_result result;

	buf_clear(&memory.out);
	int rc = gzread_run(&reader, &result);

	back = memory.out;
	if (rc != 0 || result.uncompressed != plain.len)
		abort();
	uint64_t end = to < plain.len ? to : plain.len;

	if (from < end)
		compare(plain.data + from, (size_t)(end - from));
	else
		compare("", 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gzread_result result;

	if (size < HEAD)
		return 0;
	struct codec *codec = any_codec(data[0], data[1]);
	uint32_t kib = 1 + data[2] % 4;
	unsigned jobs = 1 + data[3] % 3;

	buf_clear(&plain);
	buf_clear(&stream);
	for (int i = 0; i <= data[6] && plain.len < 20000; i++)
		buf_add(&plain, data + HEAD, size - HEAD);
	gzmemory_frames(&stream, plain.data, plain.len, kib, codec);
	codec_free(codec);
	if (gzmemory_read(stream.data, stream.len, jobs, OUT_MAX, &back,
	    &result) != 0 || !result.is_frames)
		abort();
	compare(plain.data, plain.len);
	if (gzmemory_gunzip(stream.data, stream.len, OUT_MAX, &back) != 0)
		abort();
	compare(plain.data, plain.len);
	uint64_t from = plain.len * data[4] / 250;
	uint64_t to = from + plain.len * data[5] / 250;

	try_range(from, to, false, jobs);
	try_range(from, to, true, 1);
	return 0;
}
