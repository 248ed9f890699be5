/* pg-load's roles in the commands of an archive's entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../bin/pg-load/roles.c"

static void
add(void *context, const char *role)
{
	buf_addf(context, "[%s]", role);
}

static void
finds(const char *type, const char *commands, const char *wanted)
{
	struct buf found = BUF_INIT;

	buf_add_string(&found, "");
	roles_find(type, commands, add, &found);
	assert_string_equal(found.len == 0 ? "" : found.data, wanted);
	buf_release(&found);
}

static void
privileges(void **state)
{
	(void)state;
	finds("ACL", "REVOKE ALL ON TABLE public.t FROM ann;\n"
	    "GRANT SELECT ON TABLE public.t TO PUBLIC;\n"
	    "GRANT SELECT(\"TO\"),UPDATE(b) ON TABLE \"FROM\".t TO bob;\n"
	    "SET SESSION AUTHORIZATION \"o \"\"p\";\n"
	    "GRANT ALL ON TABLE t TO \"TO\" WITH GRANT OPTION;\n"
	    "RESET SESSION AUTHORIZATION;\n",
	    "[ann][bob][o \"p][TO]");
	finds("ACL", "GRANT ALL ON FUNCTION f(\"TO\" \"x TO y\", b text)"
	    " TO \xc3\xa9va;\n", "[\xc3\xa9va]");
	finds("DEFAULT ACL", "ALTER DEFAULT PRIVILEGES FOR ROLE ann IN SCHEMA "
	    "\"s\" REVOKE ALL ON TABLES FROM ann;\nALTER DEFAULT PRIVILEGES "
	    "FOR ROLE ann GRANT SELECT ON TABLES TO \"PUBLIC\";\n",
	    "[ann][ann][ann][PUBLIC]");
	finds("ACL", "", "");
	finds("ACL", "GRANT ALL ON TABLE t TO", "");
	finds("ACL", "GRANT ALL ON TABLE t TO \"open", "[open]");
	finds("ACL", "GRANT 'TO x TO", "");
}

static void
policies(void **state)
{
	(void)state;
	finds("POLICY", "CREATE POLICY p ON t AS RESTRICTIVE FOR SELECT TO ann,"
	    " \"b,c\", bob USING ((a IN ( SELECT x FROM y)));\n",
	    "[ann][b,c][bob]");
	finds("POLICY", "CREATE POLICY \"TO\" ON t USING ((x = "
	    "EXTRACT(year FROM y)));\n", "");
	finds("POLICY", "CREATE POLICY p ON t FOR INSERT TO PUBLIC WITH CHECK"
	    " (true);\n", "");
	finds("USER MAPPING", "CREATE USER MAPPING FOR ann SERVER s OPTIONS (\n"
	    "    \"user\" 'FOR x'\n);\n", "[ann]");
	finds("USER MAPPING", "CREATE USER MAPPING FOR public SERVER s;\n", "");
	finds("TABLE", "CREATE TABLE x TO y", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(privileges),
		cmocka_unit_test(policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
