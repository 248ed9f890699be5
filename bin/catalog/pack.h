/*
 * pack.h: many lines that are much alike, kept small and given out in order.
 *
 * Each is deflated against the first one, as a rule to a tenth of its size:
 * a hundred thousand manifests fit into memory, and no disk is needed, for
 * this runs to make room on a full one too.
 */
#ifndef PACK_H
#define PACK_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

#include "buf.h"
#include "io.h"

struct packed {
	int64_t key;		/* order: microseconds since 1970 */
	unsigned char *data;
	uint32_t number;	/* order among equal keys */
	uint32_t len;		/* of data */
	uint32_t text_len;
};

struct pack {
	struct packed *items;
	size_t count;
	size_t size;
	char *dictionary;	/* the first line's beginning */
	size_t dictionary_len;
	z_stream deflate;
	struct buf scratch;
};

#define PACK_INIT {.items = NULL, .scratch = BUF_INIT}

void pack_add(struct pack *, int64_t key, const char *text, size_t len);

/*
 * Write all lines to stdout by their keys, those of equal keys in the order
 * they came in. -1: told, or a lost reader.
 */
int pack_write(struct pack *, bool backwards) MUSTUSE;
void pack_release(struct pack *);

#endif
