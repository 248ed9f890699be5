#include "retention.h"

#include <inttypes.h>
#include <stdlib.h>

#include "xalloc.h"

#define SECOND INT64_C(1000000)		/* microseconds */
#define DAY (86400 * SECOND)

static const char *const calendar_names[] = {
	[RETENTION_DAY] = "day", [RETENTION_WEEK] = "week",
	[RETENTION_MONTH] = "month", [RETENTION_YEAR] = "year",
};

/* What is known of a series while it is walked from new to old. */
struct walk {
	uint32_t series;
	uint32_t proven;		/* seen so far, of later times */
	uint32_t pending;		/* proven ones of the time below */
	int64_t time;			/* of the item before */
	struct {
		bool any;
		int32_t bucket;		/* of the newest one in it */
		int64_t newest;
		uint64_t buckets;	/* seen so far, this one included */
	} calendar[RETENTION_CALENDARS];
};

static int
newest_first(const void *left, const void *right)
{
	const struct retention_item *a =
	    *(const struct retention_item *const *)left;
	const struct retention_item *b =
	    *(const struct retention_item *const *)right;

	if (a->series != b->series)
		return a->series < b->series ? -1 : 1;
	if (a->created != b->created)
		return a->created > b->created ? -1 : 1;
	return 0;
}

static uint64_t
calendar_limit(const struct retention_rules *rules,
    enum retention_calendar calendar)
{
	switch (calendar) {
	case RETENTION_DAY:	return rules->keep_daily;
	case RETENTION_WEEK:	return rules->keep_weekly;
	case RETENTION_MONTH:	return rules->keep_monthly;
	default:		return rules->keep_yearly;
	}
}

bool
retention_has_rule(const struct retention_rules *rules)
{
	return rules->keep_days > 0 || rules->keep_count > 0 ||
	    rules->keep_daily > 0 || rules->keep_weekly > 0 ||
	    rules->keep_monthly > 0 || rules->keep_yearly > 0;
}

/*
 * Whether a proven item is the newest one of its day, week, ... and that is
 * one of the last N. All calendars see every proven item.
 */
static bool
chosen_by_calendar(struct walk *walk, struct retention_item *item,
    const struct retention_rules *rules)
{
	bool chosen = false;

	for (int i = 0; i < RETENTION_CALENDARS; i++) {
		bool first = !walk->calendar[i].any ||
		    walk->calendar[i].bucket != item->calendar[i];

		if (first) {
			walk->calendar[i].any = true;
			walk->calendar[i].bucket = item->calendar[i];
			walk->calendar[i].newest = item->created;
			walk->calendar[i].buckets++;
		}
		if (walk->calendar[i].newest != item->created ||
		    walk->calendar[i].buckets > calendar_limit(rules,
		    (enum retention_calendar)i))
			continue;
		if (!chosen)
			item->chosen_by = (uint8_t)i;
		chosen = true;
	}
	return chosen;
}

static bool
meets_rule(const struct retention_item *item,
    const struct retention_rules *rules, int64_t now)
{
	/* Days beyond what a clock can count keep everything. */
	bool young = rules->keep_days > 0 &&
	    (rules->keep_days > INT64_MAX / DAY ||
	    now - item->created <= (int64_t)rules->keep_days * DAY);
	bool few = rules->keep_count > 0 && item->newer < rules->keep_count;

	if (rules->both && rules->keep_days > 0 && rules->keep_count > 0)
		return young && few;
	return young || few;
}

static enum retention_reason
judge(struct walk *walk, struct retention_item *item,
    const struct retention_rules *rules, int64_t now)
{
	bool chosen = item->proven && chosen_by_calendar(walk, item, rules);

	if (item->newer == 0)
		return RETENTION_KEEP_NEWEST;
	if (item->proven && item->newer < rules->min_keep)
		return RETENTION_KEEP_MINIMUM;
	if (chosen)
		return RETENTION_KEEP_CALENDAR;
	return meets_rule(item, rules, now) ? RETENTION_KEEP_RULE :
	    RETENTION_DELETE;
}

void
retention_decide(struct retention_item *items, size_t count,
    const struct retention_rules *rules, int64_t now)
{
	struct retention_item **order = xcalloc(count + 1, sizeof *order);
	struct walk walk = {0};

	for (size_t i = 0; i < count; i++)
		order[i] = &items[i];
	qsort(order, count, sizeof *order, newest_first);
	for (size_t i = 0; i < count; i++) {
		struct retention_item *item = order[i];

		if (i == 0 || item->series != walk.series)
			walk = (struct walk){.series = item->series};
		if (item->created != walk.time) {
			walk.proven += walk.pending;
			walk.pending = 0;
			walk.time = item->created;
		}
		item->newer = walk.proven;
		if (!retention_has_rule(rules)) {
			item->reason = RETENTION_KEEP_NO_RULE;
		} else if (item->created > now) {
			item->reason = RETENTION_KEEP_FUTURE;
			continue;
		} else {
			item->reason = (uint8_t)judge(&walk, item, rules, now);
		}
		walk.pending += item->proven;
	}
	free(order);
}

/* "3 days old (limit 7), 2 newer proven (limit 30)" of the rules set. */
static void
explain_rules(struct buf *buf, const struct retention_item *item,
    const struct retention_rules *rules, int64_t now)
{
	bool two = rules->keep_days > 0 && rules->keep_count > 0;
	int64_t age = now - item->created;

	if (two)
		buf_addf(buf, "rule %s: ", rules->both ? "both" : "either");
	if (rules->keep_days > 0)
		buf_addf(buf, "%" PRId64 ".%d days old, limit %" PRIu64,
		    age / DAY, (int)(age % DAY * 10 / DAY), rules->keep_days);
	if (two)
		buf_add_string(buf, "; ");
	if (rules->keep_count > 0)
		buf_addf(buf, "%" PRIu32 " newer proven, limit %" PRIu64,
		    item->newer, rules->keep_count);
	if (rules->keep_days == 0 && rules->keep_count == 0)
		buf_add_string(buf, "not chosen by day, week, month or year");
}

void
retention_explain(struct buf *buf, const struct retention_item *item,
    const struct retention_rules *rules, int64_t now)
{
	switch ((enum retention_reason)item->reason) {
	case RETENTION_KEEP_NO_RULE:
		buf_add_string(buf, "no keep rule is set");
		break;
	case RETENTION_KEEP_FUTURE:
		buf_add_string(buf, "dated in the future");
		break;
	case RETENTION_KEEP_NEWEST:
		buf_add_string(buf, item->proven ?
		    "newest proven backup" : "no newer proven backup");
		break;
	case RETENTION_KEEP_MINIMUM:
		buf_addf(buf, "one of the newest %" PRIu64 " proven backups",
		    rules->min_keep);
		break;
	case RETENTION_KEEP_CALENDAR:
		buf_addf(buf, "last one of its %s, of %" PRIu64 " kept",
		    calendar_names[item->chosen_by], calendar_limit(rules,
		    (enum retention_calendar)item->chosen_by));
		break;
	case RETENTION_KEEP_RULE:
	case RETENTION_DELETE:
		explain_rules(buf, item, rules, now);
		break;
	}
}
