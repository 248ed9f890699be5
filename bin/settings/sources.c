/* sources.c: where values come from. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "envfile.h"
#include "prog.h"
#include "settings.h"
#include "text.h"
#include "xalloc.h"

extern char **environ;	/* POSIX: the user declares it */

#define CONFIG_MAX ((size_t)1024 * 1024)	/* bytes */

struct found {
	const char *key;
	const char *value;
	enum source source;
	char *origin;		/* ours; goes to the setting or is freed */
	bool by_file;
};

/* Whether key is another name of the setting: neither NAME nor NAME_FILE. */
static bool
is_alias(const struct setting *item, const char *key)
{
	size_t len = strlen(item->name);

	return strncmp(key, item->name, len) != 0 ||
	    (key[len] != '\0' && strcmp(key + len, "_FILE") != 0);
}

/*
 * Take what was found, unless something stronger is there: a stronger source,
 * or in the same source the name itself against an alias. -1: told.
 */
static int
take(struct setting *item, const struct found *found)
{
	bool by_alias = is_alias(item, found->key);

	if (item->value != NULL && (found->source < item->source ||
	    (found->source == item->source && by_alias &&
	    !item->by_alias))) {
		free(found->origin);
		return 0;
	}
	if (item->value != NULL && found->source == item->source &&
	    by_alias == item->by_alias && found->by_file != item->by_file) {
		fail(PROG_PERMANENT, "cannot use both %s and its _FILE: "
		    "(%s; %s)", item->name, item->origin, found->origin);
		free(found->origin);
		return -1;
	}
	free(item->value);
	free(item->origin);
	item->value = xstrdup(found->value);
	item->origin = found->origin;
	item->source = found->source;
	item->by_alias = by_alias;
	item->by_file = found->by_file;
	return 0;
}

static void
warn_unknown(const struct settings *settings, const char *path, unsigned line,
    const char *key)
{
	const char *nearest = table_nearest(settings, key, FAR_GUESS(key));

	if (nearest != NULL)
		warning("file \"%s\" line %u: unknown setting \"%s\", did you "
		    "mean \"%s\"?", path, line, key, nearest);
	else
		warning("file \"%s\" line %u: unknown setting \"%s\"", path,
		    line, key);
}

static int
take_line(struct settings *settings, const char *path,
    const struct envfile *file)
{
	bool by_file;
	struct setting *item = table_find(settings, file->key.data, &by_file);

	if (item == NULL) {
		warn_unknown(settings, path, file->line, file->key.data);
		return 0;
	}
	if (item->source == SOURCE_FILE && strcmp(item->name,
	    file->key.data) == 0 && !item->by_alias && item->value != NULL)
		warning("file \"%s\" line %u: setting \"%s\" was set before; "
		    "the last one counts", path, file->line, item->name);
	bool named = strcmp(item->name, file->key.data) == 0;
	struct found found = {
		.key = file->key.data,
		.value = file->value.data,
		.source = SOURCE_FILE,
		.by_file = by_file,
		.origin = xasprintf("file %s line %u%s%s", path, file->line,
		    named ? "" : ", ", named ? "" : file->key.data),
	};
	return take(item, &found);
}

int
source_file(struct settings *settings, const char *path)
{
	struct buf text = BUF_INIT;
	struct envfile file;
	const char *why = NULL;
	int got;
	int rc = -1;

	if (buf_read_file(&text, path, CONFIG_MAX) != 0) {
		fail(PROG_PERMANENT, "could not read file \"%s\": %m", path);
		buf_release(&text);
		return -1;
	}
	envfile_init(&file, text.data, text.len);
	while ((got = envfile_next(&file, &why)) > 0) {
		if (take_line(settings, path, &file) != 0)
			goto out;
	}
	if (got < 0) {
		fail(PROG_PERMANENT, "cannot read file \"%s\": line %u: %s",
		    path, file.line, why);
		goto out;
	}
	rc = 0;
out:
	envfile_release(&file);
	buf_release(&text);
	return rc;
}

/*
 * One variable of the environment, if it is there. An empty one counts as
 * not set: `X: ${X:-}` in a compose file makes those.
 */
static int
take_variable(struct setting *item, const char *name, bool by_file)
{
	char *key = xasprintf("%s%s", name, by_file ? "_FILE" : "");
	const char *value = getenv(key);
	int rc = 0;

	if (value != NULL && value[0] != '\0') {
		struct found found = {
			.key = key,
			.value = value,
			.source = SOURCE_ENVIRONMENT,
			.by_file = by_file,
			.origin = xasprintf("environment%s%s",
			    strcmp(key, item->name) == 0 ? "" : " ",
			    strcmp(key, item->name) == 0 ? "" : key),
		};
		rc = take(item, &found);
	}
	free(key);
	return rc;
}

/* Whether NAME_FILE is not the name of a setting itself. */
static bool
has_file_form(const struct settings *settings, const char *name)
{
	char *key = xasprintf("%s_FILE", name);
	bool is = table_named(settings, key) == NULL;

	free(key);
	return is;
}

static int
take_variables(const struct settings *settings, struct setting *item,
    const char *name)
{
	if (take_variable(item, name, false) != 0)
		return -1;
	return has_file_form(settings, name) ?
	    take_variable(item, name, true) : 0;
}

/*
 * The environment is full of other programs' variables. One that begins like
 * ours and is one letter off is a slip of the pen.
 */
static void
warn_misspelt(struct settings *settings)
{
	static const char *const families[] = {"BACKUP_", "NOTIFY_"};
	const char *nearest;
	bool by_file;

	for (char **entry = environ; *entry != NULL; entry++) {
		size_t len = strcspn(*entry, "=");

		if (strncmp(*entry, families[0], strlen(families[0])) != 0 &&
		    strncmp(*entry, families[1], strlen(families[1])) != 0)
			continue;
		char *key = xstrndup(*entry, len);

		if (table_find(settings, key, &by_file) == NULL &&
		    (nearest = table_nearest(settings, key, 1)) != NULL)
			warning("environment: unknown setting \"%s\", did "
			    "you mean \"%s\"?", key, nearest);
		free(key);
	}
}

int
source_environment(struct settings *settings)
{
	warn_misspelt(settings);
	for (size_t i = 0; i < settings->count; i++) {
		struct setting *item = &settings->items[i];

		if (item->prefix)
			continue;
		if (take_variables(settings, item, item->name) != 0)
			return -1;
		for (char **alias = item->aliases; *alias != NULL; alias++) {
			if (take_variables(settings, item, *alias) != 0)
				return -1;
		}
	}
	return 0;
}

static int
take_option(struct settings *settings, const char *option)
{
	const char *equals = strchr(option, '=');

	if (equals == NULL || equals == option)
		return fail(PROG_PERMANENT,
		    "cannot use --set: not KEY=VALUE");
	char *key = xstrndup(option, (size_t)(equals - option));
	bool by_file;
	struct setting *item = table_find(settings, key, &by_file);
	int rc;

	if (item == NULL) {
		const char *nearest = table_nearest(settings, key,
		    FAR_GUESS(key));

		rc = fail(PROG_PERMANENT, "cannot use --set: unknown setting "
		    "\"%s\"%s%s%s", key,
		    nearest == NULL ? "" : ", did you mean \"",
		    nearest == NULL ? "" : nearest,
		    nearest == NULL ? "" : "\"?");
	} else if (item->secret && !by_file) {
		rc = fail(PROG_PERMANENT, "cannot use --set: \"%s\" is a "
		    "secret, and every user of this machine can read a "
		    "command line", key);
		hint("put it into a file and use --set=%s_FILE=PATH", key);
	} else {
		struct found found = {
			.key = key,
			.value = equals + 1,
			.source = SOURCE_OPTION,
			.by_file = by_file,
			.origin = xasprintf("option%s%s",
			    strcmp(key, item->name) == 0 ? "" : " ",
			    strcmp(key, item->name) == 0 ? "" : key),
		};
		rc = take(item, &found);
	}
	free(key);
	return rc;
}

int
source_options(struct settings *settings, const char *const *items,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (take_option(settings, items[i]) != 0)
			return -1;
	}
	return 0;
}
