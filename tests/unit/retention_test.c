/*
 * retention: a table of histories, rules and verdicts.
 *
 * A history is words of a letter and an age in days at NOW: P proven, U not
 * verified, D damaged (not proven either: the same to this module). "@1" puts
 * it into series 1; "+2" is two days in the future; "7d1" is 7 days and one
 * microsecond. The verdict has a letter a word: k keep, d delete.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "retention.h"

#define DAY (INT64_C(86400) * 1000000)
#define NOW (INT64_C(20500) * DAY + DAY / 2)	/* noon */
#define MAX_ITEMS 64

#define DAYS(n) .keep_days = (n)
#define COUNT(n) .keep_count = (n)
#define BOTH .both = true
#define MIN(n) .min_keep = (n)

static const struct {
	const char *name;
	struct retention_rules rules;
	const char *history;
	const char *verdict;
} cases[] = {
	{"nothing at all", {DAYS(7), MIN(1)}, "", ""},
	{"no keep rule", {MIN(1)}, "P0 P10 P100 U1000 D1000", "kkkkk"},
	{"no keep rule, minimum alone", {MIN(3)}, "P0 P1 P2 P3", "kkkk"},

	/* Age. */
	{"age", {DAYS(7), MIN(1)}, "P0 P6 P8 P100", "kkdd"},
	{"exactly the limit is kept", {DAYS(7), MIN(1)}, "P0 P7", "kk"},
	{"a microsecond more is not", {DAYS(7), MIN(1)}, "P0 P7d1", "kd"},
	{"all too old: the newest stays", {DAYS(7), MIN(1)}, "P20 P30 P40",
	    "kdd"},
	{"one, too old", {DAYS(7), MIN(1)}, "P20", "k"},
	{"minimum kept over age", {DAYS(7), MIN(3)}, "P20 P30 P40 P50",
	    "kkkd"},
	{"minimum of more than there are", {DAYS(7), MIN(9)}, "P20 P30", "kk"},
	{"minimum 0 still keeps the last", {DAYS(7), MIN(0)}, "P20 P30", "kd"},
	{"days beyond the clock", {DAYS(UINT64_MAX), MIN(1)}, "P0 P9000",
	    "kk"},

	/* Count. */
	{"count", {COUNT(2), MIN(1)}, "P0 P1 P2 P3", "kkdd"},
	{"count of more than there are", {COUNT(9), MIN(1)}, "P0 P900", "kk"},
	{"count ignores order of input", {COUNT(1), MIN(1)}, "P3 P0 P2 P1",
	    "dkdd"},
	{"minimum over count", {COUNT(1), MIN(3)}, "P0 P1 P2 P3", "kkkd"},

	/* Either, both. */
	{"either: age saves", {DAYS(7), COUNT(1), MIN(1)}, "P0 P5 P8", "kkd"},
	{"either: count saves", {DAYS(1), COUNT(3), MIN(1)}, "P0 P5 P8 P9",
	    "kkkd"},
	{"either: the newest stay, even when old",
	    {DAYS(7), COUNT(3), MIN(1)}, "P100 P200 P300 P400", "kkkd"},
	{"both: a hard cap on young ones", {DAYS(7), COUNT(2), BOTH, MIN(1)},
	    "P0 P1 P2 P3", "kkdd"},
	{"both: old ones go though few", {DAYS(7), COUNT(9), BOTH, MIN(1)},
	    "P0 P5 P8", "kkd"},
	{"both, only age set", {DAYS(7), BOTH, MIN(1)}, "P0 P5 P8", "kkd"},
	{"both, only count set", {COUNT(2), BOTH, MIN(1)}, "P0 P5 P8", "kkd"},
	{"both: minimum wins", {DAYS(1), COUNT(1), BOTH, MIN(2)},
	    "P5 P6 P7", "kkd"},

	/* Proven ones only. */
	{"nothing proven, nothing goes", {DAYS(7), COUNT(1), BOTH, MIN(1)},
	    "U10 U20 D30 U400", "kkkk"},
	{"the newest is not verified", {DAYS(7), MIN(1)}, "U0 P20 P30",
	    "kkd"},
	{"newer ones are damaged", {DAYS(7), MIN(1)}, "D0 D1 P20 P30",
	    "kkkd"},
	{"one proven among many others", {COUNT(1), MIN(1)},
	    "U0 U1 P2 U3 D4 U5", "kkkddd"},
	{"others take no place in the count", {COUNT(2), MIN(1)},
	    "P0 U1 U2 U3 P4 U5 P6", "kkkkkdd"},
	{"others take no place in the minimum", {DAYS(1), MIN(2)},
	    "U9 P10 U11 P12 P13", "kkdkd"},
	{"the only proven one is the oldest", {COUNT(1), MIN(1)},
	    "U0 U1 P100", "kkk"},
	{"a young unverified one is kept by age", {DAYS(7), MIN(1)},
	    "P0 U5 U8 D6", "kkdk"},

	/* The future, equal times. */
	{"the future is kept and protects nothing",
	    {DAYS(7), COUNT(1), BOTH, MIN(1)}, "P+2 P+1 P10 P20", "kkkd"},
	{"future ones only", {COUNT(1), MIN(1)}, "P+1 P+2 U+3", "kkk"},
	{"now itself is not the future", {COUNT(1), MIN(1)}, "P0 P1", "kd"},
	{"equal times share their fate", {COUNT(1), MIN(1)},
	    "P0 P0 P1 P1 P2", "kkddd"},
	{"equal times all count", {COUNT(3), MIN(1)}, "P0 P0 P1 P1 P2",
	    "kkkkd"},
	{"a proven twin proves nothing newer", {DAYS(1), MIN(1)},
	    "P9 U9 D9", "kkk"},

	/* Series. */
	{"series do not see each other", {COUNT(1), MIN(1)},
	    "P0@1 P1@2 P2@1 P3@2 P4@3", "kkddk"},
	{"a proven one elsewhere frees nothing", {DAYS(1), MIN(1)},
	    "P0@1 U50@2 U60@2", "kkk"},

	/* Days, weeks, months, years (7, 30, 365 of NOW's days here). */
	{"daily", {.keep_daily = 2, MIN(1)}, "P0 P1 P2 P3", "kkdd"},
	{"daily: the last one of a day", {.keep_daily = 2, MIN(1)},
	    "P0.1 P0.2 P1.1 P1.2 P2.1", "kdkdd"},
	{"daily: days without one do not count", {.keep_daily = 3, MIN(1)},
	    "P0 P10 P20 P30", "kkkd"},
	{"daily: not proven ones are not chosen", {.keep_daily = 2, MIN(1)},
	    "P0.2 U1.1 P1.2 U1.3 P2", "kdkdd"},
	{"weekly", {.keep_weekly = 2, MIN(1)}, "P0 P7 P8 P14 P21", "kkddd"},
	{"monthly", {.keep_monthly = 2, MIN(1)}, "P0 P31 P32 P61", "kkdd"},
	{"yearly", {.keep_yearly = 2, MIN(1)}, "P0 P366 P370 P740", "kkdd"},
	{"all of them add up",
	    {.keep_daily = 2, .keep_monthly = 3, MIN(1)},
	    "P0 P1 P2 P35 P36 P65 P95", "kkdkdkd"},
	{"calendar adds to age", {DAYS(3), .keep_monthly = 2, MIN(1)},
	    "P0 P1 P3 P4 P35 P36", "kkkdkd"},
	{"calendar adds to both", {DAYS(3), COUNT(1), BOTH,
	    .keep_monthly = 2, MIN(1)}, "P0 P1 P35 P36", "kdkd"},
	{"calendar: equal times are chosen together",
	    {.keep_daily = 1, MIN(1)}, "P0.1 P0.1 P0.2", "kkd"},
	{"calendar: the future is not chosen", {.keep_daily = 1, MIN(1)},
	    "P+1 P0 P1", "kkd"},
	{"calendar by series", {.keep_daily = 1, MIN(1)},
	    "P0@1 P1@1 P5@2 P6@2", "kdkd"},
};

/* The last `days` days are number 0, those before them -1, ... */
static int32_t
bucket(int64_t day, int64_t days)
{
	return (int32_t)(day <= 0 ? -(-day / days) : (day + days - 1) / days);
}

/* "P7", "U0.5", "P+2", "P7d1", "P3@2". Returns what follows the word. */
static const char *
parse_item(const char *text, struct retention_item *item)
{
	bool future = text[1] == '+';
	char *end;
	double days = strtod(text + 1 + future, &end);
	int64_t age = (int64_t)(days * (double)DAY);

	*item = (struct retention_item){.proven = text[0] == 'P'};
	if (*end == 'd')
		age += strtol(end + 1, &end, 10);
	if (*end == '@')
		item->series = (uint32_t)strtoul(end + 1, &end, 10);
	item->created = NOW + (future ? age : -age);
	int64_t day = item->created / DAY - 20500;

	item->calendar[RETENTION_DAY] = (int32_t)day;
	item->calendar[RETENTION_WEEK] = bucket(day, 7);
	item->calendar[RETENTION_MONTH] = bucket(day, 30);
	item->calendar[RETENTION_YEAR] = bucket(day, 365);
	return *end == ' ' ? end + 1 : end;
}

static void
each_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct retention_item items[MAX_ITEMS];
		char verdict[MAX_ITEMS + 1] = "";
		size_t count = 0;

		for (const char *at = cases[i].history; *at != '\0';)
			at = parse_item(at, &items[count++]);
		retention_decide(items, count, &cases[i].rules, NOW);
		for (size_t k = 0; k < count; k++)
			verdict[k] = items[k].reason == RETENTION_DELETE ?
			    'd' : 'k';
		print_message("%s: %s -> %s\n", cases[i].name,
		    cases[i].history, verdict);
		assert_string_equal(verdict, cases[i].verdict);
	}
}

static uint32_t
next(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 16;
}

/*
 * Whatever the history and the rules: what is deleted has a newer proven one
 * in its series that is kept; the newest proven one and min_keep of them
 * stay; deleting them and asking again deletes nothing more.
 */
static void
promises(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct retention_item items[24];
		struct retention_item left[24];
		size_t count = next(&seed) % 24;
		size_t kept = 0;
		struct retention_rules rules = {
			.keep_days = next(&seed) % 4 * (next(&seed) % 5),
			.keep_count = next(&seed) % 4,
			.both = next(&seed) % 2 == 0,
			.min_keep = 1 + next(&seed) % 3,
			.keep_daily = next(&seed) % 3,
			.keep_weekly = next(&seed) % 2,
		};

		for (size_t i = 0; i < count; i++) {
			int64_t days = next(&seed) % 30;

			items[i] = (struct retention_item){
				.created = NOW + 2 * DAY - days * DAY,
				.series = next(&seed) % 2,
				.proven = next(&seed) % 2 == 0,
				.calendar = {(int32_t)-days,
				    (int32_t)(-days / 7), 0, 0},
			};
		}
		retention_decide(items, count, &rules, NOW);
		for (size_t i = 0; i < count; i++) {
			uint64_t newer = 0;

			if (items[i].reason != RETENTION_DELETE) {
				left[kept++] = items[i];
				continue;
			}
			for (size_t k = 0; k < count; k++)
				newer += items[k].proven &&
				    items[k].series == items[i].series &&
				    items[k].created > items[i].created &&
				    items[k].created <= NOW &&
				    items[k].reason != RETENTION_DELETE;
			assert_true(newer >= 1);
			assert_true(!items[i].proven ||
			    newer >= rules.min_keep);
			assert_true(items[i].created <= NOW);
			assert_true(retention_has_rule(&rules));
		}
		retention_decide(left, kept, &rules, NOW);
		for (size_t i = 0; i < kept; i++)
			assert_true(left[i].reason != RETENTION_DELETE);
	}
}

static void
words(void **state)
{
	static const struct {
		const char *history;
		size_t which;
		const char *words;
	} texts[] = {
		{"P0 P9.5", 1, "rule either: 9.5 days old, limit 7; "
		    "1 newer proven, limit 1"},
		{"P0 P7", 1, "rule either: 7.0 days old, limit 7; "
		    "1 newer proven, limit 1"},
		{"P0", 0, "newest proven backup"},
		{"U0", 0, "no newer proven backup"},
		{"P+1", 0, "dated in the future"},
		{"P0 P35", 1, "last one of its month, of 2 kept"},
	};
	static const struct retention_rules rules = {DAYS(7), COUNT(1),
	    MIN(1), .keep_monthly = 2};
	static const struct retention_rules none = {MIN(1)};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct retention_item items[4];
		size_t count = 0;
		struct buf text = BUF_INIT;

		for (const char *at = texts[i].history; *at != '\0';)
			at = parse_item(at, &items[count++]);
		retention_decide(items, count, &rules, NOW);
		retention_explain(&text, &items[texts[i].which], &rules, NOW);
		assert_string_equal(text.data, texts[i].words);
		buf_clear(&text);
		retention_decide(items, count, &none, NOW);
		retention_explain(&text, &items[0], &none, NOW);
		assert_string_equal(text.data, "no keep rule is set");
		buf_release(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case),
		cmocka_unit_test(promises),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
