/* record: names that are records, and names that only look so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record.h"

static const struct {
	const char *name;
	enum record_kind kind;
	const char *object;
} names[] = {
	{"a.sql.gz.verified-20260129T143022Z.json", RECORD_VERIFIED,
	    "a.sql.gz"},
	{"a.damaged-20260129T143022Z.json", RECORD_DAMAGED, "a"},
	{"p/q/a.restored-20260129T143022Z-2.json", RECORD_RESTORED, "p/q/a"},
	{"a.restored-20260129T143022Z-13.json", RECORD_RESTORED, "a"},
	{"a.verified-20260129T143022Z.verified-20260129T143022Z.json",
	    RECORD_VERIFIED, "a.verified-20260129T143022Z"},
	{"a.verified-20260129T143022Z.json.damaged-20260129T143022Z.json",
	    RECORD_DAMAGED, "a.verified-20260129T143022Z.json"},
	{"a.json.verified-20260129T143022Z.json", RECORD_VERIFIED, "a.json"},
	{"", RECORD_NONE, ""},
	{"a", RECORD_NONE, ""},
	{"a.json", RECORD_NONE, ""},
	{"a.verified-.json", RECORD_NONE, ""},
	{"a.verified-20260129T143022Z", RECORD_NONE, ""},
	{"a.verified-20260129T143022Z.json.gz", RECORD_NONE, ""},
	{"a.verified-20260129T143022.json", RECORD_NONE, ""},
	{"a.verified-20260230T143022Z.json", RECORD_NONE, ""},
	{"a.verified-20260129T253022Z.json", RECORD_NONE, ""},
	{"a.verified-20260129T143022Z-.json", RECORD_NONE, ""},
	{"a.verified-20260129T143022Z-x.json", RECORD_NONE, ""},
	{"a.verified-20260129T143022Z-12345.json", RECORD_NONE, ""},
	{"a.checked-20260129T143022Z.json", RECORD_NONE, ""},
	{".verified-20260129T143022Z.json", RECORD_NONE, ""},
	{"p/.verified-20260129T143022Z.json", RECORD_NONE, ""},
	{"a.verified-2026012", RECORD_NONE, ""},
};

static void
each_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t len = 0;
		time_t when = 0;

		print_message("%s\n", names[i].name);
		assert_int_equal(record_parse(names[i].name, &len, &when),
		    names[i].kind);
		if (names[i].kind == RECORD_NONE)
			continue;
		assert_int_equal(when, 1769697022);
		assert_int_equal(len, strlen(names[i].object));
		assert_memory_equal(names[i].name, names[i].object, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
