/* value.c: what a setting's text must look like, and its one way to write. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"
#include "prog.h"
#include "settings.h"
#include "text.h"
#include "timezone.h"
#include "xalloc.h"

#define SECRET_MAX ((size_t)64 * 1024)	/* bytes of a NAME_FILE */

/* NAME_FILE: the file's text without the line end behind it. */
static int
read_value_file(struct setting *item)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (buf_read_file(&text, item->value, SECRET_MAX) != 0) {
		fail(PROG_PERMANENT, "could not read file \"%s\" of setting "
		    "%s: %m", item->value, item->name);
		goto out;
	}
	while (text.len > 0 && strchr("\r\n", text.data[text.len - 1]) != NULL)
		text.data[--text.len] = '\0';
	if (text.len == 0 || strlen(text.data) != text.len ||
	    !text_is_utf8(text.data, text.len)) {
		fail(PROG_PERMANENT, "cannot use file \"%s\" of setting %s: "
		    "%s", item->value, item->name, text.len == 0 ?
		    "it is empty" : "it is not text");
		goto out;
	}
	char *origin = xasprintf("%s, file %s", item->origin, item->value);

	free(item->origin);
	item->origin = origin;
	free(item->value);
	item->value = buf_detach(&text);
	rc = 0;
out:
	buf_release(&text);
	return rc;
}

/* The value is wrong: say so without a secret. */
static int
refuse(const struct setting *item, const char *wanted)
{
	return fail(PROG_PERMANENT, "cannot use setting %s=%s (%s): %s",
	    item->name, item->secret ? "..." : item->value, item->origin,
	    wanted);
}

static void
replace(struct setting *item, char *value)
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
			replace(item, xstrdup(words[i][1]));
			return 0;
		}
	}
	return refuse(item, "must be true or false");
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
		return refuse(item, "must be a whole number");
	if (value < min || value > max) {
		char *wanted = xasprintf("must be %llu to %llu%s", min, max,
		    item->fallback != NULL && item->fallback[0] == '\0' ?
		    ", or empty for none" : "");

		refuse(item, wanted);
		free(wanted);
		return -1;
	}
	replace(item, xasprintf("%llu", (unsigned long long)value));
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
		return refuse(item, "must be a share from 0 to 1, as 0.9");
	return 0;
}

static int
check_mode(struct setting *item)
{
	size_t len = strlen(item->value);

	if (len < 3 || len > 4 || strspn(item->value, "01234567") != len)
		return refuse(item, "must be permissions as 0640");
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
			replace(item, xstrndup(word, len));
			return 0;
		}
		at = word + word_len;
	}
	char *wanted = xasprintf("must be one of %s",
	    choices[1] == '|' ? choices + 2 : choices + 1);

	refuse(item, wanted);
	free(wanted);
	return -1;
}

static int
check_url(struct setting *item)
{
	if (!text_starts(item->value, "s3://") &&
	    !text_starts(item->value, "file:///"))
		return refuse(item,
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
			rc = refuse(item, "must be s3:// or file:/// URLs, "
			    "parted by blanks");
	}
	free(words);
	return rc;
}

/* minio:9000, as MINIO_ENDPOINT is often written, is http://minio:9000. */
static int
check_endpoint(struct setting *item)
{
	if (strstr(item->value, "://") == NULL)
		replace(item, xasprintf("http://%s", item->value));
	if (!text_starts(item->value, "http://") &&
	    !text_starts(item->value, "https://"))
		return refuse(item, "must begin with http:// or https://");
	return 0;
}

static int
check_zone(struct setting *item)
{
	return timezone_exists(item->value) ? 0 : refuse(item,
	    "not a name of the time zone database, as Europe/Amsterdam");
}

static int
check(struct setting *item)
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
			replace(item, xstrdup(IS("bool") || IS("mode") ||
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
		    refuse(item, "must be a size, as 64M");
	if (IS("duration"))
		return text_duration(item->value, &number) == 0 ? 0 :
		    refuse(item, "must be a duration, as 90s, 15m, 26h, 7d");
	if (!IS("string") && !IS("list"))
		return fail(PROG_BUG, "setting %s has a bad kind", item->name);
#undef IS
	return 0;
}

/* An absolute path without "." segments: a URL does not take those. */
static char *
absolute(const char *path)
{
	struct buf all = BUF_INIT;
	struct buf clean = BUF_INIT;
	char here[PATH_MAX];

	if (path[0] != '/' && getcwd(here, sizeof here) != NULL)
		buf_addf(&all, "%s/", here);
	buf_add_string(&all, path);
	for (char *save, *word = strtok_r(all.data, "/", &save); word != NULL;
	    word = strtok_r(NULL, "/", &save)) {
		if (strcmp(word, ".") != 0)
			buf_addf(&clean, "/%s", word);
	}
	if (clean.len == 0)
		buf_add_string(&clean, "/");
	buf_release(&all);
	return buf_detach(&clean);
}

static bool
is_stronger(const struct setting *item, const struct setting *than)
{
	return item != NULL && item->value != NULL &&
	    item->value[0] != '\0' && (than->value == NULL ||
	    than->value[0] == '\0' || item->source > than->source);
}

static void
derive(struct setting *store, const struct setting *from, char *value)
{
	replace(store, value);
	free(store->origin);
	store->origin = xasprintf("%s (%s)", from->name, from->origin);
	store->source = from->source;
}

/* Whether BACKUP_BACKEND lets the store be of this kind. */
static bool
allows(const struct setting *backend, const char *kind)
{
	return backend == NULL || backend->value == NULL ||
	    backend->value[0] == '\0' || strcmp(backend->value, kind) == 0;
}

static int
derive_from_bucket(struct setting *store, const struct setting *bucket,
    const struct setting *prefix)
{
	if (strchr(bucket->value, '/') != NULL)
		return refuse(bucket, "must be the bare name of a bucket");
	const char *path = prefix == NULL || prefix->value == NULL ? "" :
	    prefix->value + strspn(prefix->value, "/");

	derive(store, bucket, xasprintf("s3://%s/%s", bucket->value, path));
	return 0;
}

/*
 * BACKUP_DIR, and BACKUP_BUCKET with BACKUP_PREFIX, are two other ways to say
 * BACKUP_STORE; the strongest source of the three counts.
 */
static int
derive_store(struct settings *settings)
{
	struct setting *store = table_named(settings, "BACKUP_STORE");
	const struct setting *bucket = table_named(settings, "BACKUP_BUCKET");
	const struct setting *directory = table_named(settings, "BACKUP_DIR");
	const struct setting *backend = table_named(settings,
	    "BACKUP_BACKEND");

	if (store == NULL)
		return 0;
	if (allows(backend, "s3") && is_stronger(bucket, store) &&
	    derive_from_bucket(store, bucket,
	    table_named(settings, "BACKUP_PREFIX")) != 0)
		return -1;
	if (allows(backend, "file") && is_stronger(directory, store)) {
		char *path = absolute(directory->value);

		derive(store, directory, xasprintf("file://%s", path));
		free(path);
	}
	if (store->value == NULL || store->value[0] == '\0' ? allows(backend,
	    "") : allows(backend, text_starts(store->value, "s3:") ? "s3" :
	    "file"))
		return 0;
	return refuse(backend, strcmp(backend->value, "s3") == 0 ?
	    "it needs a bucket: BACKUP_BUCKET (bucket_name) is missing" :
	    "it needs a directory: BACKUP_DIR is missing");
}

int
values_finish(struct settings *settings)
{
	int rc = 0;

	/* All faults at once: a person corrects the file in one go. */
	for (size_t i = 0; i < settings->count; i++) {
		struct setting *item = &settings->items[i];

		if (item->value == NULL || item->prefix)
			continue;
		if (item->by_file && read_value_file(item) != 0)
			rc = -1;
		else if (check(item) != 0)
			rc = -1;
	}
	return rc == 0 ? derive_store(settings) : rc;
}
