/*
 * pick: what of a catalog has to be restored for one table. Pure, but for the
 * question whether something is there already.
 *
 * With the table come its defaults, constraints, indexes, triggers, rules,
 * policies, statistics, comments, privileges, the sequences that it owns with
 * their values, its partitions, and its schema. with_needs: all that these
 * refer to, and of tables among that the same, with their rows.
 *
 * A foreign key to a table that neither comes nor is there is left out.
 */
#ifndef PICK_H
#define PICK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "io.h"
#include "toc.h"

struct pick_there {
	/* 1: it is there, 0: not, -1: told. NULL: nothing is. */
	int (*ask)(void *context, const struct toc_entry *);
	void *context;
};

struct pick {
	size_t table;		/* the entry that was named */
	bool *chosen;		/* of each of the toc's entries */
	json_t *tables;		/* those of the trailer that are chosen */
	json_t *left_out;	/* strings: "foreign key t c" */
};

/*
 * name is NAME or SCHEMA.NAME, as they are, not quoted. tables is a trailer's.
 * -1: told.
 */
int pick_table(struct pick *, const struct toc *, const json_t *tables,
    const char *name, bool with_needs, const struct pick_there *) MUSTUSE;
void pick_release(struct pick *);

/* Whether name means this table. */
bool pick_is_named(const char *name, const char *schema, const char *table);

/* Append what --use-list of pg_restore reads. */
void pick_add_list(struct buf *, const struct toc *, const struct pick *);

#endif
