/* pg-load's pieces of a dump: every byte of every table's rows is in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../bin/pg-load/units.c"

#define MB ((uint64_t)1024 * 1024)
#define FRAME (1024 * 1024)

/* Tables of so many bytes, each a gap behind the one before. */
static json_t *
tables_of(const uint64_t *bytes, size_t count, uint64_t gap)
{
	json_t *tables = json_array();
	uint64_t at = 1000;

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(tables, json_pack("{s:I, s:I, s:I}",
		    "from", (json_int_t)at, "bytes", (json_int_t)bytes[i],
		    "rows", (json_int_t)(bytes[i] / 10)));
		at += bytes[i] + gap;
	}
	return tables;
}

static void
covers(const uint64_t *bytes, size_t count, uint64_t gap, unsigned jobs)
{
	json_t *tables = tables_of(bytes, count, gap);
	struct units u;

	units_plan(&u, tables, jobs, 8 * MB, FRAME);
	for (size_t i = 0; i < count; i++) {
		const struct unit_table *t = &u.tables[i];
		uint64_t found = 0;

		for (size_t n = 0; n < u.count; n++) {
			const struct unit *unit = &u.items[n];
			bool inside = i >= unit->table &&
			    i < unit->table + unit->tables;

			if (!inside)
				continue;
			assert_true(unit->piece || (unit->from <= t->from &&
			    unit->to >= t->end) || t->rows == 0);
			found += unit->piece ? unit->to - unit->from :
			    t->end - t->from;
		}
		assert_true(found == t->end - t->from || t->rows == 0);
	}
	units_release(&u);
	json_decref(tables);
}

static void
every_byte_is_in_one(void **state)
{
	static const uint64_t sizes[] = {100, 0, 300 * MB, 10, 20, 40 * MB,
	    8 * MB, 4095, 0};
	const size_t count = sizeof sizes / sizeof *sizes;

	(void)state;
	for (unsigned jobs = 1; jobs <= 8; jobs++) {
		covers(sizes, count, 200, jobs);
		covers(sizes, count, 10 * MB, jobs);
		covers(sizes, 2, 200, jobs);
		covers(sizes, 0, 200, jobs);
	}
}

static void
gaps_are_not_read(void **state)
{
	static const uint64_t sizes[] = {100, 100, 100};
	json_t *tables = tables_of(sizes, 3, 5 * MB);
	struct units u;

	(void)state;
	units_plan(&u, tables, 2, 8 * MB, FRAME);
	assert_int_equal(u.count, 3);
	units_release(&u);
	json_decref(tables);
	tables = tables_of(sizes, 3, 500);
	units_plan(&u, tables, 2, 8 * MB, FRAME);
	assert_int_equal(u.count, 1);
	units_release(&u);
	json_decref(tables);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_in_one),
		cmocka_unit_test(gaps_are_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
