#define _GNU_SOURCE
#include "record.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

#define SUFFIX ".json"
#define SECOND_LEN 15	/* bytes of 20260129T143022 */

static const char *const infixes[] = {
	[RECORD_NONE] = "", [RECORD_VERIFIED] = ".verified-",
	[RECORD_DAMAGED] = ".damaged-", [RECORD_RESTORED] = ".restored-",
};

const char *
record_infix(enum record_kind kind)
{
	return infixes[kind];
}

/* "20260129T143022" in front of text, checked by day and month. */
static bool
parse_second(const char *text, time_t *when)
{
	static const char shape[] = "####-##-##T##:##:##";
	char full[sizeof shape] = "";
	struct timespec parsed;
	char again[SECOND_LEN + 1];
	struct tm tm;
	size_t taken = 0;

	for (size_t i = 0; shape[i] != '\0'; i++) {
		if (shape[i] == '-' || shape[i] == ':') {
			full[i] = shape[i];
			continue;
		}
		if (shape[i] == '#' ? text[taken] < '0' || text[taken] > '9' :
		    text[taken] != shape[i])
			return false;
		full[i] = text[taken++];
	}
	if (text_time(full, &parsed) != 0 ||
	    gmtime_r(&parsed.tv_sec, &tm) == NULL)
		return false;
	*when = parsed.tv_sec;
	/* February 30 would be another day. */
	strftime(again, sizeof again, "%Y%m%dT%H%M%S", &tm);
	return memcmp(again, text, SECOND_LEN) == 0;
}

/*
 * The time in front of text, in microseconds: "20260129T143022Z", with up to
 * six digits of a fraction. Returns what stands behind it, or NULL.
 */
static const char *
parse_time(const char *text, int64_t *when)
{
	int64_t unit = 1000000;
	time_t second;

	if (!parse_second(text, &second))
		return NULL;
	*when = (int64_t)second * unit;
	text += SECOND_LEN;
	if (*text == '.') {
		const char *digits = ++text;

		for (; *text >= '0' && *text <= '9' && unit > 1; text++)
			*when += (*text - '0') * (unit /= 10);
		if (text == digits)
			return NULL;
	}
	return *text == 'Z' ? text + 1 : NULL;
}

/* What stands behind the time: ".json" or "-2.json". */
static bool
is_end(const char *text)
{
	if (*text == '-') {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits == 0 || digits > 4)
			return false;
		text += 1 + digits;
	}
	return strcmp(text, SUFFIX) == 0;
}

enum record_kind
record_parse(const char *name, size_t *object_len, int64_t *when)
{
	if (!text_ends(name, SUFFIX))
		return RECORD_NONE;
	for (int kind = RECORD_VERIFIED; kind <= RECORD_RESTORED; kind++) {
		size_t len = strlen(infixes[kind]);

		/* The last one: an object's own name may hold such words. */
		for (const char *at = strstr(name, infixes[kind]);
		    at != NULL; at = strstr(at + 1, infixes[kind])) {
			const char *end;

			if (at == name || at[-1] == '/' ||
			    (end = parse_time(at + len, when)) == NULL ||
			    !is_end(end))
				continue;
			*object_len = (size_t)(at - name);
			return (enum record_kind)kind;
		}
	}
	return RECORD_NONE;
}
