/* timezone: names, and local times around the two nights of the year. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"
#include "timezone.h"

static void
names(void **state)
{
	(void)state;
	assert_true(timezone_exists("UTC"));
	assert_true(timezone_exists("Europe/Amsterdam"));
	assert_false(timezone_exists(""));
	assert_false(timezone_exists("Mars/Olympus"));
	assert_false(timezone_exists("Europe"));
	assert_false(timezone_exists("../../../etc/passwd"));
	assert_false(timezone_exists("/usr/share/zoneinfo/UTC"));
	assert_false(timezone_exists("zone.tab"));
	assert_false(timezone_exists("Europe/Amsterdam\n"));
	assert_int_equal(timezone_use("Mars/Olympus"), -1);
}

static void
local_times(void **state)
{
	static const struct {
		const char *zone, *local, *utc;	/* utc NULL: refused */
	} cases[] = {
		{"UTC", "2026-01-29T14:30:22", "2026-01-29T14:30:22Z"},
		{"Europe/Amsterdam", "2026-01-29T14:30:22.123456",
		    "2026-01-29T13:30:22.123456Z"},
		{"Europe/Amsterdam", "2026-07-29T14:30:22",
		    "2026-07-29T12:30:22Z"},
		/* The repeated hour: the first one. */
		{"Europe/Amsterdam", "2026-10-25T02:30:00",
		    "2026-10-25T00:30:00Z"},
		{"Europe/Amsterdam", "2026-10-25T01:59:59",
		    "2026-10-24T23:59:59Z"},
		{"Europe/Amsterdam", "2026-10-25T03:00:00",
		    "2026-10-25T02:00:00Z"},
		{"America/New_York", "2026-11-01T01:30:00",
		    "2026-11-01T05:30:00Z"},
		{"Asia/Kolkata", "2026-01-01T05:30:00",
		    "2026-01-01T00:00:00Z"},
		{"UTC", "2026-01-29T14:30:22Z", NULL},
		{"UTC", "2026-01-29T14:30:22+00:00", NULL},
		{"UTC", "2026-01-29", NULL},
		{"UTC", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct timespec got, want;

		print_message("%s %s\n", cases[i].zone, cases[i].local);
		assert_int_equal(timezone_use(cases[i].zone), 0);
		int rc = timezone_parse_local(cases[i].local, &got);

		if (cases[i].utc == NULL) {
			assert_int_equal(rc, -1);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(text_time(cases[i].utc, &want), 0);
		assert_int_equal(got.tv_sec, want.tv_sec);
		assert_int_equal(got.tv_nsec, want.tv_nsec);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(local_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
