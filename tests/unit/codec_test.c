/* codec: the same bytes for the same frame, and what a sampled frame gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "xalloc.h"

#define FRAME ((size_t)1024 * 1024)
#define ROOM (FRAME + FRAME / 256 + 256)

static uint32_t seed;

static uint32_t
number(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static bool
has_codec(const char *name)
{
	const char *const *known = codec_names();

	while (*known != NULL && strcmp(*known, name) != 0)
		known++;
	return *known != NULL;
}

static void
assert_same(struct codec *a, struct codec *b, const void *data, size_t len)
{
	unsigned char *one = xmalloc(ROOM), *other = xmalloc(ROOM);
	size_t size = codec_deflate(a, data, len, one, ROOM);

	assert_true(size > 0);
	assert_int_equal(codec_deflate(b, data, len, other, ROOM), size);
	assert_memory_equal(one, other, size);
	free(one);
	free(other);
}

/* Frames that begin with what comes again: ISA-L is known to be led astray. */
static void
test_states(void **unused)
{
	(void)unused;
	for (const char *const *name = codec_names(); *name != NULL; name++) {
		struct codec *a = codec_new(*name, 1), *b = codec_new(*name, 1);
		char data[1024];

		seed = 5;
		for (int i = 0; i < 20000; i++) {
			size_t len = 64 + (size_t)i % 900;

			for (size_t k = 0; k < len; k++)
				data[k] = "abcdefgh"[number(8)];
			memcpy(data + len / 2, data, 12);
			assert_same(a, b, data, len);
		}
		codec_free(a);
		codec_free(b);
	}
}

static void
test_lengths(void **unused)
{
	(void)unused;
	for (const char *const *name = codec_names(); *name != NULL; name++) {
		struct codec *codec = codec_new(*name, 3);
		unsigned char data[300], body[1024], back[300];

		for (size_t len = 1; len <= sizeof data; len++) {
			for (size_t k = 0; k < len; k++)
				data[k] = (unsigned char)number(3 + len % 250);
			size_t size = codec_deflate(codec, data, len, body,
			    sizeof body);

			assert_null(codec_inflate(codec, body, size, back,
			    len));
			assert_memory_equal(back, data, len);
		}
		codec_free(codec);
	}
}

/* Rows, until data is full; as of pgbench, or JSON. */
static void
fill_rows(char *data, size_t len, bool json)
{
	char row[128];

	seed = 3;
	for (size_t at = 0, n = 1; at < len; n++) {
		size_t size = (size_t)(json ?
		    snprintf(row, sizeof row,
		    "{\"path\": \"/shop/%u/item/%u\", \"user\": %u, "
		    "\"kind\": \"%s\", \"tags\": [\"a%u\", \"b%u\"]}\n",
		    number(400), number(30000), number(9999),
		    number(3) ? "view" : "buy", number(11), number(17)) :
		    snprintf(row, sizeof row, "%zu\t1\t0\t%84s\n", n, ""));

		size = size < len - at ? size : len - at;
		memcpy(data + at, row, size);
		at += size;
	}
}

/* Words in any order. */
static void
fill_words(char *data, size_t len)
{
	char words[1500][10];
	size_t at = 0;

	seed = 7;
	for (size_t i = 0; i < 1500; i++) {
		size_t size = 2 + number(7);

		for (size_t k = 0; k < size; k++)
			words[i][k] = (char)('a' + number(26));
		words[i][size] = ' ';
		words[i][size + 1] = '\0';
	}
	while (at < len) {
		const char *word = words[number(1 + number(1500))];

		for (; *word != '\0' && at < len; word++)
			data[at++] = *word;
	}
}

static void
test_sampled(void **unused)
{
	char *data = xmalloc(FRAME);

	(void)unused;
	if (!has_codec("isal") || !has_codec("libdeflate"))
		return free(data);
	struct codec *sampled = codec_new(NULL, 3);
	struct codec *fast = codec_new("isal", 1);
	struct codec *well = codec_new("libdeflate", 4);

	fill_rows(data, FRAME, false);
	assert_same(sampled, fast, data, FRAME);
	assert_same(sampled, fast, data, FRAME / 2);
	assert_same(sampled, well, data, FRAME / 2 - 1);
	fill_words(data, FRAME);
	assert_same(sampled, well, data, FRAME);
	fill_rows(data, FRAME, true);
	assert_same(sampled, well, data, FRAME);
	for (size_t i = 0; i < FRAME; i++)
		data[i] = (char)number(256);
	assert_same(sampled, fast, data, FRAME);
	codec_free(sampled);
	codec_free(fast);
	codec_free(well);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_sampled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
