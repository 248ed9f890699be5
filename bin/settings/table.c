/* table.c: the table of settings, and finding a name in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "prog.h"
#include "settings.h"
#include "text.h"
#include "xalloc.h"

#define TABLE_MAX ((size_t)1024 * 1024)		/* bytes */
#define FIELDS 6

static char **
split_aliases(char *text)
{
	char **list = xcalloc(1, sizeof *list);
	size_t count = 0;

	if (strcmp(text, "-") == 0)
		return list;
	for (char *save, *word = strtok_r(text, ",", &save); word != NULL;
	    word = strtok_r(NULL, ",", &save)) {
		list = xrealloc_array(list, count + 2, sizeof *list);
		list[count++] = xstrdup(word);
		list[count] = NULL;
	}
	return list;
}

static struct setting *
add(struct settings *settings)
{
	settings->items = xrealloc_array(settings->items,
	    settings->count + 1, sizeof *settings->items);
	struct setting *item = &settings->items[settings->count++];

	*item = (struct setting){0};
	return item;
}

static int
read_row(struct settings *settings, char *line)
{
	char *fields[FIELDS];
	size_t count = 0;

	for (char *field; (field = strsep(&line, "\t")) != NULL; count++) {
		if (count == FIELDS)
			return -1;
		fields[count] = field;
	}
	if (count != FIELDS || fields[0][0] == '\0')
		return -1;
	struct setting *item = add(settings);

	item->prefix = text_ends(fields[0], "*");
	if (item->prefix)
		fields[0][strlen(fields[0]) - 1] = '\0';
	item->name = xstrdup(fields[0]);
	item->fallback = strcmp(fields[1], "-") == 0 ? NULL :
	    xstrdup(fields[1]);
	item->kind = xstrdup(fields[2]);
	item->later = strcmp(fields[2], "later") == 0;
	item->secret = strcmp(fields[3], "yes") == 0;
	item->aliases = split_aliases(fields[4]);
	item->help = xstrdup(fields[5]);
	item->value = item->fallback == NULL ? NULL : xstrdup(item->fallback);
	item->origin = xstrdup("default");
	return 0;
}

int
table_read(struct settings *settings, const char *path)
{
	struct buf text = BUF_INIT;
	unsigned number = 0;
	int rc = -1;

	if (buf_read_file(&text, path, TABLE_MAX) != 0) {
		fail(PROG_PERMANENT, "could not read table \"%s\": %m", path);
		goto out;
	}
	for (char *rest = text.data, *line;
	    (line = strsep(&rest, "\n")) != NULL;) {
		number++;
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (read_row(settings, line) != 0) {
			fail(PROG_PERMANENT, "cannot read table \"%s\": line "
			    "%u does not have %d fields", path, number,
			    FIELDS);
			goto out;
		}
	}
	rc = 0;
out:
	buf_release(&text);
	return rc;
}

static void
release_item(struct setting *item)
{
	for (char **alias = item->aliases; *alias != NULL; alias++)
		free(*alias);
	free(item->aliases);
	free(item->name);
	free(item->fallback);
	free(item->kind);
	free(item->help);
	free(item->value);
	free(item->origin);
}

void
table_free(struct settings *settings)
{
	for (size_t i = 0; i < settings->count; i++)
		release_item(&settings->items[i]);
	free(settings->items);
}

struct setting *
table_named(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->count; i++) {
		struct setting *item = &settings->items[i];

		if (!item->prefix && strcmp(item->name, name) == 0)
			return item;
	}
	return NULL;
}

static struct setting *
find_exactly(const struct settings *settings, const char *key)
{
	struct setting *item = table_named(settings, key);

	for (size_t i = 0; item == NULL && i < settings->count; i++) {
		for (char **alias = settings->items[i].aliases;
		    *alias != NULL; alias++) {
			if (strcmp(*alias, key) == 0)
				item = &settings->items[i];
		}
	}
	return item;
}

/* A variable that a library knows: a row of its own, so that it is shown. */
static struct setting *
add_passed_on(struct settings *settings, const char *key)
{
	for (size_t i = 0; i < settings->count; i++) {
		if (!settings->items[i].prefix ||
		    !text_starts(key, settings->items[i].name))
			continue;
		struct setting *item = add(settings);
		const struct setting *row = &settings->items[i];

		item->name = xstrdup(key);
		item->kind = xstrdup(row->kind);
		item->secret = row->secret;
		item->aliases = xcalloc(1, sizeof *item->aliases);
		item->help = xstrdup(row->help);
		item->origin = xstrdup("");
		return item;
	}
	return NULL;
}

struct setting *
table_find(struct settings *settings, const char *key, bool *by_file)
{
	struct setting *item = find_exactly(settings, key);

	*by_file = false;
	if (item == NULL && text_ends(key, "_FILE")) {
		char *name = xstrndup(key, strlen(key) - strlen("_FILE"));

		item = find_exactly(settings, name);
		*by_file = item != NULL;
		free(name);
	}
	return item != NULL ? item : add_passed_on(settings, key);
}

/*
 * How many letters must be added, taken away, changed or swapped with their
 * neighbour to make one name the other; limit + 1 when it is more than that.
 */
static unsigned
distance(const char *a, const char *b, unsigned limit)
{
	enum { MAX = 64 };
	unsigned rows[3][MAX + 1];
	size_t m = strlen(a);
	size_t n = strlen(b);

	if (m > MAX || n > MAX || (m > n ? m - n : n - m) > limit)
		return limit + 1;
	for (size_t j = 0; j <= n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned *now = rows[i % 3];
		const unsigned *last = rows[(i + 2) % 3];
		const unsigned *before = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return rows[m % 3][n];
}

const char *
table_nearest(const struct settings *settings, const char *key, unsigned limit)
{
	unsigned best = limit + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *item = &settings->items[i];
		unsigned far = item->prefix ? best :
		    distance(key, item->name, limit);

		if (far < best) {
			best = far;
			nearest = item->name;
		}
		for (char **alias = item->aliases; *alias != NULL; alias++) {
			far = distance(key, *alias, limit);
			if (far < best) {
				best = far;
				nearest = *alias;
			}
		}
	}
	return nearest;
}
