/* dumptrailer: what is built parses; what only looks like it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dumptrailer.h"
#include "text.h"

#define DUMP "COPY public.t (a) FROM stdin;\n1\n22\n\\.\n--\n-- done\n--\n\n"

static int
collect(void *context, const void *data, size_t len)
{
	if (len == 0)
		buf_clear(context);
	else
		buf_add(context, data, len);
	return 0;
}

static json_t *
table(const char *name, int rows, int bytes, int from)
{
	return json_pack("{s:s,s:s,s:i,s:i,s:i}", "schema", "public", "name",
	    name, "rows", rows, "bytes", bytes, "from", from);
}

/* A whole stream; catalog may be NULL. Returns the offset of its trailer. */
static uint64_t
make_stream(struct buf *out, const char *dump, const char *catalog)
{
	json_t *header = json_pack("{s:s}", "database", "shop\n\xc3\xa9");

	dumptrailer_add_header(out, header);
	json_decref(header);
	uint64_t base = out->len;

	buf_add_string(out, dump);
	uint64_t at = out->len;
	json_t *t = table("t", 2, 5, (int)base + 30);

	dumptrailer_add_table(out, t);
	json_decref(t);
	if (catalog != NULL) {
		struct digest *digest = digest_new();
		char hex[DIGEST_HEX_SIZE];

		assert_int_equal(digest_add(digest, catalog, strlen(catalog)),
		    0);
		assert_int_equal(digest_finish(digest, hex), 0);
		digest_free(digest);
		dumptrailer_add_catalog(out, strlen(catalog), hex);
		dumptrailer_add_base64(out, catalog, strlen(catalog));
	}
	dumptrailer_add_end(out, 1, 2, at, NULL);
	return at;
}

/* NULL: it parsed. */
static const char *
parse(const struct buf *in, uint64_t offset, size_t piece,
    struct dumptrailer *result, struct buf *catalog)
{
	struct dumptrailer_parser p;
	const char *reason = NULL;

	dumptrailer_init(&p, offset);
	p.sink = catalog == NULL ? NULL : collect;
	p.context = catalog;
	for (size_t at = (size_t)offset; at < in->len; at += piece)
		assert_int_equal(dumptrailer_feed(&p, in->data + at,
		    in->len - at < piece ? in->len - at : piece), 0);
	if (dumptrailer_finish(&p, result, &reason) == 0)
		assert_null(reason);
	else
		assert_non_null(reason);
	dumptrailer_release(&p);
	return reason;
}

static void
check_refused(const struct buf *in, const char *want)
{
	for (size_t piece = 1; piece < 4096; piece = piece * 7 + 1) {
		struct dumptrailer result;
		const char *reason = parse(in, 0, piece, &result, NULL);

		assert_non_null(reason);
		assert_string_equal(reason, want);
		dumptrailer_result_release(&result);
	}
}

static void
round_trip(void **state)
{
	char catalog[1000];
	struct buf in = BUF_INIT;
	struct buf got = BUF_INIT;
	struct dumptrailer r;

	(void)state;
	memset(catalog, 'x', sizeof catalog);
	for (size_t len = 1; len < 240; len += 7) {
		catalog[len] = '\0';
		buf_clear(&in);
		uint64_t at = make_stream(&in, DUMP, catalog);

		for (size_t piece = 1; piece < 4096; piece = piece * 3 + 1) {
			buf_clear(&got);
			assert_null(parse(&in, 0, piece, &r, &got));
			assert_string_equal(got.data, catalog);
			assert_int_equal(r.bytes, at);
			assert_int_equal(r.total_bytes, in.len);
			assert_int_equal(r.catalog_bytes, len);
			assert_int_equal(r.row_count, 2);
			assert_int_equal(json_array_size(r.tables), 1);
			assert_string_equal(json_string_value(json_object_get(
			    r.header, "database")), "shop\n\xc3\xa9");
			dumptrailer_result_release(&r);
		}
		catalog[len] = 'x';
	}
	buf_release(&in);
	buf_release(&got);
}

static void
from_the_tail(void **state)
{
	struct buf in = BUF_INIT;
	struct dumptrailer r;
	uint64_t found = 0;

	(void)state;
	uint64_t at = make_stream(&in, DUMP, "archive");

	assert_int_equal(dumptrailer_find(in.data + 40, in.len - 40, &found),
	    0);
	assert_int_equal(found, at);
	assert_null(parse(&in, found, 100, &r, NULL));
	assert_null(r.header);
	assert_int_equal(r.bytes, at);
	dumptrailer_result_release(&r);
	assert_int_equal(dumptrailer_find(in.data, in.len - 1, &found), -1);
	assert_int_equal(dumptrailer_find(in.data, (size_t)at, &found), -1);
	assert_int_equal(dumptrailer_find(in.data, 0, &found), -1);
	buf_release(&in);
}

/* A dump whose text holds a trailer of its own, whole, cut, and in a row. */
static void
look_alikes(void **state)
{
	struct buf fake = BUF_INIT;
	struct buf in = BUF_INIT;
	struct buf got = BUF_INIT;
	struct dumptrailer r;

	(void)state;
	for (size_t cut = 0; cut < 8; cut++) {
		buf_clear(&fake);
		buf_add_string(&fake, DUMP);
		make_stream(&fake, DUMP, "fake archive");
		fake.len -= cut * 11;
		buf_add_string(&fake, cut % 2 ? "\n" : "\n-- pgbackpipe end {}"
		    "\n-- pgbackpipe catalog {\"bytes\":5}\n");
		buf_clear(&in);
		uint64_t at = make_stream(&in, fake.data, "archive");

		for (size_t piece = 1; piece < 4096; piece = piece * 5 + 1) {
			buf_clear(&got);
			assert_null(parse(&in, 0, piece, &r, &got));
			assert_string_equal(got.data, "archive");
			assert_int_equal(r.bytes, at);
			dumptrailer_result_release(&r);
		}
	}
	buf_release(&fake);
	buf_release(&in);
	buf_release(&got);
}

static void
cut_anywhere(void **state)
{
	struct buf in = BUF_INIT;
	struct dumptrailer r;

	(void)state;
	make_stream(&in, DUMP, "archive");
	for (size_t len = 0; len < in.len; len++) {
		struct buf cut = {.data = in.data, .len = len};

		assert_non_null(parse(&cut, 0, 50, &r, NULL));
		dumptrailer_result_release(&r);
	}
	buf_release(&in);
}

/* A byte of the trailer behind the table lines' names cannot change unseen. */
static void
damaged_anywhere(void **state)
{
	struct buf in = BUF_INIT;
	struct dumptrailer r;

	(void)state;
	uint64_t at = make_stream(&in, DUMP, "archive");
	uint64_t catalog = (uint64_t)(strstr(in.data + at, "\n") - in.data);

	for (size_t i = (size_t)catalog; i < in.len; i++) {
		char old = in.data[i];

		in.data[i] ^= 1;
		assert_non_null(parse(&in, 0, 64, &r, NULL));
		dumptrailer_result_release(&r);
		in.data[i] = old;
	}
	buf_release(&in);
}

static void
large_objects(void **state)
{
	static const struct { uint64_t from, bytes; bool good; } cases[] = {
		{4, 0, true}, {4, 6, true}, {10, 0, true}, {6, 3, true},
		{3, 2, false}, {4, 7, false}, {11, 0, false},
		{4, INT64_MAX, false}, {INT64_MAX, INT64_MAX, false},
	};
	struct buf in = BUF_INIT;
	struct dumptrailer r;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dumptrailer_range objects = {cases[i].from,
		    cases[i].bytes};
		json_t *t = table("t", 1, 2, 2);

		buf_clear(&in);
		buf_add_string(&in, "c\n1\n\\.\n;;\n");
		dumptrailer_add_table(&in, t);
		dumptrailer_add_end(&in, 1, 1, 10, &objects);
		const char *reason = parse(&in, 0, 64, &r, NULL);

		assert_int_equal(reason == NULL, cases[i].good);
		if (cases[i].good) {
			assert_true(r.objects_known);
			assert_int_equal(r.objects.from, objects.from);
			assert_int_equal(r.objects.bytes, objects.bytes);
			dumptrailer_result_release(&r);
		}
		json_decref(t);
	}
	buf_release(&in);
}

#define END(tables, rows, bytes) "-- pgbackpipe end {\"tables\":" #tables \
	",\"row_count\":" #rows ",\"bytes\":" #bytes "}"

static void
refusals(void **state)
{
	static const struct { const char *trailer, *reason; } cases[] = {
		{"", "it has no closing line"},
		{END(0, 0, 7) "\n",
		    "its trailer is not where its end line says"},
		{END(1, 0, 2) "\n",
		    "its end line does not agree with its table lines"},
		{END(0, 1, 2) "\n", "its row counts do not add up"},
		{END(0, 0, 2) "\nx", "something stands behind its end line"},
		{END(0, 0, 2) "\n--", "something stands behind its end line"},
		{END(0, 0, 2), "it has no closing line"},
		{"-- pgbackpipe table {\"schema\":\"a\",\"name\":\"b\","
		    "\"rows\":0,\"bytes\":0,\"from\":0}\n",
		    "it ends within its trailer"},
	};
	struct buf in = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&in);
		buf_add_string(&in, "x\n");
		buf_add_string(&in, cases[i].trailer);
		check_refused(&in, cases[i].reason);
	}
	buf_release(&in);
}

/* {rows, bytes, from} that no stream can have; the trailer is at 100. */
static void
table_lines_that_cannot_be(void **state)
{
	static const int cases[][3] = {
		{1, 0, 50}, {0, 5, 50}, {5, 4, 50}, {1, 2, 98}, {1, 2, 500},
		{-1, 2, 50}, {1, -2, 50}, {1, 2, -50},
	};
	struct buf in = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *t = table("t", cases[i][0], cases[i][1], cases[i][2]);

		buf_clear(&in);
		buf_addf(&in, "%98s\n\n", "x");
		dumptrailer_add_table(&in, t);
		dumptrailer_add_end(&in, 1, 1, 100, NULL);
		json_decref(t);
		check_refused(&in,
		    "its trailer is not where its end line says");
	}
	buf_release(&in);
}

static void
long_lines(void **state)
{
	struct buf in = BUF_INIT;
	struct dumptrailer r;
	struct buf dump = BUF_INIT;

	(void)state;
	buf_add_string(&dump, DUMP);
	for (int i = 0; i < 40; i++)
		buf_addf(&dump, "-- pgbackpipe table %*s", 20000 + i, "\n");
	make_stream(&in, dump.data, NULL);
	for (size_t piece = 1000; piece < 200000; piece *= 3) {
		assert_null(parse(&in, 0, piece, &r, NULL));
		assert_int_equal(r.catalog_bytes, 0);
		dumptrailer_result_release(&r);
	}
	buf_release(&in);
	buf_release(&dump);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(from_the_tail),
		cmocka_unit_test(look_alikes),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(damaged_anywhere),
		cmocka_unit_test(large_objects),
		cmocka_unit_test(refusals),
		cmocka_unit_test(table_lines_that_cannot_be),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
