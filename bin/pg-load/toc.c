#include "toc.h"

#include <stdlib.h>
#include <string.h>

#include "pgarchive.h"
#include "roles.h"
#include "xalloc.h"

static void
skip_string(struct pgarchive *r)
{
	const char *text;

	(void)pgarchive_string(r, &text);
}

/* NULL is an empty one; what holds a NUL is not as pg_dump writes it. */
static char *
copy_string(struct pgarchive *r)
{
	const char *text;
	int64_t len = pgarchive_string(r, &text);

	if (len > 0 && memchr(text, '\0', (size_t)len) != NULL)
		r->broken = true;
	return xstrndup(text, len < 0 ? 0 : (size_t)len);
}

/* 0 for what is no number; every id is 1 or more. */
static uint32_t
number_of(const char *text, int64_t len)
{
	uint64_t value = 0;

	for (int64_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || value > UINT32_MAX)
			return 0;
		value = 10 * value + (uint64_t)(text[i] - '0');
	}
	return value > UINT32_MAX ? 0 : (uint32_t)value;
}

static void
take_needs(struct pgarchive *r, struct toc_entry *e)
{
	const char *text;
	int64_t len;

	while ((len = pgarchive_string(r, &text)) >= 0 && !r->broken) {
		if ((e->need_count & (e->need_count - 1)) == 0)
			e->needs = xrealloc_array(e->needs, e->need_count == 0
			    ? 1 : 2 * e->need_count, sizeof *e->needs);
		e->needs[e->need_count++] = number_of(text, len);
	}
}

static void
take_entry(struct pgarchive *r, struct toc_entry *e)
{
	int64_t id = pgarchive_integer(r);

	if (id < 1)
		r->broken = true;
	e->id = r->broken ? 0 : (uint32_t)id;
	(void)pgarchive_integer(r);		/* has data */
	skip_string(r);			/* OIDs */
	skip_string(r);
	e->tag = copy_string(r);
	e->type = copy_string(r);
	(void)pgarchive_integer(r);		/* section */
	if (roles_in_type(e->type))
		e->commands = copy_string(r);
	else
		skip_string(r);		/* commands */
	skip_string(r);
	skip_string(r);
	e->schema = copy_string(r);
	e->tablespace = copy_string(r);
	skip_string(r);			/* access method */
	if (r->minor >= 16)
		(void)pgarchive_integer(r);	/* kind */
	e->owner = copy_string(r);
	skip_string(r);			/* "false": with OIDs */
	take_needs(r, e);
	pgarchive_skip(r, 1 + (uint64_t)r->offset);
}

static const char *
take_head(struct pgarchive *a, const void *data, size_t len)
{
	if (pgarchive_begin(a, data, len) != 0)
		return a->format == 0 ? "it is no archive of pg_dump" :
		    "it ends within its head";
	if (a->major != 1 || a->minor < 14 || a->minor > 16)
		return "its version is not one of 1.14 to 1.16";
	if (a->format != PGARCHIVE_CUSTOM)
		return "its head is not that of a custom archive";
	skip_string(a);
	skip_string(a);
	skip_string(a);
	return a->broken ? "it ends within its head" : NULL;
}

int
toc_parse(struct toc *toc, const void *data, size_t len, const char **reason)
{
	struct pgarchive r;

	*toc = (struct toc){0};
	*reason = take_head(&r, data, len);
	if (*reason != NULL)
		return -1;
	int64_t count = pgarchive_integer(&r);

	/* Each takes more than that many bytes. */
	if (count < 0 || (uint64_t)count > pgarchive_left(&r))
		r.broken = true;
	if (!r.broken)
		toc->entries = xcalloc((size_t)count + 1,
		    sizeof *toc->entries);
	while (!r.broken && toc->count < (size_t)count)
		take_entry(&r, &toc->entries[toc->count++]);
	if (!r.broken)
		return 0;
	toc_release(toc);
	*reason = "its table of contents is damaged";
	return -1;
}

void
toc_release(struct toc *toc)
{
	for (size_t i = 0; i < toc->count; i++) {
		free(toc->entries[i].type);
		free(toc->entries[i].schema);
		free(toc->entries[i].tag);
		free(toc->entries[i].owner);
		free(toc->entries[i].tablespace);
		free(toc->entries[i].commands);
		free(toc->entries[i].needs);
	}
	free(toc->entries);
	*toc = (struct toc){0};
}
