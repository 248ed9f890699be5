/* import: one backup out of an archive into a store. */
#ifndef IMPORT_H
#define IMPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "store.h"

struct import;

/* 1..len bytes of the object, or -1: told (also when there are none left). */
typedef ssize_t import_reader(void *context, void *data, size_t len);

/*
 * Begin with the manifest, entry name (below base, ends in MANIFEST_SUFFIX),
 * whose bytes are taken over. It is checked, and so is what the store has of
 * this name: something different is a failure. store and base are borrowed.
 * NULL: told.
 */
struct import *import_begin(struct store *, const char *base,
    const char *name, struct buf *bytes);

/* The object's name below base. */
const char *import_name(const struct import *);

/* Whether its object must come next. NULL wants none. */
bool import_wants_object(const struct import *);

/*
 * Take the object's entry: publish it, once its bytes are found to be those
 * of the manifest, or compare what the store has. It may not read them all.
 */
int import_object(struct import *, const char *name, uint64_t size,
    import_reader *, void *context) MUSTUSE;

/* Take a record's entry. */
int import_record(struct import *, const char *name, const struct buf *)
	MUSTUSE;

/* Publish the manifest, and tell so by a JSON line on stdout. */
int import_commit(struct import *) MUSTUSE;

/* Delete what was published before import_commit. NULL is fine. */
void import_undo(struct import *);
void import_free(struct import *);

#endif
