/* listing.h: all names of a place, small and in order. */
#ifndef LISTING_H
#define LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"
#include "store.h"

struct listed {
	const char *name;	/* behind the place's URL */
	uint64_t size;
	int64_t modified;	/* microseconds since 1970 */
	bool taken;		/* it is the manifest of another one */
};

struct listing {
	char *place;		/* URL with '/' at the end */
	struct listed *items;	/* sorted by name, as strcmp has it */
	size_t count;
	size_t size;
	char **pieces;		/* where the names are */
	size_t piece_count;
	size_t piece_used;
};

/*
 * List all that is below url, but hidden names (a segment with a dot in
 * front) and markers of folders. -1: told.
 */
int listing_read(struct listing *, struct store *, const char *url) MUSTUSE;
void listing_release(struct listing *);

/* The item of this name (len bytes of it and then suffix), or NULL. */
struct listed *listing_find(const struct listing *, const char *name,
    size_t len, const char *suffix);

/*
 * The place of the first item that is not before the name; items that begin
 * with it follow each other from there.
 */
size_t listing_seek(const struct listing *, const char *name);

#endif
