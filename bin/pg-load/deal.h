/*
 * deal: rows of COPY blocks, as they arrive, to several connections at once.
 *
 * One thread puts them in; they travel in chunks, cut at a row's end, and
 * whoever of the connections is idle takes the next chunk. The first `split`
 * bytes of a table go to one connection, in order, what follows to all of them,
 * each with a COPY of its own. A table that fits into one chunk is known to be
 * loaded whole by one connection. A row longer than a chunk goes on in the
 * next, to the same connection.
 *
 * Memory is DEAL_MEMORY at most, whatever the rows and jobs. The writer waits
 * when all chunks are full. Every count is compared with the server's.
 *
 * The first error stops all; it is told, the rest fails in silence.
 */
#ifndef DEAL_H
#define DEAL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"

#define DEAL_MEMORY ((size_t)20 * 1024 * 1024)	/* bytes */

struct deal_setup {
	PGconn *like;		/* see rowload_setup, as for the next three */
	const char *role;
	const char *encoding;
	bool freeze;
	unsigned jobs;		/* connections, 1 or more */
	uint64_t split;		/* bytes of a table that keep their order */
};

struct deal;

/*
 * Connect. Fewer than jobs, with a warning, when the server has no more.
 * NULL: told.
 */
struct deal *deal_new(const struct deal_setup *);

/* Ends the sessions, also in the middle of their work. NULL: nothing. */
void deal_free(struct deal *);

/* A block begins, with this statement of the dump. -1: told or stopped. */
int deal_begin(struct deal *, const char *statement) MUSTUSE;

/*
 * The next bytes of its rows, cut anywhere, in which so many rows end.
 */
int deal_put(struct deal *, const char *data, size_t len, uint64_t rows)
    MUSTUSE;

/* The block ends. */
int deal_end(struct deal *) MUSTUSE;

/* Wait until all rows are in the tables, and committed. */
int deal_wait(struct deal *) MUSTUSE;

/* Readable when it has failed: for poll(2). */
int deal_failed_fd(const struct deal *);

/* Connections that it has. */
unsigned deal_jobs(const struct deal *);

/* The SQLSTATE of the first error, or "". */
void deal_sqlstate(struct deal *, char sqlstate[6]);

#endif
