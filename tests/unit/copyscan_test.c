/* copyscan: COPY blocks are found as psql would, whatever the pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "copyscan.h"

static int
note(void *context, const struct copyscan_block *block)
{
	buf_addf(context, "%s.%s %d+%d %d;", block->schema, block->name,
	    (int)block->from, (int)block->bytes, (int)block->rows);
	return 0;
}

/* What is found, then why the end is none; the same for any pieces. */
static void
expect(const char *text, const char *want)
{
	size_t len = strlen(text);

	for (size_t piece = 1; piece <= len + 1; piece++) {
		struct copyscan scan;
		struct buf seen = BUF_INIT;

		copyscan_init(&scan);
		scan.seen = note;
		scan.context = &seen;
		for (size_t at = 0; at < len; at += piece)
			assert_int_equal(copyscan_feed(&scan, text + at,
			    len - at < piece ? len - at : piece), 0);
		const char *reason = copyscan_finish(&scan);

		if (reason != NULL)
			buf_add_string(&seen, reason);
		if (scan.inserts)
			buf_add_string(&seen, "inserts");
		assert_int_equal(scan.offset, len);
		assert_string_equal(seen.data, want);
		buf_release(&seen);
		copyscan_release(&scan);
	}
}

#define COPY "COPY public.t (a) FROM stdin;\n"	/* 30 bytes */

static void
test_blocks(void **state)
{
	(void)state;
	expect("", "");
	expect("SELECT 1;\n", "");
	expect(COPY "\\.\n", "public.t 30+0 0;");
	expect(COPY "1\n2\n\\.\n", "public.t 30+4 2;");
	expect(COPY "1\n\\.\n" COPY "\\.\n",
	    "public.t 30+2 1;public.t 65+0 0;");
	expect("-- x; COPY\n" COPY "\n\n\\.\n", "public.t 41+2 2;");
	expect("\n\n" COPY "\\N\n\\\\.\n\\.x\n\\\n\\.\n",
	    "public.t 32+13 4;");
	expect("copy T from STDIN ;\n1\n\\.\n", ".T 20+2 1;");
}

static void
test_names(void **state)
{
	(void)state;
	expect("COPY \"a b\".\"c\"\"d.e;\n\" (\"FROM stdin;\n\") FROM stdin;\n"
	    "\\.\n", "a b.c\"d.e;\n 51+0 0;");
	expect("SET search_path = app, pg_catalog;\nCOPY t FROM stdin;\n\\.\n",
	    "app.t 54+0 0;");
	expect("COPY public.\"stdin\" FROM 'from stdin';\n1;\n", "");
	expect("COPY public.t (a, stdin) TO stdout;\n", "");
	expect("COPY (SELECT a FROM stdin) TO stdout;\n", "");
}

static void
test_quotes(void **state)
{
	(void)state;
	expect("SELECT ';" COPY "';\n" COPY "\\.\n", "public.t 72+0 0;");
	expect("SELECT E'\\';" COPY "''\\'', '';\n" COPY "\\.\n",
	    "public.t 83+0 0;");
	expect("SELECT 'a\\';" COPY "\\.\n", "public.t 42+0 0;");
	expect("SELECT type'a\\';" COPY "\\.\n", "public.t 46+0 0;");
	expect("CREATE FUNCTION f() AS $$\n" COPY "$$;\n" COPY "1\n\\.\n",
	    "public.t 90+2 1;");
	expect("AS $_$ $$ $_ $_x$ $x$ " COPY ";" "$_$;" COPY "\\.\n",
	    "public.t 87+0 0;");
	expect("SELECT $1, a$b$c, $'x;$';" COPY "\\.\n", "public.t 55+0 0;");
	expect("/* ; /* ' */ \" */ -- '\n" COPY "\\.\n", "public.t 53+0 0;");
	expect("SELECT 1 /* x */ - -1;\n" COPY "\\.\n", "public.t 53+0 0;");
	expect("CREATE RULE r DO (a; " COPY ");\n" COPY "\\.\n",
	    "public.t 84+0 0;");
	expect("\\restrict a'b\"c$$\n" COPY "\\.\n", "public.t 48+0 0;");
}

static void
test_ends(void **state)
{
	(void)state;
	expect(COPY, "it ends inside the rows of a table");
	expect(COPY "1", "it ends inside the rows of a table");
	expect(COPY "1\n\\", "it ends inside the rows of a table");
	expect(COPY "1\n\\.", "it ends inside the rows of a table");
	expect("COPY t FROM stdin;", "it ends inside the rows of a table");
	expect("SELECT 1", "it ends inside a statement");
	expect("SELECT 'x;\n", "it ends inside a statement");
	expect("SELECT \"x;\n", "it ends inside a statement");
	expect("SELECT $a$;$$;\n", "it ends inside a statement");
	expect("/* x", "it ends inside a statement");
	expect("-- x", "its last line is cut");
	expect("-- x\n\n", "");
	expect("INSERT INTO public.t VALUES (1);\n", "inserts");
}

static void
test_long(void **state)
{
	struct buf text = BUF_INIT;
	struct buf seen = BUF_INIT;
	struct copyscan scan;

	(void)state;
	buf_add_string(&text, "COPY public.t (");
	for (int i = 0; i < 1600; i++)
		buf_addf(&text, "\"column number %d\", ", i);
	buf_add_string(&text, "z) FROM stdin;\n1\n\\.\nSELECT '");
	for (int i = 0; i < 5000; i++)
		buf_add_string(&text, "\\x00");
	buf_add_string(&text, "';\n" COPY "\\.\n");
	copyscan_init(&scan);
	scan.seen = note;
	scan.context = &seen;
	assert_int_equal(copyscan_feed(&scan, text.data, text.len), 0);
	assert_null(copyscan_finish(&scan));
	assert_non_null(strstr(seen.data, "+2 1;public.t "));
	assert_in_range(scan.statement.size, 0, 8192);
	copyscan_release(&scan);
	buf_release(&seen);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
