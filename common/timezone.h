/*
 * timezone: local time in a named zone of the time zone database.
 *
 * The C library knows one zone at a time, so this is for programs with one
 * thread that asks: timezone_use() sets TZ for the whole process.
 */
#ifndef TIMEZONE_H
#define TIMEZONE_H

#include <stdbool.h>
#include <time.h>

#include "io.h"

/*
 * Whether name is a zone of the database ($TZDIR, else /usr/share/zoneinfo):
 * "Europe/Amsterdam". "UTC" is one even where there is no database. Prints
 * nothing.
 */
bool timezone_exists(const char *name);

/* Make name the zone of localtime(3) and mktime(3). -1 told (exit 100). */
int timezone_use(const char *name) MUSTUSE;

/*
 * The instant of a local time without an offset ("2026-10-25T02:30:00"), in
 * the zone in use. A repeated hour is the first of the two, a skipped one is
 * moved on by the gap. fraction stays. -1: text is not such a time.
 */
int timezone_parse_local(const char *text, struct timespec *when) MUSTUSE;

#endif
