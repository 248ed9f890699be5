/* settings.h: the table of settings and what each one is found to be. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "io.h"

/* In the order of their strength. */
enum source {
	SOURCE_DEFAULT,
	SOURCE_FILE,
	SOURCE_ENVIRONMENT,
	SOURCE_OPTION,
};

struct setting {
	/* what the table says */
	char *name;
	char *fallback;		/* NULL: none */
	char *kind;		/* "number:1-64" */
	bool secret;
	char **aliases;		/* NULL-terminated */
	char *help;
	bool prefix;		/* name stands for all that begin with it */
	bool later;		/* kind "later": nothing acts on it yet */
	/* what was found */
	char *value;		/* NULL: not set */
	enum source source;
	bool by_alias;		/* weaker than the name in the same source */
	bool by_file;		/* value is the name of a file that holds it */
	char *origin;		/* for people: "file x line 3, POSTGRES_HOST" */
};

struct settings {
	struct setting *items;
	size_t count;
};

/* table.c: read the table; -1: told. */
int table_read(struct settings *, const char *path) MUSTUSE;
void table_free(struct settings *);

/*
 * The setting that key names: by name, by alias, by NAME_FILE (*by_file), or
 * by a prefix row, which then gets a row of its own. NULL: unknown.
 */
struct setting *table_find(struct settings *, const char *key, bool *by_file);

/* The one setting with this very name, or NULL. */
struct setting *table_named(const struct settings *, const char *name);

/*
 * The known name that key is most like, or NULL when none is nearer than so
 * many wrong letters.
 */
const char *table_nearest(const struct settings *, const char *key,
    unsigned wrong_max);

/* Half of a name may be wrong: a far guess still shows the right family. */
#define FAR_GUESS(key) ((unsigned)strlen(key) / 2)

/* sources.c: each looks through one source; -1: told. */
int source_file(struct settings *, const char *path) MUSTUSE;
int source_environment(struct settings *) MUSTUSE;
int source_options(struct settings *, const char *const *items, size_t count)
	MUSTUSE;

/* kinds.c: check the value against the kind, write it in its one way. */
int value_check(struct setting *) MUSTUSE;

/* Say that the value is wrong, without a secret: -1. */
int value_refuse(const struct setting *, const char *wanted);

/* Takes ownership of value. */
void value_replace(struct setting *, char *value);

/* value.c: read the files of NAME_FILE, check and normalise; -1: told. */
int values_finish(struct settings *) MUSTUSE;

/* print.c: the three forms of output. */
int print_export(const struct settings *) MUSTUSE;
int print_table(const struct settings *) MUSTUSE;
int print_json(const struct settings *) MUSTUSE;

#endif
