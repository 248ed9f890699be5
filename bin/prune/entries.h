/* entries.h: what prune keeps of a catalog's lines. */
#ifndef ENTRIES_H
#define ENTRIES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"
#include "retention.h"

enum entry_state {
	ENTRY_IGNORED,		/* never anything but looked at */
	ENTRY_BACKUP,
	ENTRY_DEBRIS,
};

/*
 * A hundred thousand of these must fit: the URLs are one piece of memory,
 * and those that begin like the object's hold only what follows.
 */
struct entry {
	char *urls;		/* object, manifest, records; see entries.c */
	const char *why;	/* ignored: why; static */
	uint32_t item;		/* ENTRY_BACKUP: place in items */
	uint8_t state;		/* enum entry_state */
	int64_t modified;	/* ENTRY_DEBRIS: microseconds since 1970 */
};

struct entries {
	struct entry *list;
	size_t count;
	size_t size;
	struct retention_item *items;	/* of the backups */
	size_t item_count;
	size_t item_size;
	char **series;			/* kind and name of each */
	size_t series_count;
};

/*
 * Take one line of a catalog. series: NULL, or the one that counts. number
 * stands in messages. -1: told.
 */
int entries_add(struct entries *, const json_t *line, const char *series,
    unsigned long number) MUSTUSE;
void entries_release(struct entries *);

/* The object's URL; and all URLs in the order to delete, as a new array. */
const char *entry_url(const struct entry *);
json_t *entry_urls(const struct entry *);

#endif
