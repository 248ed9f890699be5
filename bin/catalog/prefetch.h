/*
 * prefetch.h: manifests, and the metadata of objects without one, read ahead
 * by several threads, so that a store far away does not cost a round trip for
 * each.
 *
 * The reader asks for them in the order of the listing, and may leave some
 * out. Memory: PREFETCH_BYTES, or one manifest if that is larger.
 */
#ifndef PREFETCH_H
#define PREFETCH_H

#include <stddef.h>

#include "buf.h"
#include "io.h"
#include "listing.h"
#include "store.h"

struct prefetch;

/*
 * Begin to read, with so many threads, what looks like the manifest of an
 * object: <object>.json; where there is none, whose the object is. Both are
 * borrowed until prefetch_free. NULL: told.
 */
struct prefetch *prefetch_new(const struct store *, const struct listing *,
    size_t max, unsigned threads);
void prefetch_free(struct prefetch *);

/*
 * Hand over the text of item, if it is one of those. As store_find_bytes: 1,
 * text is set; 0: it is gone; -1: told. -2: it was never asked for here.
 */
int prefetch_take(struct prefetch *, const struct listed *item,
    struct buf *text) MUSTUSE;

/* The same for the metadata of an object, as owner_find. */
int prefetch_take_owner(struct prefetch *, const struct listed *item,
    struct buf *run_id) MUSTUSE;

#endif
