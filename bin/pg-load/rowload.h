/*
 * rowload: rows of a dump into a database, over one connection.
 *
 *     rl = rowload_open(&setup)
 *     rowload_begin(rl, "COPY public.t (id, name) FROM stdin;", true)
 *     rowload_put(rl, data, len)	the rows as they stand in the dump,
 *     ...				without the closing `\.`, in pieces
 *     rowload_end(rl, &rows)		cut anywhere
 *     rowload_begin(rl, ...)		the next table
 *     rowload_close(rl)
 *
 * Several of them may fill the same table at once, each with rows of its own.
 * A rowload belongs to one thread at a time. Nothing blocks for long: a stop
 * signal, or a true stop, ends every call with -1 in silence.
 *
 * The first of those that share a stop to fail says why, and makes it true:
 * exit 111 when a retry may help, 100 otherwise, by the SQLSTATE. The message
 * names the table, the statement and, in the server's words, the line of this
 * COPY. After a failure only rowload_sqlstate and rowload_close may follow.
 */
#ifndef ROWLOAD_H
#define ROWLOAD_H

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"

struct rowload_setup {
	PGconn *like;		/* the same server, database and user */
	const char *role;	/* SET ROLE; NULL: the user */
	const char *encoding;	/* of the rows and statements: "UTF8" */
	bool freeze;		/* COPY FREEZE where it can be had */
	atomic_bool *stop;	/* shared, borrowed */
};

struct rowload;

/*
 * One more connection, for rows. setup is used during the call alone, but for
 * stop; like must be idle. NULL: told; or, with full not NULL, *full is set
 * and nothing told: the server has no connection left.
 */
struct rowload *rowload_open(const struct rowload_setup *, bool *full);

/* Ends the session, also in the middle of a COPY. NULL: nothing. */
void rowload_close(struct rowload *);

/*
 * statement is the dump's own COPY line, with or without its \n.
 *
 * whole: this connection alone fills the table, from its beginning to its end.
 * Then the rows are frozen, in a transaction that nobody else can see into:
 * BEGIN; TRUNCATE ONLY t; COPY t ... WITH (FREEZE). A table that is not empty
 * (an extension's), partitioned, foreign or with a storage of its own gets
 * its rows without that.
 */
int rowload_begin(struct rowload *, const char *statement, bool whole)
    MUSTUSE;

/* Of no bytes: whether the server still takes them, while there are none. */
int rowload_put(struct rowload *, const void *data, size_t len) MUSTUSE;

/* The table's, or this connection's share of its, rows by the command tag. */
int rowload_end(struct rowload *, uint64_t *rows) MUSTUSE;

/* The table of the last statement, as it stands there: "public.t". */
const char *rowload_relation(const struct rowload *);

/* The SQLSTATE of its error, or "". */
const char *rowload_sqlstate(const struct rowload *);

#endif
