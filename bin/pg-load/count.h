/*
 * count: hold a database's rows against what a dump says it has.
 *
 * A list of tables is a JSON array of {"schema","name","rows"[,"root"]}, as in
 * a stream's trailer or a manifest. Tables that were loaded through a
 * partition root are held against it by the sum of all tables of that root.
 * A partitioned table in the list, and a table that an extension made, may
 * have more rows than the dump brought.
 */
#ifndef COUNT_H
#define COUNT_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"

/* The sum of all rows. */
uint64_t count_rows(const json_t *tables);

/* Whether each entry has a schema, a name and rows. */
bool count_list_is_whole(const json_t *tables);

/* Whether two lists say the same. -1: told, exit 100, naming a table. */
int count_agree(const json_t *trailer, const json_t *manifest) MUSTUSE;

/*
 * The statements that count: each raises an exception unless all of its tables
 * have their rows. tables is borrowed.
 */
struct count {
	/* private */
	json_t *tables, *roots;
	size_t next;
	void *root;
};

void count_init(struct count *, const json_t *tables);
void count_release(struct count *);

/* Append the next one; false: there is none. conn is for quoting alone. */
bool count_add_check(struct count *, struct buf *, PGconn *conn);

/* All of them. */
void count_add_checks(struct buf *, PGconn *, const json_t *tables);

#endif
