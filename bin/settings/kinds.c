/* kinds.c: what the text of each kind of setting must look like. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "prog.h"
#include "settings.h"
#include "text.h"
#include "timezone.h"
#include "xalloc.h"

int
value_refuse(const struct setting *item, const char *wanted)
{
	return fail(PROG_PERMANENT, "cannot use setting %s=%s (%s): %s",
	    item->name, item->secret ? "..." : item->value, item->origin,
	    wanted);
}

void
value_replace(struct setting *item, char *value)
{
	free(item->value);
	item->value = value;
}

static int
check_bool(struct setting *item)
{
	static const char *const words[][2] = {
		{"true", "true"}, {"1", "true"}, {"yes", "true"},
		{"on", "true"}, {"false", "false"}, {"0", "false"},
		{"no", "false"}, {"off", "false"},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(item->value, words[i][0]) == 0) {
			value_replace(item, xstrdup(words[i][1]));
			return 0;
		}
	}
	return value_refuse(item, "must be true or false");
}

static int
check_number(struct setting *item, const char *range)
{
	unsigned long long min = 0;
	unsigned long long max = ULLONG_MAX;
	uint64_t value;

	if (*range == ':' && sscanf(range, ":%llu-%llu", &min, &max) != 2)
		return fail(PROG_BUG, "setting %s has a bad kind", item->name);
	if (text_number(item->value, &value) != 0)
		return value_refuse(item, "must be a whole number");
	if (value < min || value > max) {
		char *wanted = xasprintf("must be %llu to %llu%s", min, max,
		    item->fallback != NULL && item->fallback[0] == '\0' ?
		    ", or empty for none" : "");

		value_refuse(item, wanted);
		free(wanted);
		return -1;
	}
	value_replace(item, xasprintf("%llu", (unsigned long long)value));
	return 0;
}

/* "0.9": 0 to 1 in decimal digits. 90 is meant as a share of 100: refused. */
static int
check_fraction(struct setting *item)
{
	const char *text = item->value;
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;
	size_t more = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;

	if (digits == 0 || (*rest == '.' && (more == 0 ||
	    rest[1 + more] != '\0')) || (*rest != '.' && *rest != '\0') ||
	    strtod(text, NULL) > 1)
		return value_refuse(item,
		    "must be a share from 0 to 1, as 0.9");
	return 0;
}

static int
check_mode(struct setting *item)
{
	size_t len = strlen(item->value);

	if (len < 3 || len > 4 || strspn(item->value, "01234567") != len)
		return value_refuse(item, "must be permissions as 0640");
	return 0;
}

/* ":A|B|C"; an empty alternative is the empty value. */
static int
check_choice(struct setting *item, const char *choices)
{
	size_t len = strlen(item->value);

	for (const char *at = choices; *at != '\0';) {
		const char *word = at + 1;
		size_t word_len = strcspn(word, "|");

		if (word_len == len &&
		    strncasecmp(word, item->value, len) == 0) {
			value_replace(item, xstrndup(word, len));
			return 0;
		}
		at = word + word_len;
	}
	char *wanted = xasprintf("must be one of %s",
	    choices[1] == '|' ? choices + 2 : choices + 1);

	value_refuse(item, wanted);
	free(wanted);
	return -1;
}

static int
check_url(struct setting *item)
{
	if (!text_starts(item->value, "s3://") &&
	    !text_starts(item->value, "file:///"))
		return value_refuse(item,
		    "must begin with s3:// or file:/// and a directory");
	return 0;
}

static int
check_urls(struct setting *item)
{
	char *words = xstrdup(item->value);
	int rc = 0;

	for (char *save, *word = strtok_r(words, " \t\n", &save);
	    word != NULL && rc == 0; word = strtok_r(NULL, " \t\n", &save)) {
		if (!text_starts(word, "s3://") &&
		    !text_starts(word, "file:///"))
			rc = value_refuse(item, "must be s3:// or file:/// "
			    "URLs, parted by blanks");
	}
	free(words);
	return rc;
}

/* minio:9000, as MINIO_ENDPOINT is often written, is http://minio:9000. */
static int
check_endpoint(struct setting *item)
{
	if (strstr(item->value, "://") == NULL)
		value_replace(item, xasprintf("http://%s", item->value));
	if (!text_starts(item->value, "http://") &&
	    !text_starts(item->value, "https://"))
		return value_refuse(item,
		    "must begin with http:// or https://");
	return 0;
}

static int
check_zone(struct setting *item)
{
	return timezone_exists(item->value) ? 0 : value_refuse(item,
	    "not a name of the time zone database, as Europe/Amsterdam");
}

int
value_check(struct setting *item)
{
	size_t len = strcspn(item->kind, ":");
	const char *rest = item->kind + len;
	uint64_t number;

#define IS(word) (len == strlen(word) && strncmp(item->kind, word, len) == 0)
	if (IS("choice"))
		return check_choice(item, rest);
	if (item->value[0] == '\0') {
		/* "Nothing", except where something must be. */
		if (item->fallback != NULL)
			value_replace(item, xstrdup(IS("bool") || IS("mode") ||
			    IS("timezone") || IS("fraction") ?
			    item->fallback : ""));
		return 0;
	}
	if (IS("bool"))
		return check_bool(item);
	if (IS("number"))
		return check_number(item, rest);
	if (IS("fraction"))
		return check_fraction(item);
	if (IS("mode"))
		return check_mode(item);
	if (IS("url"))
		return check_url(item);
	if (IS("urls"))
		return check_urls(item);
	if (IS("endpoint"))
		return check_endpoint(item);
	if (IS("timezone"))
		return check_zone(item);
	if (IS("size"))
		return text_size(item->value, &number) == 0 ? 0 :
		    value_refuse(item, "must be a size, as 64M");
	if (IS("duration"))
		return text_duration(item->value, &number) == 0 ? 0 :
		    value_refuse(item,
		    "must be a duration, as 90s, 15m, 26h, 7d");
	if (!IS("string") && !IS("list"))
		return fail(PROG_BUG, "setting %s has a bad kind", item->name);
#undef IS
	return 0;
}
