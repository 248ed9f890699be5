#define _GNU_SOURCE
#include "record.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

#define SUFFIX ".json"
#define TIME_LEN 16	/* bytes of 20260129T143022Z */

static const char *const infixes[] = {
	[RECORD_NONE] = "", [RECORD_VERIFIED] = ".verified-",
	[RECORD_DAMAGED] = ".damaged-", [RECORD_RESTORED] = ".restored-",
};

const char *
record_infix(enum record_kind kind)
{
	return infixes[kind];
}

/* "20260129T143022Z" in front of text. */
static bool
parse_time(const char *text, time_t *when)
{
	static const char shape[] = "####-##-##T##:##:##Z";
	char full[sizeof shape] = "";
	struct timespec parsed;
	char again[TIME_LEN + 1];
	struct tm tm;

	for (size_t i = 0; shape[i] != '\0'; i++) {
		if (shape[i] == '-' || shape[i] == ':') {
			full[i] = shape[i];
			continue;
		}
		if (shape[i] == '#' ? *text < '0' || *text > '9' :
		    *text != shape[i])
			return false;
		full[i] = *text++;
	}
	if (text_time(full, &parsed) != 0 ||
	    gmtime_r(&parsed.tv_sec, &tm) == NULL)
		return false;
	*when = parsed.tv_sec;
	/* February 30 would be another day. */
	strftime(again, sizeof again, "%Y%m%dT%H%M%SZ", &tm);
	return memcmp(again, text - TIME_LEN, TIME_LEN) == 0;
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
record_parse(const char *name, size_t *object_len, time_t *when)
{
	if (!text_ends(name, SUFFIX))
		return RECORD_NONE;
	for (int kind = RECORD_VERIFIED; kind <= RECORD_RESTORED; kind++) {
		size_t len = strlen(infixes[kind]);

		/* The last one: an object's own name may hold such words. */
		for (const char *at = strstr(name, infixes[kind]);
		    at != NULL; at = strstr(at + 1, infixes[kind])) {
			if (at == name || at[-1] == '/' ||
			    !parse_time(at + len, when) ||
			    !is_end(at + len + TIME_LEN))
				continue;
			*object_len = (size_t)(at - name);
			return (enum record_kind)kind;
		}
	}
	return RECORD_NONE;
}
