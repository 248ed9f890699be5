/* pg: what needs no server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail	/* ours is another one */

#include "pg.h"
#include "pg_child.h"
#include "prog.h"

static void
exit_codes(void **state)
{
	static const struct { const char *sqlstate; int code; } cases[] = {
		{NULL, PROG_TEMPORARY}, {"", PROG_TEMPORARY},
		{"08006", PROG_TEMPORARY}, {"57P01", PROG_TEMPORARY},
		{"53300", PROG_TEMPORARY}, {"55P03", PROG_TEMPORARY},
		{"40001", PROG_TEMPORARY}, {"25P03", PROG_TEMPORARY},
		{"XX000", PROG_TEMPORARY}, {"58030", PROG_TEMPORARY},
		{"28P01", PROG_PERMANENT}, {"3D000", PROG_PERMANENT},
		{"42501", PROG_PERMANENT}, {"42601", PROG_PERMANENT},
		{"25006", PROG_PERMANENT}, {"22P02", PROG_PERMANENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(pg_exit_code(cases[i].sqlstate),
		    cases[i].code);
}

static void
messages_are_one_line(void **state)
{
	static const struct { const char *text, *line; } cases[] = {
		{"", ""}, {"\n \n\t\n", ""}, {"one", "one"},
		{"one.\n", "one"}, {"one...", "one"}, {"a. b", "a. b"},
		{"refused\n\tIs it running?\n", "refused; Is it running?"},
		{"\n\none\r\n\r\ntwo.", "one; two"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = BUF_INIT;

		buf_add_string(&out, ".");
		pg_add_message(&out, cases[i].text);
		assert_string_equal(out.data + 1, cases[i].line);
		buf_release(&out);
	}
}

static void
programs(void **state)
{
	(void)state;
	char *version = pg_child_version("/bin/echo");

	assert_string_equal(version, "");
	free(version);
	assert_false(pg_child_knows("/no/such/program", "--help"));
	assert_null(pg_child_program("pg_dump", 9999, NULL));
	assert_null(pg_child_program("pg_dump", 10, "/nowhere"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(messages_are_one_line),
		cmocka_unit_test(programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
