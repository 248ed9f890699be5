/*
 * gzread and codec against bad input: the known bad cases of deflate and gzip,
 * and every small change of a good stream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "gzmemory.h"

#define KIB 1024
#define OUT_MAX ((size_t)16 * 1024 * 1024)

/* What -d must say of a case. */
enum verdict {
	GOOD,
	BAD,
};

struct hex_case {
	const char *name;
	const char *hex;	/* numbers, blanks between them */
	enum verdict verdict;
};

/*
 * Raw deflate. The bytes are those with which zlib's own test/infcover.c
 * reaches each branch of its decoder.
 */
static const struct hex_case bodies[] = {
	{"stored block, length mismatch", "0 0 0 0 0", BAD},
	{"empty fixed block", "3 0", GOOD},
	{"block type 3", "6", BAD},
	{"stored block of one byte", "1 1 0 fe ff 0", GOOD},
	{"stored block, data cut", "1 2 0 fd ff 0", BAD},
	{"too many length or distance symbols", "fc 0 0", BAD},
	{"code lengths over-subscribed", "4 0 fe ff", BAD},
	{"bit length repeat without a first", "4 0 24 49 0", BAD},
	{"bit length repeat past the end", "4 0 24 e9 ff ff", BAD},
	{"no code for the end of a block", "4 0 24 e9 ff 6d", BAD},
	{"literal/length code over-subscribed or incomplete",
	    "4 80 49 92 24 49 92 24 71 ff ff 93 11 0", BAD},
	{"distance code over-subscribed or incomplete",
	    "4 80 49 92 24 49 92 24 f b4 ff ff c3 84", BAD},
	{"literal/length code that is none",
	    "4 c0 81 8 0 0 0 0 20 7f eb b 0 0", BAD},
	{"distance code that is none", "2 7e ff ff", BAD},
	{"distance before the first byte",
	    "c c0 81 0 0 0 0 0 90 ff 6b 4 0", BAD},
	{"17 in the code lengths",
	    "5 c0 21 d 0 0 0 80 b0 fe 6d 2f 91 6c", GOOD},
	{"long codes", "5 e0 81 91 24 cb b2 2c 49 e2 f 2e 8b 9a 47 56 9f fb fe "
	    "ec d2 ff 1f", GOOD},
	{"length with extra bits, cut",
	    "ed c0 1 1 0 0 0 40 20 ff 57 1b 42 2c", BAD},
	{"length with extra bits",
	    "ed c0 1 1 0 0 0 40 20 ff 57 1b 42 2c 4f", GOOD},
	{"long distance", "ed cf c1 b1 2c 47 10 c4 30 fa 6f 35 1d 1 82 59 3d "
	    "fb be 2e 2a fc f c", GOOD},
	{"end of the window", "ed c0 81 0 0 0 0 80 a0 fd a9 17 a9 0 0 0 0 0 0 "
	    "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 6", GOOD},
	{"two blocks", "2 8 20 80 0 3 0", GOOD},
	{"fast loop: length extra bits", "e5 e0 81 ad 6d cb b2 2c c9 1 1e 59 "
	    "63 ae 7d ee fb 4d fd b5 35 41 68 ff 7f f 0 0 0 0 0 0", BAD},
	{"fast loop: distance extra bits", "25 fd 81 b5 6d 59 b6 6a 49 ea af "
	    "35 6 34 eb 8c b9 f6 b9 1e ef 67 49 50 fe ff ff 3f 0 0 0 0 0 0",
	    BAD},
	{"fast loop: distance code that is none", "3 7e 0 0 0 0 0", BAD},
	{"fast loop: literal/length code that is none", "1b 7 0 0 0 0 0", BAD},
	{"fast loop: second level, too far back", "d c7 1 ae eb 38 c 4 41 a0 "
	    "87 72 de df fb 1f b8 36 b1 38 5d ff ff 0 0 0 0", BAD},
	{"a byte behind the last block", "3 0 61", BAD},
	{"nothing", "", BAD},
};

/*
 * Whole gzip, RFC 1952. Z: the member 3 0 with its trailer, behind any header.
 */
#define HEAD "1f 8b 8 0 0 0 0 0 0 ff "
#define Z "3 0 0 0 0 0 0 0 0 0 "
#define EMPTY HEAD Z
static const struct hex_case members[] = {
	{"empty member", EMPTY, GOOD},
	{"two empty members", EMPTY EMPTY, GOOD},
	{"zero bytes behind", EMPTY "0 0 0", GOOD},
	{"zero bytes and another member", EMPTY "0 0 " EMPTY, BAD},
	{"garbage behind", EMPTY "61", BAD},
	{"zero bytes and garbage", EMPTY "0 0 61", BAD},
	{"half a magic behind", EMPTY "1f", BAD},
	{"a magic behind", EMPTY "1f 8b", BAD},
	{"half a member behind", EMPTY HEAD, BAD},
	{"garbage only", "61 62 63", BAD},
	{"zero bytes only", "0 0 0 0", BAD},
	{"compress(1), not gzip", "1f 9d 90 61", BAD},
	{"method 0", "1f 8b 0 0 0 0 0 0 0 ff " Z, BAD},
	{"method 7", "1f 8b 7 0 0 0 0 0 0 ff " Z, BAD},
	{"reserved flag 20", "1f 8b 8 20 0 0 0 0 0 ff " Z, BAD},
	{"reserved flag 40", "1f 8b 8 40 0 0 0 0 0 ff " Z, BAD},
	{"reserved flag 80", "1f 8b 8 80 0 0 0 0 0 ff " Z, BAD},
	{"text flag, time, XFL", "1f 8b 8 1 1 2 3 4 2 3 " Z, GOOD},
	{"header CRC", "1f 8b 8 2 0 0 0 0 0 0 1d 26 " Z, GOOD},
	{"header CRC wrong", "1f 8b 8 2 0 0 0 0 0 0 1d 27 " Z, BAD},
	{"all fields, header CRC wrong",
	    "1f 8b 8 1e 0 0 0 0 0 0 1 0 0 0 0 0 0", BAD},
	{"name", "1f 8b 8 8 0 0 0 0 0 3 61 62 0 " Z, GOOD},
	{"empty name", "1f 8b 8 8 0 0 0 0 0 3 0 " Z, GOOD},
	{"name without an end", "1f 8b 8 8 0 0 0 0 0 3 61 62 63", BAD},
	{"comment", "1f 8b 8 10 0 0 0 0 0 3 61 62 0 " Z, GOOD},
	{"comment without an end", "1f 8b 8 10 0 0 0 0 0 3 61 62", BAD},
	{"name, comment without an end",
	    "1f 8b 8 18 0 0 0 0 0 3 61 62 0 63", BAD},
	{"extra field", "1f 8b 8 4 0 0 0 0 0 3 4 0 41 42 0 0 " Z, GOOD},
	{"empty extra field", "1f 8b 8 4 0 0 0 0 0 3 0 0 " Z, GOOD},
	{"extra field of one byte", "1f 8b 8 4 0 0 0 0 0 3 1 0 50 " Z, GOOD},
	{"extra field cut", "1f 8b 8 4 0 0 0 0 0 3 4 0 41 42", BAD},
	{"extra field's length cut", "1f 8b 8 4 0 0 0 0 0 3 4", BAD},
	{"extra field longer than the file",
	    "1f 8b 8 4 0 0 0 0 0 3 ff ff 41 42 0 0 " Z, BAD},
	{"CRC-32 wrong", HEAD "3 0 0 0 0 1 0 0 0 0", BAD},
	{"length wrong", HEAD "3 0 0 0 0 0 0 0 0 1", BAD},
	{"trailer cut", HEAD "3 0 0 0 0 0 0 0 0", BAD},
	{"body cut", HEAD "3", BAD},
	{"no body", HEAD, BAD},
	{"header cut", "1f 8b 8 0 0 0 0 0 0", BAD},
	{"magic only", "1f 8b", BAD},
	{"one byte", "1f", BAD},
};

#define COUNT(array) (sizeof (array) / sizeof *(array))

static void
from_hex(const char *hex, struct buf *out)
{
	char *end;

	buf_clear(out);
	for (;;) {
		unsigned long value = strtoul(hex, &end, 16);

		if (end == hex)
			return;
		buf_add_byte(out, (char)value);
		hex = end;
	}
}

static void
add_number(struct buf *buf, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		buf_add_byte(buf, (char)(value >> (8 * i)));
}

/* body in a gzip member; its trailer is that of data. */
static void
wrap(struct buf *member, const struct buf *body, const struct buf *data)
{
	from_hex(HEAD, member);
	buf_add(member, body->data, body->len);
	add_number(member, codec_crc32(data->data, data->len));
	add_number(member, (uint32_t)data->len);
}

/* A deflate body by itself: every size but the right one is refused. */
static void
try_body(const struct hex_case *one, struct codec *codec)
{
	struct buf body = BUF_INIT, data = BUF_INIT, member = BUF_INIT;
	struct gzread_result result;
	char out[70000];
	size_t used;

	from_hex(one->hex, &body);
	int status = gzmemory_inflate(-MAX_WBITS, body.data, body.len, OUT_MAX,
	    &data, &used);
	bool good = status == Z_STREAM_END && used == body.len;

	if (good != (one->verdict == GOOD))
		fail_msg("%s: zlib says %d", one->name, status);
	if ((codec_inflate(codec, body.data, body.len, out, data.len) ==
	    NULL) != good)
		fail_msg("%s: codec_inflate", one->name);
	if (good && memcmp(out, data.data, data.len) != 0)
		fail_msg("%s: other data", one->name);
	if (codec_inflate(codec, body.data, body.len, out, data.len + 1) ==
	    NULL || (data.len > 0 && codec_inflate(codec, body.data, body.len,
	    out, data.len - 1) == NULL))
		fail_msg("%s: another size was accepted", one->name);
	wrap(&member, &body, &data);
	if (gzmemory_read(member.data, member.len, 1, OUT_MAX, &data,
	    &result) != (good ? 0 : 1))
		fail_msg("%s: as a member: \"%s\"", one->name, result.reason);
	buf_release(&member);
	buf_release(&data);
	buf_release(&body);
}

static void
test_bodies(void **state)
{
	struct codec *codec = codec_new(NULL, 1);

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++)
		try_body(&bodies[i], codec);
	codec_free(codec);
}

static void
test_members(void **state)
{
	struct buf member = BUF_INIT, out = BUF_INIT;
	struct gzread_result result;

	(void)state;
	for (size_t i = 0; i < COUNT(members); i++) {
		const struct hex_case *one = &members[i];

		from_hex(one->hex, &member);
		if (gzmemory_read(member.data, member.len, 1, OUT_MAX, &out,
		    &result) != (one->verdict == GOOD ? 0 : 1))
			fail_msg("%s: \"%s\"", one->name, result.reason);
		if (one->verdict == BAD && strstr(result.reason, "byte ") ==
		    NULL)
			fail_msg("%s: \"%s\" names no byte", one->name,
			    result.reason);
		assert_int_equal(out.len, 0);
	}
	buf_release(&out);
	buf_release(&member);
}

/* Every cut of every good case, and nothing behind the cut is missed. */
static void
test_cut_members(void **state)
{
	struct buf member = BUF_INIT, out = BUF_INIT;
	struct gzread_result result;

	(void)state;
	for (size_t i = 0; i < COUNT(members); i++) {
		if (members[i].verdict == BAD ||
		    strstr(members[i].name, "behind") != NULL ||
		    strstr(members[i].name, "two") != NULL)
			continue;
		from_hex(members[i].hex, &member);
		for (size_t len = 0; len < member.len; len++)
			assert_int_equal(gzmemory_read(member.data, len, 1,
			    OUT_MAX, &out, &result), 1);
	}
	buf_release(&out);
	buf_release(&member);
}

/* Text in which much repeats, so that bodies hold every kind of symbol. */
static void
fill(struct buf *data, size_t len)
{
	uint32_t x = 1;

	buf_clear(data);
	while (data->len < len) {
		x = x * 1664525 + 1013904223;
		if (x >> 28 == 0)
			buf_add_string(data, "INSERT INTO t VALUES (");
		else if (x >> 30 == 1)
			buf_addf(data, "%u", x >> 8);
		else
			buf_add_byte(data, (char)("abcdefgh"[x >> 29]));
	}
	data->len = len;
}

/* Refused, and what was released before is the beginning of the data. */
static void
refuses(const struct buf *stream, const struct buf *data, struct buf *out,
    const char *what, size_t at)
{
	struct gzread_result result;

	if (gzmemory_read(stream->data, stream->len, 1, OUT_MAX, out,
	    &result) != 1)
		fail_msg("%s at byte %zu was accepted", what, at);
	if (out->len > data->len ||
	    memcmp(out->data, data->data, out->len) != 0)
		fail_msg("%s at byte %zu: other data was released", what, at);
}

static void
make_frames(struct buf *data, struct buf *stream, size_t len, uint32_t kib,
    int level)
{
	struct codec *codec = codec_new(NULL, level);

	fill(data, len);
	gzmemory_frames(stream, data->data, data->len, kib, codec);
	codec_free(codec);
}

/* Each byte of a stream, index and end frame included, as all 255 others. */
static void
test_every_change(void **state)
{
	struct buf data = BUF_INIT, stream = BUF_INIT, out = BUF_INIT;

	(void)state;
	make_frames(&data, &stream, 2 * KIB + 50, 1, 6);
	for (size_t i = 0; i < stream.len; i++) {
		char was = stream.data[i];

		for (int change = 1; change < 256; change++) {
			stream.data[i] = (char)(was ^ change);
			refuses(&stream, &data, &out, "a change", i);
		}
		stream.data[i] = was;
	}
	buf_release(&out);
	buf_release(&stream);
	buf_release(&data);
}

/* Cut, one byte missing, one too many, two exchanged: at every place. */
static void
test_every_place(void **state)
{
	struct buf data = BUF_INIT, stream = BUF_INIT, out = BUF_INIT;
	struct buf bad = BUF_INIT;

	(void)state;
	make_frames(&data, &stream, 2 * KIB + 50, 1, 1);
	for (size_t i = 0; i < stream.len; i++) {
		const char *at = stream.data + i;
		size_t behind = stream.len - i;

		buf_clear(&bad);
		buf_add(&bad, stream.data, i);
		refuses(&bad, &data, &out, "a cut", i);
		buf_add(&bad, at + 1, behind - 1);
		refuses(&bad, &data, &out, "a missing byte", i);
		buf_clear(&bad);
		buf_add(&bad, stream.data, i);
		buf_add_byte(&bad, *at);
		buf_add(&bad, at, behind);
		refuses(&bad, &data, &out, "a byte twice", i);
		if (behind < 2 || at[0] == at[1])
			continue;
		buf_clear(&bad);
		buf_add(&bad, stream.data, stream.len);
		bad.data[i] = at[1];
		bad.data[i + 1] = at[0];
		refuses(&bad, &data, &out, "two bytes exchanged", i);
	}
	buf_release(&bad);
	buf_release(&out);
	buf_release(&stream);
	buf_release(&data);
}

static void
test_random_changes(void **state)
{
	const char *full = getenv("FULL");
	int trials = full != NULL && strcmp(full, "1") == 0 ? 10000 : 500;
	struct buf data = BUF_INIT, stream = BUF_INIT, out = BUF_INIT;
	uint64_t x = 4711;

	(void)state;
	make_frames(&data, &stream, 2500 * KIB, 256, 3);
	for (int i = 0; i < trials; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		size_t at = (size_t)(x >> 24) % stream.len;
		char was = stream.data[at];

		stream.data[at] ^= (char)(1 + (x >> 16) % 255);
		refuses(&stream, &data, &out, "a change", at);
		stream.data[at] = was;
	}
	buf_release(&out);
	buf_release(&stream);
	buf_release(&data);
}

/*
 * Foreign gzip has bytes that nobody checks (time, name, padding, two ways to
 * write one text): then the data is the same.
 */
static void
test_foreign_changes(void **state)
{
	struct buf data = BUF_INIT, out = BUF_INIT, body = BUF_INIT;
	struct buf stream = BUF_INIT;
	struct codec *codec = codec_new("zlib", 6);
	struct gzread_result result;

	(void)state;
	fill(&data, 700);
	buf_reserve(&body, 4096);
	body.len = codec_deflate(codec, data.data, data.len, body.data, 4096);
	wrap(&stream, &body, &data);
	for (size_t i = 0; i < stream.len; i++) {
		char was = stream.data[i];

		for (int change = 1; change < 256; change++) {
			stream.data[i] = (char)(was ^ change);
			if (gzmemory_read(stream.data, stream.len, 1, OUT_MAX,
			    &out, &result) == 0 && (out.len != data.len ||
			    memcmp(out.data, data.data, data.len) != 0))
				fail_msg("a change at byte %zu gives other "
				    "data", i);
		}
		stream.data[i] = was;
		assert_int_equal(gzmemory_read(stream.data, i, 1, OUT_MAX,
		    &out, &result), 1);
		assert_int_equal(out.len, 0);
	}
	codec_free(codec);
	buf_release(&stream);
	buf_release(&body);
	buf_release(&out);
	buf_release(&data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_cut_members),
		cmocka_unit_test(test_every_change),
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_random_changes),
		cmocka_unit_test(test_foreign_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
