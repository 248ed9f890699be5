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
	{"a.damaged-20260129T143022.0Z.json", RECORD_DAMAGED, "a"},
	{"a.damaged-20260129T143022.000000Z-2.json", RECORD_DAMAGED, "a"},
	{"a.damaged-20260129T143022.Z.json", RECORD_NONE, ""},
	{"a.damaged-20260129T143022.0000000Z.json", RECORD_NONE, ""},
	{"a.damaged-20260129T143022.00.json", RECORD_NONE, ""},
	{"a.damaged-20260129T143022,0Z.json", RECORD_NONE, ""},
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
		int64_t when = 0;

		print_message("%s\n", names[i].name);
		assert_int_equal(record_parse(names[i].name, &len, &when),
		    names[i].kind);
		if (names[i].kind == RECORD_NONE)
			continue;
		assert_int_equal(when, 1769697022000000);
		assert_int_equal(len, strlen(names[i].object));
		assert_memory_equal(names[i].name, names[i].object, len);
	}
}

static void
each_fraction(void **state)
{
	static const struct {
		const char *name;
		int64_t when;
	} times[] = {
		{"a.verified-20260129T143022.1Z.json", 1769697022100000},
		{"a.verified-20260129T143022.123456Z.json", 1769697022123456},
		{"a.verified-20260129T143022.000001Z.json", 1769697022000001},
	};

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		size_t len;
		int64_t when;

		assert_int_equal(record_parse(times[i].name, &len, &when),
		    RECORD_VERIFIED);
		assert_int_equal(when, times[i].when);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_name),
		cmocka_unit_test(each_fraction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
