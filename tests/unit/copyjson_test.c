/* copyjson: rows become the same JSON, whatever the pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "copyjson.h"

/* The columns of all tests: of a kind each. */
static char before[][6] = {"\"t\":", ",\"n\":", ",\"b\":", ",\"j\":"};
static struct copyjson_column columns[] = {
	{before[0], 4, COPYJSON_TEXT},
	{before[1], 5, COPYJSON_NUMBER},
	{before[2], 5, COPYJSON_BOOLEAN},
	{before[3], 5, COPYJSON_JSON},
};

static int
convert(struct copyjson *j, const char *text, size_t len, size_t piece,
    size_t more, struct buf *out)
{
	char *space = malloc(j->room + more);
	int rc = 0;

	for (size_t from = 0; from < len && rc == 0; from += piece) {
		const char *at = text + from;
		const char *end = len - from < piece ? text + len : at + piece;

		while (at < end && rc == 0) {
			ssize_t n = copyjson_take(j, &at, end, space,
			    j->room + more);

			if (n < 0)
				rc = -1;
			else
				buf_add(out, space, (size_t)n);
		}
	}
	free(space);
	return rc;
}

/* Rows of the first count columns; want == NULL: why they are refused. */
static void
expect(size_t count, const char *text, const char *want, const char *why)
{
	size_t len = strlen(text);

	for (size_t piece = 1; piece <= len + 1; piece++) {
		struct copyjson j = {.columns = columns, .count = count,
		    .first = "{", .next = ",{", .close = "}"};
		struct buf out = BUF_INIT;

		copyjson_begin(&j);
		int rc = convert(&j, text, len, piece, piece % 7, &out);

		if (want != NULL) {
			assert_int_equal(rc, 0);
			assert_string_equal(out.data, want);
			assert_true(copyjson_is_whole(&j));
		} else {
			assert_int_equal(rc, -1);
			assert_string_equal(j.why, why);
		}
		buf_release(&out);
	}
}

/* One value of the kind. */
static void
becomes(enum copyjson_kind kind, const char *value, const char *want)
{
	struct buf text = BUF_INIT, all = BUF_INIT;
	enum copyjson_kind kept = columns[0].kind;

	columns[0].kind = kind;
	buf_addf(&text, "%s\n", value);
	buf_addf(&all, "{\"t\":%s}", want);
	expect(1, text.data, all.data, NULL);
	columns[0].kind = kept;
	buf_release(&text);
	buf_release(&all);
}

static void
test_rows(void **state)
{
	(void)state;
	expect(1, "a\nb\n", "{\"t\":\"a\"},{\"t\":\"b\"}", NULL);
	expect(2, "\t1\n\\N\t\\N\n",
	    "{\"t\":\"\",\"n\":1},{\"t\":null,\"n\":null}", NULL);
	expect(4, "x\t-1.5e+20\tt\t{\"a\":[1]}\n",
	    "{\"t\":\"x\",\"n\":-1.5e+20,\"b\":true,\"j\":{\"a\":[1]}}", NULL);
	expect(0, "\n\n", "{},{}", NULL);
}

static void
test_texts(void **state)
{
	(void)state;
	becomes(COPYJSON_TEXT, "", "\"\"");
	becomes(COPYJSON_TEXT, "\\\\N", "\"\\\\N\"");
	becomes(COPYJSON_TEXT, "a\"b\\\\c\\nd\\te\\r\\b\\f\\v\x01\x1f\x7f",
	    "\"a\\\"b\\\\c\\nd\\te\\r\\b\\f\\u000b\\u0001\\u001f\x7f\"");
	becomes(COPYJSON_TEXT, "\xc2\x80 \xe2\x82\xac \xf0\x9f\x98\x80 "
	    "\xf4\x8f\xbf\xbf 12345678901234567890",
	    "\"\xc2\x80 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf "
	    "12345678901234567890\"");
}

static void
test_numbers(void **state)
{
	static const char *const numbers[] = {"0", "-0", "12", "-7", "0.5",
	    "1e300", "1E-7", "-1.5e+20", "9223372036854775807"};
	static const char *const others[] = {"NaN", "Infinity", "-Infinity",
	    "", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x10", "1 "};
	struct buf want = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		becomes(COPYJSON_NUMBER, numbers[i], numbers[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		buf_clear(&want);
		buf_addf(&want, "\"%s\"", others[i]);
		becomes(COPYJSON_NUMBER, others[i], want.data);
	}
	buf_release(&want);
	becomes(COPYJSON_BOOLEAN, "f", "false");
	becomes(COPYJSON_BOOLEAN, "true", "\"true\"");
}

static void
test_times(void **state)
{
	(void)state;
	becomes(COPYJSON_TIMESTAMP, "2024-01-15 12:00:00.5",
	    "\"2024-01-15T12:00:00.5\"");
	becomes(COPYJSON_TIMESTAMPTZ, "2024-01-15 12:00:00+00",
	    "\"2024-01-15T12:00:00+00:00\"");
	becomes(COPYJSON_TIMESTAMPTZ, "1900-01-01 12:00:00+00:19:32",
	    "\"1900-01-01T12:00:00+00:19:32\"");
	becomes(COPYJSON_TIMETZ, "12:00:00-07", "\"12:00:00-07:00\"");
	becomes(COPYJSON_TIMETZ, "12:00:00.25+05:30",
	    "\"12:00:00.25+05:30\"");
	becomes(COPYJSON_TIMESTAMPTZ, "0044-03-15 00:00:00+00 BC",
	    "\"0044-03-15 00:00:00+00 BC\"");
	becomes(COPYJSON_TIMESTAMP, "-infinity", "\"-infinity\"");
	becomes(COPYJSON_TIMESTAMP, "infinity", "\"infinity\"");
}

static void
test_json(void **state)
{
	(void)state;
	becomes(COPYJSON_JSON, "{\"a\" :\\n\\t[1,\\r\"x\\\\ny\"]}",
	    "{\"a\" :  [1, \"x\\ny\"]}");
	becomes(COPYJSON_JSON, "null", "null");
	becomes(COPYJSON_JSON, "1e99999", "1e99999");
	becomes(COPYJSON_JSON, "\\N", "null");
	columns[0].kind = COPYJSON_JSON;
	expect(1, "\n", NULL, "a json value without any byte");
	expect(1, "\"\\v\"\n", NULL, "a control character in a json value");
	expect(1, "\"\x01\"\n", NULL, "a control character in a json value");
	columns[0].kind = COPYJSON_TEXT;
}

static void
test_refused(void **state)
{
	static const char *const texts[] = {"\x80\n", "\xc3\n",
	    "\xc3" "12345678\xa9\n", "\xc0\xaf\n", "\xe0\x80\xaf\n",
	    "\xed\xa0\x80\n", "\xf4\x90\x80\x80\n", "\xf8\x88\n", "\xff\n"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		expect(1, texts[i], NULL, "bytes that are no UTF-8");
		columns[0].kind = COPYJSON_TIMESTAMP;
		expect(1, texts[i], NULL, "bytes that are no UTF-8");
		columns[0].kind = COPYJSON_TEXT;
	}
	expect(1, "a\tb\n", NULL, "other columns than it has");
	expect(2, "a\n", NULL, "other columns than it has");
	expect(0, "a\n", NULL, "a value of no column");
	expect(1, "a\\qb\n", NULL, "a backslash that COPY does not write");
	expect(1, "\\Nx\n", NULL, "a backslash that COPY does not write");
	expect(1, "\xc3\\b\n", NULL, "a backslash that COPY does not write");
}

/* Longer than any value that is no string may be. */
static void
test_long(void **state)
{
	char digits[COPYJSON_SHORT + 2];
	struct buf want = BUF_INIT;

	(void)state;
	memset(digits, '1', sizeof digits);
	digits[COPYJSON_SHORT] = '\0';
	becomes(COPYJSON_NUMBER, digits, digits);
	digits[COPYJSON_SHORT] = '1';
	digits[COPYJSON_SHORT + 1] = '\0';
	buf_addf(&want, "\"%s\"", digits);
	becomes(COPYJSON_NUMBER, digits, want.data);
	buf_release(&want);
	memset(digits, 1, COPYJSON_SHORT);
	digits[COPYJSON_SHORT] = '\0';
	for (size_t i = 0; i < COPYJSON_SHORT; i++)
		buf_addf(&want, "%s\\u0001%s", i == 0 ? "\"" : "",
		    i == COPYJSON_SHORT - 1 ? "\"" : "");
	becomes(COPYJSON_TIMETZ, digits, want.data);
	buf_release(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
