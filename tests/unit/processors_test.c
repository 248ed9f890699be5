/* processors: the quota of control groups, from files made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "processors.h"

static char dir[64];

static void
put(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	for (char *slash = path + strlen(dir) + 1;
	    (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static unsigned
quota(const char *membership)
{
	char path[256];

	put("membership", membership);
	snprintf(path, sizeof path, "%s/membership", dir);
	return processors_quota(path, dir);
}

static void
version_2(void **state)
{
	(void)state;
	put("a/b/cpu.max", "max 100000\n");
	assert_int_equal(quota("0::/a/b\n"), 0);
	put("a/b/cpu.max", "150000 100000\n");
	assert_int_equal(quota("0::/a/b\n"), 2);
	put("a/b/cpu.max", "300000 100000\n");
	assert_int_equal(quota("0::/a/b\n"), 3);
	/* A group above it says less. */
	put("a/cpu.max", "50000 100000\n");
	assert_int_equal(quota("0::/a/b\n"), 1);
	/* In a container the path is the host's, the root is the group. */
	put("cpu.max", "400000 100000\n");
	assert_int_equal(quota("0::/not/mounted/here\n"), 4);
	assert_int_equal(quota("0::/\n"), 4);
	put("cpu.max", "nonsense\n");
	assert_int_equal(quota("0::/\n"), 0);
	put("cpu.max", "100000 0\n");
	assert_int_equal(quota("0::/\n"), 0);
	put("cpu.max", "");
	assert_int_equal(quota("0::/\n"), 0);
}

static void
version_1(void **state)
{
	static const char groups[] = "9:memory:/m\n4:cpu,cpuacct:/a\n"
	    "1:name=systemd:/\n0::/\n";

	(void)state;
	put("cpu.max", "");
	put("cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n");
	put("cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
	assert_int_equal(quota(groups), 0);
	put("cpu,cpuacct/a/cpu.cfs_quota_us", "250000\n");
	assert_int_equal(quota(groups), 3);
	/* cpuacct and cpuset are other controllers. */
	assert_int_equal(quota("4:cpuacct:/a\n5:cpuset:/a\n"), 0);
	assert_int_equal(quota(""), 0);
	assert_int_equal(quota("junk\n::\n"), 0);
	assert_int_equal(processors_quota("/nonexistent", dir), 0);
}

static void
this_machine(void **state)
{
	(void)state;
	assert_true(processors_allowed() >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_2),
		cmocka_unit_test(version_1),
		cmocka_unit_test(this_machine),
	};
	const char *tmp = getenv("TMPDIR");
	char command[128];

	snprintf(dir, sizeof dir, "%s/processors-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command) != 0 ? 1 : failed;
}
