/*
 * table: one whose rows are read, as snapshot, locks and rowcopy know it. Texts
 * that go to the server are in the encoding of the session.
 */
#ifndef TABLE_H
#define TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct table {
	unsigned oid;
	bool selected;
	char *schema, *name;	/* UTF-8, for JSON and messages */
	uint64_t rows, bytes;	/* rowcopy: what came */
	uint64_t from;		/* offset in the output */
	json_t *root;		/* {"schema","name"} or NULL */
	char *relation;		/* quoted, for the server */
	char *head;		/* of its block in the output, to the rows */
	char *columns;		/* quoted, "a, b"; may be empty */
	bool select;		/* COPY alone does not give all of these */
	bool ranges;		/* a heap that can be read by block ranges */
	uint64_t blocks;	/* of the heap */
	uint64_t size;		/* bytes on disk, with TOAST */
	/* a condition for its rows, or NULL: all of them */
	const char *where;	/* UTF-8, as it was given; borrowed */
	char *where_sql;	/* in the server's encoding */
};

/* Free what it holds. */
void table_release(struct table *);

#endif
