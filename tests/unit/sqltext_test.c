/* pg-load's view of a plain dump: in pieces of any size, the same verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../bin/pg-load/sqltext.c"
#include "xalloc.h"

#define END "--\n-- PostgreSQL database dump complete\n--\n\n"
#define OBJECTS(begin, commit) "--\n-- Data for Name: 77; Type: BLOBS; " \
    "Schema: -; Owner: -\n--\n\n" begin "\n\nSELECT pg_catalog.lo_open('77', " \
    "131072);\nSELECT pg_catalog.lo_close(0);\n\n" commit "\n\n"
#define BODY "CREATE PROCEDURE p() LANGUAGE plpgsql AS $x$\n" \
    "DROP DATABASE x;\nCOMMIT;\n$x$;\n"
#define ROWS "COPY public.t (a) FROM stdin;\nDROP DATABASE x;\n\\\\connect\n" \
    "BEGIN;\n\\.\n\n"

static int
collect(void *out, const void *data, size_t len)
{
	buf_add(out, data, len);
	return 0;
}

static void
init(struct sqltext *s, struct buf *out, bool one_transaction)
{
	sqltext_init(s);
	s->sink = collect;
	s->context = out;
	s->may_be_foreign = true;
	s->one_transaction = one_transaction;
}

static int
feed(struct sqltext *s, const char *text, size_t len, size_t piece)
{
	for (size_t at = 0; at < len; at += piece) {
		if (sqltext_feed(s, text + at,
		    len - at < piece ? len - at : piece) != 0)
			return -1;
	}
	return sqltext_end(s);
}

/* What comes out, whatever the size of the pieces. */
static void
expect(const char *text, const char *passed)
{
	for (size_t piece = 1; piece <= strlen(text); piece++) {
		struct sqltext s;
		struct buf out = BUF_INIT;

		init(&s, &out, true);
		assert_int_equal(feed(&s, text, strlen(text), piece), 0);
		assert_null(sqltext_missing(&s));
		assert_string_equal(out.data, passed);
		sqltext_release(&s);
		buf_release(&out);
	}
}

static void
large_objects(void **state)
{
	(void)state;
	expect(ROWS BODY OBJECTS("BEGIN;", "COMMIT;") BODY END,
	    ROWS BODY OBJECTS("      ", "       ") BODY END);
	/* Without their title they are somebody's own. */
	expect("BEGIN;\nSELECT pg_catalog.lo_open('7', 1);\nCOMMIT;\n" END,
	    "BEGIN;\nSELECT pg_catalog.lo_open('7', 1);\nCOMMIT;\n" END);
	expect(OBJECTS("BEGIN;\nDELETE FROM t;", "COMMIT;") END,
	    OBJECTS("      \nDELETE FROM t;", "COMMIT;") END);
}

static void
left_database(void **state)
{
	static const char *const commands[] = {
		"\\connect x\n", "\\c x\n", "DROP DATABASE IF EXISTS x;\n",
		"CREATE DATABASE x;\n", "ALTER DATABASE x OWNER TO y;\n",
		"-- PostgreSQL database cluster dump\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		char *text = xasprintf("%s%sSELECT 1;\n%s%s", ROWS, BODY,
		    commands[i], END);

		for (size_t piece = 1; piece < 90; piece++) {
			struct sqltext s;
			struct buf out = BUF_INIT;

			init(&s, &out, false);
			assert_int_equal(feed(&s, text, strlen(text), piece),
			    -1);
			assert_non_null(s.refused);
			assert_null(strstr(out.data, commands[i]));
			sqltext_release(&s);
			buf_release(&out);
		}
		free(text);
	}
}

static void
ends(void **state)
{
	static const char *const bad[] = {
		"", "SELECT 1;\n", END "x", END "SELECT 1;\n", ROWS,
		"--\n-- PostgreSQL database dump complete\n",
		"COPY t (a) FROM stdin;\n" END, "COPY t (a) FROM stdin;\n" END
		"\\.\n", "SELECT '\n" END,
		END "\\unrestrict a\n\\unrestrict b\n",
	};
	static const char *const good[] = {
		END, END "\\unrestrict abc\n\n", ROWS END "\n\n",
		"--\n-- PostgreSQL database dump complete\n--\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad + sizeof good /
	    sizeof *good; i++) {
		size_t bads = sizeof bad / sizeof *bad;
		const char *text = i < bads ? bad[i] : good[i - bads];
		struct sqltext s;
		struct buf out = BUF_INIT;

		init(&s, &out, false);
		assert_int_equal(feed(&s, text, strlen(text), 7), 0);
		assert_int_equal(sqltext_missing(&s) == NULL, i >= bads);
		assert_string_equal(out.data, text);
		sqltext_release(&s);
		buf_release(&out);
	}
}

/* A row longer than any line that is kept, and the counts. */
static void
long_rows(void **state)
{
	struct buf text = BUF_INIT, out = BUF_INIT;
	struct sqltext s;

	(void)state;
	buf_add_string(&text, "COPY \"S\".t (a) FROM stdin;\n");
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 400000; k++)
			buf_add_byte(&text, 'x');
		buf_add_byte(&text, '\n');
	}
	buf_add_string(&text, "\\.\nCOPY \"S\".t (a) FROM stdin;\n1\n\\.\n"
	    "COPY \"S\".u (a) FROM stdin;\n\\.\n" END);
	init(&s, &out, true);
	assert_int_equal(feed(&s, text.data, text.len, 10007), 0);
	assert_null(sqltext_missing(&s));
	assert_int_equal(out.len, text.len);
	assert_memory_equal(out.data, text.data, text.len);
	const json_t *tables = sqltext_tables(&s);

	assert_int_equal(json_array_size(tables), 2);
	assert_int_equal(report_number(json_array_get(tables, 0), "rows"), 4);
	assert_int_equal(report_number(json_array_get(tables, 1), "rows"), 0);
	assert_true(s.text.size < 2 * (LINE_MAX_KEPT + 400000));
	sqltext_release(&s);
	buf_release(&text);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_objects),
		cmocka_unit_test(left_database),
		cmocka_unit_test(ends),
		cmocka_unit_test(long_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
