/*
 * swap: rename databases that are in use.
 *
 * All renames are one transaction. Its first step locks the database against
 * new sessions (they wait at their start until it ends; a superuser's too) and
 * then waits some seconds for the sessions in it to end, which a second
 * connection sees to. Nothing that was committed has to be undone when it
 * fails, or when we are killed: the sessions can come back at once.
 */
#ifndef SWAP_H
#define SWAP_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"

struct swap_step {
	const char *from, *to;
};

/*
 * first: statements for the same transaction, or "". helper is a connection
 * of its own, to another database than those. timeout is in seconds; the
 * server itself waits 5 s a try. 0 done, -1 told or stopped.
 */
int swap_databases(PGconn *conn, PGconn *helper, const char *first,
    const struct swap_step *, size_t count, uint64_t timeout) MUSTUSE;

#endif
