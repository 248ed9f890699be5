/*
 * held: what stands behind the rows of a stream, its post-data and the
 * catalog's archive, kept in memory until the stream is known to be whole.
 */
#ifndef HELD_H
#define HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"
#include "memory_file.h"
#include "pgrestore.h"

struct held {
	int text;		/* -1: none */
	int grants;		/* of it those that set privileges; -1: none */
	uint64_t line;		/* of the dump, where it begins */
	int catalog;		/* -1: none */
};

#define HELD_INIT {.text = -1, .grants = -1, .catalog = -1}

/* The next bytes of text; line is where the first of them stand. -1: told. */
int held_add(struct held *, const void *data, size_t len, uint64_t line)
    MUSTUSE;

/* A dumptrailer_sink for a catalog; context is its file, an int, -1: none. */
int held_take_catalog(void *context, const void *data, size_t len) MUSTUSE;

/* Keep these, of the text that was added, as grants, too. */
int held_add_grant(struct held *, const void *data, size_t len) MUSTUSE;

/*
 * Give one of its files (-1: nothing) back in pieces, and forget it. -1: told,
 * or sink said so.
 */
int held_give(int *file, memory_file_sink *, void *context) MUSTUSE;

/* Whether there is a catalog, and a pg_restore here that reads it. */
bool held_can_restore(const struct held *, const struct pgrestore *);

void held_release(struct held *);

#endif
