/*
 * rowcopy: the rows of tables in a snapshot, in one fixed order, read over
 * several connections ahead of their turn, as far as memory allows; counted
 * twice: by the server's command tags and by the lines that passed.
 *
 * Rows are those of COPY's text format, a line each. The same data gives the
 * same bytes for any number of connections.
 */
#ifndef ROWCOPY_H
#define ROWCOPY_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"
#include "table.h"

/* What is done with a table; -1 ends it all, told. */
struct rowcopy_events {
	int (*begin)(void *context, struct table *);	/* before its rows */
	/*
	 * Some bytes of them, cut anywhere. NULL: they go to the output as
	 * they are.
	 */
	int (*rows)(void *context, struct table *, const char *data,
	    size_t len);
	/* Behind them; rows and bytes are counted. */
	int (*end)(void *context, struct table *);
};

struct rowcopy {
	struct snapshot *snapshot;
	struct table *tables;	/* in this order */
	size_t count;
	uint64_t jobs;		/* connections */
	uint64_t memory;	/* bytes that may wait for their turn */
	const struct rowcopy_events *events;
	void *context;
	uint64_t row_count;	/* that passed */
};

/* The output has begun, and the leader has a lock on each table. */
int rowcopy_run(struct rowcopy *) MUSTUSE;

/* For memory, by default. */
uint64_t rowcopy_memory(uint64_t jobs);

#endif
