/* envfile: a table of lines, what they mean, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "envfile.h"

static const struct {
	const char *line;
	const char *key;	/* NULL: no setting in it */
	const char *value;	/* NULL: refused */
} lines[] = {
	{"", NULL, ""},
	{"   ", NULL, ""},
	{"# KEY=1", NULL, ""},
	{" \t# KEY=1", NULL, ""},
	{"KEY=value", "KEY", "value"},
	{"KEY=value\r\n", "KEY", "value"},
	{"  KEY=value  ", "KEY", "value"},
	{"KEY = value", "KEY", "value"},
	{"KEY=", "KEY", ""},
	{"KEY=   ", "KEY", ""},
	{"KEY= # comment", "KEY", ""},
	{"KEY=#no-comment", "KEY", "#no-comment"},
	{"KEY=7 # days", "KEY", "7"},
	{"KEY=7\t# days", "KEY", "7"},
	{"KEY=pass#word", "KEY", "pass#word"},
	{"KEY=two words here", "KEY", "two words here"},
	{"KEY=0 2 * * *", "KEY", "0 2 * * *"},
	{"KEY=it's", "KEY", "it's"},
	{"KEY=a=b=c", "KEY", "a=b=c"},
	{"KEY='a # b' # c", "KEY", "a # b"},
	{"KEY='it'\\''s'", "KEY", "it's"},
	{"KEY='a\\n'", "KEY", "a\\n"},
	{"KEY=''", "KEY", ""},
	{"KEY=\"\"", "KEY", ""},
	{"KEY=\"a # b\"# c", "KEY", NULL},
	{"KEY=\"a # b\" # c", "KEY", "a # b"},
	{"KEY=\"a \\\" \\\\ \\$ \\` \\n\"", "KEY", "a \" \\ $ ` \\n"},
	{"KEY=\" kept \"", "KEY", " kept "},
	{"KEY=${HOME}", "KEY", "${HOME}"},
	{"KEY=\"${HOME}\"", "KEY", "${HOME}"},
	{"KEY=$(id)", "KEY", "$(id)"},
	{"KEY=`id`", "KEY", "`id`"},
	{"KEY=a\\ b", "KEY", "a\\ b"},
	{"export KEY=value", "KEY", "value"},
	{"export\tKEY=value", "KEY", "value"},
	{"exported=1", "exported", "1"},
	{"export=1", "export", "1"},
	{"storage.backend=s3", "storage.backend", "s3"},
	{"KEY=\xc3\xa9", "KEY", "\xc3\xa9"},
	{"KEY=a\tb", "KEY", "a\tb"},
	{"\xef\xbb\xbfKEY=1", "KEY", "1"},
	{"KEY", "", NULL},
	{"export KEY", "", NULL},
	{"source other.env", "", NULL},
	{"[section]", "", NULL},
	{"=value", "", NULL},
	{"1KEY=value", "", NULL},
	{"KEY-X=value", "", NULL},
	{"KEY\xc3\xa9=1", "", NULL},
	{"KEY='open", "", NULL},
	{"KEY=\"open", "", NULL},
	{"KEY=\"open\\\"", "", NULL},
	{"KEY=\"open\\", "", NULL},
	{"KEY='a' b", "", NULL},
	{"KEY='a'b", "", NULL},
	{"KEY=\xff", "", NULL},
	{"KEY=a\x01z", "", NULL},
	{"KEY=a\rb", "", NULL},
	{"KEY=a\x7f", "", NULL},
};

static void
each_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct envfile file;
		const char *why = NULL;

		print_message("%s\n", lines[i].line);
		envfile_init(&file, lines[i].line, strlen(lines[i].line));
		int got = envfile_next(&file, &why);

		if (lines[i].value == NULL) {
			assert_int_equal(got, -1);
			assert_non_null(why);
		} else if (lines[i].key == NULL) {
			assert_int_equal(got, 0);
		} else {
			assert_int_equal(got, 1);
			assert_string_equal(file.key.data, lines[i].key);
			assert_string_equal(file.value.data, lines[i].value);
			assert_int_equal(envfile_next(&file, &why), 0);
		}
		envfile_release(&file);
	}
}

static void
counts_lines(void **state)
{
	static const char text[] = "# one\n\nA=1\nB=2\n\nbad\nC=3";
	struct envfile file;
	const char *why = NULL;

	(void)state;
	envfile_init(&file, text, sizeof text - 1);
	assert_int_equal(envfile_next(&file, &why), 1);
	assert_int_equal(file.line, 3);
	assert_int_equal(envfile_next(&file, &why), 1);
	assert_int_equal(file.line, 4);
	assert_int_equal(envfile_next(&file, &why), -1);
	assert_int_equal(file.line, 6);
	assert_int_equal(envfile_next(&file, &why), 1);
	assert_string_equal(file.value.data, "3");
	assert_int_equal(envfile_next(&file, &why), 0);
	envfile_release(&file);
}

static void
refuses_nul(void **state)
{
	struct envfile file;
	const char *why = NULL;

	(void)state;
	envfile_init(&file, "KEY=a\0b", 7);
	assert_int_equal(envfile_next(&file, &why), -1);
	envfile_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line),
		cmocka_unit_test(counts_lines),
		cmocka_unit_test(refuses_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
