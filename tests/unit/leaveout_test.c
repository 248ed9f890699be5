/* pg-load's dump without owners and privileges: all else stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../bin/pg-load/leaveout.c"
#include "../../bin/pg-load/split.c"

static int
collect(void *out, const void *data, size_t len)
{
	buf_add(out, data, len);
	return 0;
}

static void
gives(const char *text, bool owners, bool privileges, const char *wanted)
{
	for (size_t piece = 1; piece < 40; piece += 13) {
		struct buf out = BUF_INIT;
		struct leaveout l;

		leaveout_init(&l);
		l.sink = collect;
		l.context = &out;
		l.owners = owners;
		l.privileges = privileges;
		for (size_t at = 0; at < strlen(text); at += piece)
			assert_int_equal(leaveout_feed(&l, text + at,
			    strlen(text + at) < piece ? strlen(text + at) :
			    piece), 0);
		assert_int_equal(leaveout_end(&l), 0);
		assert_string_equal(out.data, wanted);
		leaveout_release(&l);
		buf_release(&out);
	}
}

static void
owners_go(void **state)
{
	(void)state;
	gives("A;\nALTER TABLE public.t OWNER TO me;\nB;\n", true, false,
	    "A;\n\nB;\n");
	gives("ALTER TABLE t OWNER TO \"m \"\"e\";\nB;\n", true, true,
	    "\nB;\n");
	gives("ALTER TABLE \"a\nb\" OWNER TO me;\nB;\n", true, false,
	    "\n\nB;\n");
	gives("ALTER TABLE t OWNER TO me;\nGRANT ALL ON t TO me;\nB;\n",
	    false, true, "ALTER TABLE t OWNER TO me;\n\nB;\n");
}

static void
drops_are_spared(void **state)
{
	static const char text[] = "SET transaction_timeout = 0;\n-- a\n"
	    "ALTER TABLE IF EXISTS ONLY p.\"a'\nb\" DROP CONSTRAINT IF EXISTS "
	    "c;\nALTER TABLE IF EXISTS p.a DROP CONSTRAINT IF EXISTS c;\n"
	    "DROP TABLE IF EXISTS p.a;\n";
	static const char wanted[] = "\n-- a\n"
	    "DO 'BEGIN ALTER TABLE IF EXISTS ONLY p.\"a''\nb\" DROP CONSTRAINT"
	    " IF EXISTS c; EXCEPTION WHEN invalid_table_definition THEN NULL; "
	    "END';\nALTER TABLE IF EXISTS p.a DROP CONSTRAINT IF EXISTS c;\n"
	    "DROP TABLE IF EXISTS p.a;\n";
	struct buf out = BUF_INIT;
	struct leaveout l;

	(void)state;
	leaveout_init(&l);
	l.sink = collect;
	l.context = &out;
	l.spare_drops = true;
	assert_int_equal(leaveout_feed(&l, text, strlen(text)), 0);
	assert_int_equal(leaveout_end(&l), 0);
	assert_string_equal(out.data, wanted);
	leaveout_release(&l);
	buf_release(&out);
}

static void
lookalikes_stay(void **state)
{
	static const char *const texts[] = {
		"ALTER INDEX a ATTACH PARTITION \"b OWNER TO c\";\n",
		"ALTER TABLE \"x OWNER TO y;\" ADD COLUMN a int;\n",
		"ALTER TABLE t ADD CHECK (a <> ' OWNER TO b');\n",
		"ALTER TABLE t ADD CHECK ((a <> ' OWNER TO b'::text));\n",
		"CREATE FUNCTION f() AS $$\nGRANT ALL ON t TO me;\n"
		    "ALTER TABLE t OWNER TO me;\n$$;\n",
		"COPY public.t (a) FROM stdin;\nGRANT ALL ON t TO me;\n"
		    "ALTER TABLE t OWNER TO me;\n\\.\nB;\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		gives(texts[i], true, true, texts[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owners_go),
		cmocka_unit_test(drops_are_spared),
		cmocka_unit_test(lookalikes_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
