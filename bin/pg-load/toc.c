#include "toc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "roles.h"
#include "xalloc.h"

#define MAGIC "PGDMP"
#define TIMES 7			/* integers of the time in the head */
#define FORMAT_CUSTOM 1

struct reader {
	const unsigned char *at, *end;
	unsigned integer, offset;	/* their sizes in bytes */
	unsigned minor;			/* of the version, 1.minor */
	bool broken;
};

static unsigned
take_byte(struct reader *r)
{
	if (r->at == r->end) {
		r->broken = true;
		return 0;
	}
	return *r->at++;
}

static void
skip(struct reader *r, uint64_t n)
{
	if (n > (uint64_t)(r->end - r->at)) {
		r->broken = true;
		n = (uint64_t)(r->end - r->at);
	}
	r->at += n;
}

static int64_t
take_integer(struct reader *r)
{
	bool negative = take_byte(r) != 0;
	int64_t value = 0;

	for (unsigned i = 0; i < r->integer; i++) {
		unsigned byte = take_byte(r);

		if (i < 4)
			value |= (int64_t)byte << (8 * i);
		else if (byte != 0)
			r->broken = true;
	}
	return negative ? -value : value;
}

/* Its length, *text in the archive; a null is -1. */
static int64_t
take_string(struct reader *r, const char **text)
{
	int64_t len = take_integer(r);

	*text = (const char *)r->at;
	if (len < 0)
		return -1;
	skip(r, (uint64_t)len);
	return r->broken ? -1 : len;
}

static void
skip_string(struct reader *r)
{
	const char *text;

	(void)take_string(r, &text);
}

/* NULL is an empty one; what holds a NUL is not as pg_dump writes it. */
static char *
copy_string(struct reader *r)
{
	const char *text;
	int64_t len = take_string(r, &text);

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
take_needs(struct reader *r, struct toc_entry *e)
{
	const char *text;
	int64_t len;

	while ((len = take_string(r, &text)) >= 0 && !r->broken) {
		if ((e->need_count & (e->need_count - 1)) == 0)
			e->needs = xrealloc_array(e->needs, e->need_count == 0
			    ? 1 : 2 * e->need_count, sizeof *e->needs);
		e->needs[e->need_count++] = number_of(text, len);
	}
}

static void
take_entry(struct reader *r, struct toc_entry *e)
{
	int64_t id = take_integer(r);

	if (id < 1)
		r->broken = true;
	e->id = r->broken ? 0 : (uint32_t)id;
	(void)take_integer(r);		/* has data */
	skip_string(r);			/* OIDs */
	skip_string(r);
	e->tag = copy_string(r);
	e->type = copy_string(r);
	(void)take_integer(r);		/* section */
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
		(void)take_integer(r);	/* kind */
	e->owner = copy_string(r);
	skip_string(r);			/* "false": with OIDs */
	take_needs(r, e);
	skip(r, 1 + (uint64_t)r->offset);
}

static const char *
take_head(struct reader *r)
{
	if ((size_t)(r->end - r->at) < sizeof MAGIC - 1 ||
	    memcmp(r->at, MAGIC, sizeof MAGIC - 1) != 0)
		return "it is no archive of pg_dump";
	skip(r, sizeof MAGIC - 1);
	unsigned major = take_byte(r);

	r->minor = take_byte(r);
	(void)take_byte(r);
	if (major != 1 || r->minor < 14 || r->minor > 16)
		return "its version is not one of 1.14 to 1.16";
	r->integer = take_byte(r);
	r->offset = take_byte(r);
	if (r->integer < 1 || r->integer > 8 || r->offset > 8 ||
	    take_byte(r) != FORMAT_CUSTOM)
		return "its head is not that of a custom archive";
	if (r->minor >= 15)
		(void)take_byte(r);
	else
		(void)take_integer(r);
	for (unsigned i = 0; i < TIMES; i++)
		(void)take_integer(r);
	skip_string(r);
	skip_string(r);
	skip_string(r);
	return r->broken ? "it ends within its head" : NULL;
}

int
toc_parse(struct toc *toc, const void *data, size_t len, const char **reason)
{
	struct reader r = {.at = data, .end = (const unsigned char *)data +
	    len};

	*toc = (struct toc){0};
	*reason = take_head(&r);
	if (*reason != NULL)
		return -1;
	int64_t count = take_integer(&r);

	/* Each takes more than that many bytes. */
	if (count < 0 || count > r.end - r.at)
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
