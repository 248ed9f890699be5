/* backupname: templates, odd database names, slugs, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backupname.h"
#include "text.h"

static const struct tm when = {.tm_year = 126, .tm_mon = 0, .tm_mday = 9,
    .tm_hour = 4, .tm_min = 5, .tm_sec = 6};

static const struct {
	const char *template;
	const char *name;	/* NULL: refused */
} templates[] = {
	/* The five patterns. */
	{"db_backup_%Y-%m-%d_%H-%M-%S.{extension}",
	    "db_backup_2026-01-09_04-05-06.sql.gz"},
	{"backup-%Y-%m-%dT%H%M-{description}.{extension}",
	    "backup-2026-01-09T0405-before-v2.sql.gz"},
	{"{database}_%Y-%m-%d_%H%M%S.{extension}",
	    "shop_2026-01-09_040506.sql.gz"},
	{"backup_{database}_%Y%m%d_%H%M%S.{extension}",
	    "backup_shop_20260109_040506.sql.gz"},
	{"{database}_%Y-%m-%d_%H-%M-%S.{extension}",
	    "shop_2026-01-09_04-05-06.sql.gz"},
	/* Every field and code. */
	{"{date}T{time} {timestamp}", "2026-01-09T040506 20260109_040506"},
	{"%y%%%Y", "26%2026"},
	{"{environment}/x", "production/x"},
	{"100%%", "100%"},
	/* Refused. */
	{"", NULL},
	{"/x", NULL},
	{"x/", NULL},
	{"x//y", NULL},
	{".x", NULL},
	{"x/.y", NULL},
	{"../x", NULL},
	{"{x}", NULL},
	{"{database", NULL},
	{"{}", NULL},
	{"{", NULL},
	{"%", NULL},
	{"%q", NULL},
	{"x%", NULL},
	{"a\nb", NULL},
	{"a\xc2\x8a", NULL},
	{"a\xff", NULL},
};

static void
each_template(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
		struct buf text = BUF_INIT;
		const char *why = NULL;
		struct backupname name = {
			.template = templates[i].template,
			.database = "shop",
			.environment = "production",
			.description = "Before v2!",
			.extension = "sql.gz",
			.local = when,
		};

		print_message("%s\n", templates[i].template);
		int rc = backupname_build(&text, &name, &why);

		if (templates[i].name == NULL) {
			assert_int_equal(rc, -1);
			assert_non_null(why);
		} else {
			assert_int_equal(rc, 0);
			assert_string_equal(text.data, templates[i].name);
		}
		buf_release(&text);
	}
}

/* Empty fields leave no separator behind. */
static void
empty_fields(void **state)
{
	static const char *const cases[][2] = {
		{"backup-%Y-{description}.{extension}", "backup-2026.dump"},
		{"{environment}/postgres/x", "postgres/x"},
		{"a/{environment}/x", "a/x"},
		{"{description}-x", "x"},
		{"{description}_{environment}-x", "x"},
		{"a{description}b", "ab"},
		{"{description}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf text = BUF_INIT;
		const char *why;
		struct backupname name = {
			.template = cases[i][0], .database = "", .local = when,
			.environment = "", .description = "...",
			.extension = "dump",
		};
		int rc = backupname_build(&text, &name, &why);

		if (cases[i][1] == NULL)
			assert_int_equal(rc, -1);
		else
			assert_string_equal(text.data, cases[i][1]);
		buf_release(&text);
	}
}

static void
copies(void **state)
{
	static const char *const cases[][2] = {
		{"x.{extension}", "x-2.sql.gz"},
		{"x{extension}", "x-2sql.gz"},
		{"x", "x-2"},
		{"{extension}/x.{extension}", "-2sql.gz/x.sql.gz"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf text = BUF_INIT;
		const char *why;
		struct backupname name = {
			.template = cases[i][0], .database = "", .local = when,
			.environment = "", .description = "",
			.extension = "sql.gz", .copy = 2,
		};

		assert_int_equal(backupname_build(&text, &name, &why), 0);
		assert_string_equal(text.data, cases[i][1]);
		buf_release(&text);
	}
}

static void
safe_names(void **state)
{
	static const char *const cases[][2] = {
		{"shop", "shop"},
		{"Shop_2.x-y", "Shop_2.x-y"},
		{"m\xc3\xbcller", "m\xc3\xbcller"},
		{"a/b", "a_b-"},
		{"a b", "a_b-"},
		{"a'\"\n$b", "a_b-"},
		{"..", "_.-"},
		{".hidden", "_hidden-"},
		{"-rf", "_rf-"},
		{"a\xff", "a_-"},
		{"a\xc2\x85z", "a_z-"},
		{"/", "_-"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf text = BUF_INIT;
		size_t len = strlen(cases[i][1]);

		print_message("%s\n", cases[i][0]);
		backupname_add_safe(&text, cases[i][0]);
		if (strcmp(cases[i][0], cases[i][1]) == 0) {
			assert_string_equal(text.data, cases[i][1]);
		} else {
			assert_int_equal(text.len, len + 8);
			assert_memory_equal(text.data, cases[i][1], len);
		}
		buf_release(&text);
	}
}

/* Names that are made alike stay apart; a long one is cut between letters. */
static void
safe_names_differ(void **state)
{
	struct buf a = BUF_INIT;
	struct buf b = BUF_INIT;
	char name[400];

	(void)state;
	backupname_add_safe(&a, "a/b");
	backupname_add_safe(&b, "a b");
	assert_string_not_equal(a.data, b.data);
	for (size_t len = 98; len < 300; len++) {
		for (size_t i = 0; i < len; i++)
			name[i] = i % 2 == 0 ? '\xc3' : '\xbc';
		if (len % 2 == 1)
			name[0] = 'x', memcpy(name + 1,
			    "\xc3\xbc", 2), memset(name + 3, 'y', len - 3);
		name[len] = '\0';
		buf_clear(&a);
		backupname_add_safe(&a, name);
		assert_true(a.len <= 109);
		assert_true(text_is_utf8(a.data, a.len));
	}
	buf_release(&a);
	buf_release(&b);
}

static void
slugs(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"...", ""},
		{"Before Migration #7", "before-migration-7"},
		{"  x  ", "x"},
		{"a--b__c", "a-b-c"},
		{"\xc3\xbc" "ber", "ber"},
		{"0123456789012345678901234567890123456789abc",
		    "0123456789012345678901234567890123456789"},
		{"012345678901234567890123456789012345678 abc",
		    "012345678901234567890123456789012345678"},
		{"../../etc", "etc"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf text = BUF_INIT;

		backupname_add_slug(&text, cases[i][0]);
		assert_string_equal(text.data, cases[i][1]);
		buf_release(&text);
	}
}

/* The longest of everything: still a name, or a refusal that says why. */
static void
limits(void **state)
{
	char template[260];
	const char *why = NULL;
	struct buf text = BUF_INIT;
	struct backupname name = {.template = template, .database = "",
	    .environment = "", .description = "", .extension = "sql",
	    .local = when};

	(void)state;
	memset(template, 'x', sizeof template);
	template[BACKUPNAME_MAX] = '\0';
	assert_int_equal(backupname_build(&text, &name, &why), 0);
	buf_clear(&text);
	template[BACKUPNAME_MAX] = 'x';
	template[BACKUPNAME_MAX + 1] = '\0';
	assert_int_equal(backupname_build(&text, &name, &why), -1);
	assert_non_null(strstr(why, "200"));
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_template),
		cmocka_unit_test(empty_fields),
		cmocka_unit_test(copies),
		cmocka_unit_test(safe_names),
		cmocka_unit_test(safe_names_differ),
		cmocka_unit_test(slugs),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
