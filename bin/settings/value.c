/* value.c: values that other settings or files give, and what is told. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "prog.h"
#include "settings.h"
#include "text.h"
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
	value_replace(store, value);
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
		return value_refuse(bucket,
		    "must be the bare name of a bucket");
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
	return value_refuse(backend, strcmp(backend->value, "s3") == 0 ?
	    "it needs a bucket: BACKUP_BUCKET (bucket_name) is missing" :
	    "it needs a directory: BACKUP_DIR is missing");
}

/* Nobody shall think that a setting does something when it does not. */
static void
tell_without_effect(const struct setting *item)
{
	if (item->value[0] != '\0')
		warning("setting %s (%s) has no effect yet: %s", item->name,
		    item->origin, item->help);
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
		if (item->later)
			tell_without_effect(item);
		else if (item->by_file && read_value_file(item) != 0)
			rc = -1;
		else if (value_check(item) != 0)
			rc = -1;
	}
	return rc == 0 ? derive_store(settings) : rc;
}
