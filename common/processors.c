#define _GNU_SOURCE
#include "processors.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "text.h"

#define FILE_MAX_SIZE ((size_t)64 * 1024)	/* bytes; they are small */

/* The file's text, or an empty one. */
static void
read_text(struct buf *text, const char *folder, const char *name)
{
	struct buf path = BUF_INIT;

	buf_clear(text);
	buf_addf(&path, "%s%s", folder, name);
	if (buf_read_file(text, path.data, FILE_MAX_SIZE) != 0)
		buf_clear(text);
	buf_release(&path);
	buf_add_byte(text, '\0');
	text->len--;
}

static unsigned
whole_processors(uint64_t quota, uint64_t period)
{
	uint64_t count = period == 0 ? 0 : (quota + period - 1) / period;

	return count > UINT_MAX ? UINT_MAX : (unsigned)count;
}

/* "QUOTA PERIOD" in microseconds. 0: no limit, "max" too. */
static unsigned
parse_limit(char *limit)
{
	uint64_t quota, period;
	char *rest = NULL;
	const char *first = strtok_r(limit, " \n", &rest);
	const char *second = strtok_r(NULL, " \n", &rest);

	if (first == NULL || second == NULL ||
	    text_number(first, &quota) != 0 ||
	    text_number(second, &period) != 0 || quota == 0)
		return 0;
	return whole_processors(quota, period);
}

/* What the group in this folder says itself. */
static unsigned
limit_of(const char *folder, bool unified)
{
	struct buf limit = BUF_INIT, period = BUF_INIT;

	read_text(&limit, folder, unified ? "/cpu.max" : "/cpu.cfs_quota_us");
	if (!unified) {
		read_text(&period, folder, "/cpu.cfs_period_us");
		buf_addf(&limit, " %s", period.data);
	}
	unsigned count = parse_limit(limit.data);

	buf_release(&period);
	buf_release(&limit);
	return count;
}

/* The smallest limit from mount + path up to mount itself. */
static unsigned
limit_above(const char *mount, const char *path, bool unified)
{
	struct buf folder = BUF_INIT;
	size_t root = strlen(mount);
	unsigned least = 0;

	buf_addf(&folder, "%s%s", mount, path);
	for (;;) {
		unsigned count = limit_of(folder.data, unified);

		if (count > 0 && (least == 0 || count < least))
			least = count;
		char *slash = strrchr(folder.data + root, '/');

		if (slash == NULL)
			break;
		*slash = '\0';
	}
	buf_release(&folder);
	return least;
}

/* Whether cpu is one of "cpu,cpuacct". */
static bool
has_cpu(const char *controllers)
{
	for (; *controllers != '\0'; controllers += *controllers == ',') {
		size_t len = strcspn(controllers, ",");

		if (len == 3 && strncmp(controllers, "cpu", len) == 0)
			return true;
		controllers += len;
	}
	return false;
}

/* One line of the membership: "ID:CONTROLLERS:PATH". */
static unsigned
limit_of_line(char *line, const char *mounts)
{
	char *controllers = strchr(line, ':');
	char *path = controllers == NULL ? NULL : strchr(controllers + 1, ':');

	if (path == NULL)
		return 0;
	*controllers++ = '\0';
	*path++ = '\0';
	if (*controllers == '\0')
		return limit_above(mounts, path, true);
	if (!has_cpu(controllers))
		return 0;
	struct buf mount = BUF_INIT;

	buf_addf(&mount, "%s/%s", mounts, controllers);
	unsigned count = limit_above(mount.data, path, false);

	buf_release(&mount);
	return count;
}

unsigned
processors_quota(const char *membership, const char *mounts)
{
	struct buf text = BUF_INIT;
	char *rest = NULL;
	unsigned least = 0;

	read_text(&text, membership, "");
	for (char *line = strtok_r(text.data, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest)) {
		unsigned count = limit_of_line(line, mounts);

		if (count > 0 && (least == 0 || count < least))
			least = count;
	}
	buf_release(&text);
	return least;
}

unsigned
processors_allowed(void)
{
	cpu_set_t set;
	unsigned count = 1;
	unsigned quota = processors_quota("/proc/self/cgroup",
	    "/sys/fs/cgroup");

	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		count = (unsigned)CPU_COUNT(&set);
	return quota > 0 && quota < count ? quota : count;
}

unsigned
processors_at_most(unsigned max)
{
	unsigned count = processors_allowed();

	return count < max ? count : max;
}
