/*
 * targets.h: one upload to several URLs. One that fails is left behind with a
 * message of its own; the whole fails when fewer than need are left.
 */
#ifndef TARGETS_H
#define TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#include "io.h"
#include "store.h"

struct target {
	const char *url;
	struct store *store;
	struct store_put *put;	/* NULL: not begun, failed, or committed */
	bool ok;		/* it is published */
	struct store_object object;
};

struct targets {
	struct target *items;	/* url is set by the caller */
	size_t count;
	size_t need;		/* 1 to count */
};

/* Each: 0, or -1 when too few are left or a signal came; told. */
int targets_begin(struct targets *, const struct store_options *) MUSTUSE;
int targets_write(struct targets *, const void *data, size_t len) MUSTUSE;
int targets_commit(struct targets *) MUSTUSE;

/* Too few hold it: the name must be free again for the next try. */
void targets_undo(struct targets *);
void targets_release(struct targets *);

#endif
