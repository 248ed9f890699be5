/* jsonscan: JSON is told from what is none, whatever the pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "jsonscan.h"

static struct jsonscan scan;

static const char *
note(void *context, enum jsonscan_what what, size_t depth, char first)
{
	buf_addf(context, "%c%zu%c%zu", "nbe"[what], depth, first,
	    (size_t)scan.offset);
	if (what == JSONSCAN_NAME)
		buf_addf(context, "=%.*s", (int)scan.text_len, scan.text);
	buf_add_byte(context, ' ');
	return NULL;
}

/* NULL: it is JSON. */
static const char *
why_not(const char *text, size_t len, size_t piece, bool lines,
    struct buf *seen)
{
	scan.seen = seen == NULL ? NULL : note;
	scan.context = seen;
	scan.lines = lines;
	jsonscan_begin(&scan);
	for (size_t at = 0; at < len; at += piece) {
		if (jsonscan_feed(&scan, text + at,
		    len - at < piece ? len - at : piece) != 0)
			return scan.why;
	}
	return jsonscan_finish(&scan) == 0 ? NULL : scan.why;
}

static void
expect(const char *text, bool lines, const char *want)
{
	size_t len = strlen(text);

	for (size_t piece = 1; piece <= len + 1; piece++) {
		struct buf seen = BUF_INIT;

		assert_null(why_not(text, len, piece, lines, &seen));
		assert_string_equal(seen.data, want);
		buf_release(&seen);
	}
}

static void
test_events(void **state)
{
	(void)state;
	expect("{}", false, "b0{0 e0{2 ");
	expect(" 12\n", false, "b011 e013 ");
	expect("{\"a\":[1,{\"b\":[]}],\"c\\\"\":null}", false,
	    "b0{0 n1\"4=a b1[5 b216 e217 b2{8 e2{16 e1[17 n1\"23=c\\\" "
	    "b1n24 e1n28 e0{29 ");
	expect("{\"t\":\"x\"}\n{\"t\":\"y\"}\n", true,
	    "b0{0 n1\"4=t b1\"5 e1\"8 e0{9 b0{10 n1\"14=t b1\"15 e1\"18 "
	    "e0{19 ");
	expect("", true, "");
}

static void
test_good(void **state)
{
	static const char *const texts[] = {"null", "true", "false", "0",
	    "-0", "-1.5e+20", "1E5", "\"\"", "[]", "[[],{}]",
	    " { \"a\" : [ 1 , 2 ] , \"\" : \"\\u00e9\\ud800\\n\\/\" } \r\n",
	    "\"\xc2\x80 \xf4\x8f\xbf\xbf plain text of some length\""};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t len = strlen(texts[i]);

		for (size_t piece = 1; piece <= len + 1; piece++)
			assert_null(why_not(texts[i], len, piece, false, NULL));
	}
}

static void
test_bad(void **state)
{
	static const char *const texts[] = {"", " ", "{", "[", "[1", "[1,",
	    "[1,]", "[,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
	    "{1:1}", "[1 2]", "[1}", "{\"a\":1]", "]", "}", "nul", "nulL",
	    "truex", "01", "-", "1.", ".5", "1e", "+1", "0x1", "NaN", "[-]",
	    "\"", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "\"\x01\"",
	    "\"\xff\"", "\"\xc3\"", "\"\xc3" "12345678\xa9\"", "1 2", "{}{}",
	    "//", "'a'", "\xef\xbb\xbf{}"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t len = strlen(texts[i]);

		for (size_t piece = 1; piece <= len + 1; piece++)
			assert_non_null(why_not(texts[i], len, piece, false,
			    NULL));
	}
	assert_non_null(why_not("{\"a\":\n1}", 8, 3, true, NULL));
	assert_non_null(why_not("{}{}\n", 5, 5, true, NULL));
	assert_non_null(why_not("{}\n{", 4, 4, true, NULL));
}

static void
test_deep(void **state)
{
	size_t count = JSONSCAN_DEPTH_MAX;
	char *text = malloc(2 * count + 2);

	(void)state;
	memset(text, '[', count + 1);
	memset(text + count, ']', count);
	assert_null(why_not(text, 2 * count, 1000, false, NULL));
	memset(text, '[', count + 1);
	assert_string_equal(why_not(text, count + 1, 1000, false, NULL),
	    "it is nested too deeply");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
