/*
 * backupname: the name of a backup out of a template. Pure.
 *
 * A template is text with fields in braces and strftime(3) codes:
 *
 *     {database}     the database, made safe (below)
 *     {environment}  the same for development, testing, production
 *     {description}  lower case, a-z 0-9 and '-', at most 40 bytes
 *     {date}         2026-01-29          %Y %m %d %H %M %S  parts of the time
 *     {time}         143022              %y                 two-digit year
 *     {timestamp}    20260129_143022     %%                 a '%'
 *     {extension}    sql.gz
 *
 * A field that is empty takes one '-', '_' or '.' in front of it along, or
 * the separator or '/' behind it where nothing stands in front.
 *
 * Made safe: letters and digits of any script, '.', '_' and '-' stay, a run
 * of anything else becomes '_', as does a '.' or '-' in front; at most 100
 * bytes stay. A text changed that way ends with '-' and eight hex digits of
 * its FNV-1a hash, so that "a/b" and "a b" stay apart.
 */
#ifndef BACKUPNAME_H
#define BACKUPNAME_H

#include <time.h>

#include "buf.h"
#include "io.h"

/*
 * Bytes of one segment. Records beside a backup add up to 40, and a name may
 * have 254 (store_url.h).
 */
#define BACKUPNAME_MAX 200

struct backupname {
	const char *template;
	const char *database;
	const char *environment;
	const char *description;
	const char *extension;
	struct tm local;	/* the time, in the zone of names */
	unsigned copy;		/* 2: "-2" in front of the extension; 0: no */
};

/*
 * Append the name. May hold '/': directories in the store. -1: *why says
 * what is wrong with the template, for a person.
 */
int backupname_build(struct buf *, const struct backupname *,
    const char **why) MUSTUSE;

/* The two ways above to make a text fit for a name. */
void backupname_add_safe(struct buf *, const char *text);
void backupname_add_slug(struct buf *, const char *text);

#endif
