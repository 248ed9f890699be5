/* pg-load's names: what is made is found again, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../bin/pg-load/names.c"

#define WHEN 1769696606	/* 2026-01-29T14:23:26Z */

static void
short_names(void **state)
{
	struct buf name = BUF_INIT;
	const char *stamp;

	(void)state;
	name_add_old(&name, "shop", NAME_BEFORE, WHEN, 1);
	assert_string_equal(name.data, "shop__before_20260129t142326z");
	assert_int_equal(name_kind_of("shop", name.data, &stamp), NAME_BEFORE);
	assert_string_equal(stamp, "20260129t142326z");
	buf_clear(&name);
	name_add_stamp_time(&name, stamp = "20260129t142326z_2");
	assert_string_equal(name.data, "2026-01-29T14:23:26Z");
	buf_clear(&name);
	name_add_old(&name, "shop", NAME_UNDONE, WHEN, 2);
	assert_string_equal(name.data, "shop__undone_20260129t142326z_2");
	assert_int_equal(name_kind_of("shop", name.data, &stamp), NAME_UNDONE);
	buf_clear(&name);
	name_add_restoring(&name, "shop", 0xabc);
	assert_string_equal(name.data, "shop__restoring_00000abc");
	assert_int_equal(name_kind_of("shop", name.data, NULL),
	    NAME_RESTORING);
	assert_int_equal(name_kind_of("sho", name.data, NULL), NAME_OTHER);
	buf_release(&name);
}

/* Every length and kind: at most 63 bytes, UTF-8, found by its own alone. */
static void
long_names(void **state)
{
	(void)state;
	for (size_t len = 1; len <= NAME_MAX_BYTES; len++) {
		char database[NAME_MAX_BYTES + 1] = "", other[sizeof database];
		struct buf name = BUF_INIT;

		for (size_t i = 0; i + 1 < len; i += 2)
			memcpy(database + i, "\xc3\xa4", 2);
		if (len % 2 == 1)
			database[len - 1] = 'x';
		memcpy(other, database, sizeof other);
		other[len - 1] ^= 1;
		for (int kind = NAME_BEFORE; kind <= NAME_UNDONE; kind++) {
			buf_clear(&name);
			name_add_old(&name, database, (enum name_kind)kind,
			    WHEN, 9);
			assert_true(name.len <= NAME_MAX_BYTES);
			assert_true(text_is_utf8(name.data, name.len));
			assert_int_equal(name_kind_of(database, name.data,
			    NULL), kind);
			assert_int_equal(name_kind_of(other, name.data, NULL),
			    NAME_OTHER);
		}
		buf_clear(&name);
		name_add_restoring(&name, database, UINT32_MAX);
		assert_true(name.len <= NAME_MAX_BYTES);
		assert_int_equal(name_kind_of(database, name.data, NULL),
		    NAME_RESTORING);
		buf_release(&name);
	}
}

static void
others(void **state)
{
	static const char *const candidates[] = {
		"", "shop", "shop__before_", "shop__before_x",
		"shop__before_20260129t142326", "shop__before_20260129T142326Z",
		"shop__before_20260129t142326z_",
		"shop__before_20260129t142326z_1",
		"shop__before_20260129t142326z_22",
		"shop__before_20260129t142326zz", "shop__restoring_",
		"shop__restoring_0000000", "shop__restoring_000000000",
		"shop__restoring_0000000G", "shop__restoring_20260129t142326z",
		"shop__after_20260129t142326z",
		"xshop__undone_20260129t142326z",
		"shop_other__before_20260129t142326z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
		assert_int_equal(name_kind_of("shop", candidates[i], NULL),
		    NAME_OTHER);
	assert_true(name_lock_key("shop") != name_lock_key("shop2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names),
		cmocka_unit_test(long_names),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
