/*
 * choice: what --table means for an object and a database.
 */
#ifndef CHOICE_H
#define CHOICE_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>

#include "io.h"
#include "object.h"
#include "pick.h"
#include "toc.h"

struct choice {
	struct toc toc;
	struct pick pick;
	int list;		/* for pg_restore's --use-list; 0: none */
};

/* The table of contents of an object's catalog. -1: told. */
int choice_read_toc(struct toc *, const struct object *) MUSTUSE;

/*
 * conn: to the database that it goes into, where some of it may be already;
 * NULL: a new one. -1: told.
 */
int choice_make(struct choice *, const struct object *, PGconn *conn,
    const char *table, bool with_needs) MUSTUSE;
void choice_release(struct choice *);

/*
 * Into this database, in one transaction: nothing is there before the end of
 * it, when the rows were counted. -1: told; sqlstate of the first error.
 */
struct choice_target {
	PGconn *conn;
	const char *bin_dir, *role;
	bool owners, privileges, freeze;
};

int choice_load(const struct choice *, struct object *,
    const struct choice_target *, char sqlstate[6]) MUSTUSE;

#endif
