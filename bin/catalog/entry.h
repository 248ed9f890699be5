/* entry.h: what an object of a store is. */
#ifndef ENTRY_H
#define ENTRY_H

#include <stddef.h>

#include "buf.h"
#include "io.h"
#include "listing.h"
#include "pack.h"
#include "prefetch.h"
#include "store.h"

#define CATALOG_MANIFEST_MAX ((size_t)64 * 1024 * 1024)	/* bytes */

struct catalog {
	struct store *store;
	struct listing listing;
	struct prefetch *prefetch;	/* NULL: none */
	struct pack pack;	/* lines made so far */
	struct buf text;	/* of the manifest read last */
};

/*
 * Find out what item is, by its manifest, records and metadata, and pack a
 * line for it; none when it belongs to another item. -1: told.
 */
int entry_examine(struct catalog *, struct listed *item) MUSTUSE;

#endif
