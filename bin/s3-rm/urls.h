/* urls.h: what to delete, in order, each a URL that can be. */
#ifndef URLS_H
#define URLS_H

#include <stdbool.h>
#include <stddef.h>

#include "io.h"

struct urls {
	char **items;
	bool *first;		/* items[i] begins a line of a plan */
	size_t count;
	size_t size;
};

/*
 * Take a copy of an operand: an object's URL or, with `place`, one of many
 * objects. -1: told.
 */
int urls_add(struct urls *, const char *url, bool place) MUSTUSE;

/*
 * Read standard input to its end: one URL a line, or JSON lines of prune's.
 * A list that is cut, or holds anything else, is refused whole: -1, told.
 */
int urls_read(struct urls *, bool plan) MUSTUSE;
void urls_release(struct urls *);

#endif
