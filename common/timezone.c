#define _GNU_SOURCE
#include "timezone.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define DATABASE "/usr/share/zoneinfo"
#define NAME_MAX_BYTES 64

static bool
is_zone_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_BYTES || name[0] == '/' ||
	    strstr(name, "..") != NULL)
		return false;
	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;

		if (c >= 0x80 || (!isalnum(c) && strchr("/_+-.", c) == NULL))
			return false;
	}
	return true;
}

bool
timezone_exists(const char *name)
{
	const char *database = getenv("TZDIR");
	char magic[4];

	if (strcmp(name, "UTC") == 0)
		return true;
	if (!is_zone_name(name))
		return false;
	if (database == NULL || database[0] == '\0')
		database = DATABASE;
	char *path = xasprintf("%s/%s", database, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is = fd >= 0 && io_read_full(fd, magic, sizeof magic) ==
	    (ssize_t)sizeof magic && memcmp(magic, "TZif", 4) == 0;

	io_close(&fd);
	free(path);
	return is;
}

int
timezone_use(const char *name)
{
	if (!timezone_exists(name))
		return fail(PROG_PERMANENT, "cannot use time zone \"%s\": not "
		    "a name of the time zone database", name);
	/* A leading ':' keeps the C library from reading POSIX rules. */
	char *value = strcmp(name, "UTC") == 0 ? xstrdup("UTC0") :
	    xasprintf(":%s", name);
	int rc = setenv("TZ", value, 1);

	free(value);
	if (rc != 0)
		return fail(PROG_TEMPORARY, "could not set the time zone: %m");
	tzset();
	return 0;
}

int
timezone_parse_local(const char *text, struct timespec *when)
{
	struct timespec plain;
	struct tm tm;
	const char *at = strlen(text) > 10 ? text + 10 : "";

	/* Read as if it were UTC, then as what it is. */
	if (strpbrk(at, "Z+-") != NULL || text_time(text, &plain) != 0)
		return -1;
	if (gmtime_r(&plain.tv_sec, &tm) == NULL)
		return -1;
	struct tm first = tm;

	/* glibc takes tm_isdst as a hint: summer time is the earlier one. */
	tm.tm_isdst = -1;
	first.tm_isdst = 1;
	time_t standard = mktime(&tm);
	time_t summer = mktime(&first);

	if (first.tm_isdst == 1 && first.tm_hour == tm.tm_hour &&
	    summer < standard)
		standard = summer;
	*when = (struct timespec){standard, plain.tv_nsec};
	return 0;
}
