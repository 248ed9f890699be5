/*
 * retention: which backups to keep, and why. Pure.
 *
 * Backups of one series are judged together, those of different series never
 * see each other. In this order, the first rule that speaks decides:
 *
 *  1. Without any keep rule everything is kept.
 *  2. A backup dated in the future is kept, and counts for nothing.
 *  3. One without a newer proven backup is kept, whatever it is. So nothing
 *     goes before something better is there, and the last good one never.
 *  4. Of the proven ones the newest min_keep are kept.
 *  5. The newest proven one of each of the last N days, weeks, months and
 *     years (that have any) is kept.
 *  6. Age: up to keep_days old, to the microsecond, is kept.
 *     Count: with fewer than keep_count newer proven ones, it is kept.
 *     Where both are set, meeting either is enough, or both are needed.
 *  7. The rest is to be deleted.
 *
 * Proven: verified, and not found damaged since. Only those count as newer
 * ones; others are judged by the same rules but protect nothing. Newer means
 * strictly later: backups of equal times share their fate.
 */
#ifndef RETENTION_H
#define RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct retention_rules {	/* 0: no such rule */
	uint64_t keep_days;
	uint64_t keep_count;
	bool both;		/* age and count are both needed */
	uint64_t min_keep;
	uint64_t keep_daily;
	uint64_t keep_weekly;
	uint64_t keep_monthly;
	uint64_t keep_yearly;
};

enum retention_calendar {
	RETENTION_DAY,
	RETENTION_WEEK,
	RETENTION_MONTH,
	RETENTION_YEAR,
	RETENTION_CALENDARS,
};

enum retention_reason {
	RETENTION_KEEP_NO_RULE,
	RETENTION_KEEP_FUTURE,
	RETENTION_KEEP_NEWEST,		/* no newer proven backup */
	RETENTION_KEEP_MINIMUM,
	RETENTION_KEEP_CALENDAR,
	RETENTION_KEEP_RULE,
	RETENTION_DELETE,
};

struct retention_item {
	/* set by the caller */
	int64_t created;	/* microseconds since 1970, UTC */
	/* any numbering of days, weeks, ... that grows with local time */
	int32_t calendar[RETENTION_CALENDARS];
	uint32_t series;
	bool proven;
	/* set by retention_decide */
	uint8_t reason;		/* enum retention_reason */
	uint8_t chosen_by;	/* enum retention_calendar */
	uint32_t newer;		/* proven backups newer than this one */
};

/* Decide all items. now: microseconds since 1970. */
void retention_decide(struct retention_item *items, size_t count,
    const struct retention_rules *rules, int64_t now);

/* Whether any rule is set that could let something go. */
bool retention_has_rule(const struct retention_rules *rules);

/* Append the reason in words, with ages, counts and limits. */
void retention_explain(struct buf *, const struct retention_item *item,
    const struct retention_rules *rules, int64_t now);

#endif
