/*
 * pg_rows: the rows of COPY ... TO STDOUT from several connections at once,
 * in pieces of any size, without waiting and without holding a row.
 *
 *     pg_rows_send(rows, "COPY a TO STDOUT; COPY b TO STDOUT");
 *     while (pg_rows_busy(rows)) {
 *         poll() for pg_rows_events, unless pg_rows_buffered
 *         n = pg_rows_read(rows, space, size)	calls the events
 *     }
 *
 * A connection without encryption is read from its socket, in pieces as large
 * as they come: libpq reads 16 KB at a time and allocates each row. It is idle
 * for libpq meanwhile, and must not be used otherwise until it is not busy.
 * An encrypted one is read by libpq, which holds one row.
 */
#ifndef PG_ROWS_H
#define PG_ROWS_H

#include <libpq-fe.h>

#include "pg.h"
#include "pg_wire.h"

struct pg_rows {
	PGconn *conn;		/* borrowed */
	/* private */
	struct pg_wire wire;	/* its events, and what an error said */
	const struct pg_wire_events *events;
	void *context;
	bool direct;		/* not by libpq */
	bool lost;		/* the connection broke */
	bool strange;		/* what came is no answer to COPY */
	unsigned pending;	/* queries whose end was not seen */
	struct buf unsent;	/* for the socket; libpq: the next query */
	size_t sent;		/* of it */
	bool copying;		/* by libpq, as all below */
	bool more;		/* it may have rows that poll cannot see */
	char *row;
	size_t row_len, row_at;
};

/* On a connection that is idle. events are called by pg_rows_read alone. */
void pg_rows_init(struct pg_rows *, PGconn *, const struct pg_wire_events *,
    void *context);
void pg_rows_release(struct pg_rows *);

/*
 * One query: statements of which those that give rows are COPY. Two may be
 * under way, the second begins when the first is done. Trouble is told by the
 * next pg_rows_read.
 */
void pg_rows_send(struct pg_rows *, const char *sql);

bool pg_rows_busy(const struct pg_rows *);
short pg_rows_events(const struct pg_rows *);	/* for poll(2) */
bool pg_rows_buffered(const struct pg_rows *);	/* do not wait in poll(2) */

/*
 * Read what is there into space. Returns how many bytes of rows that gave, 0
 * too; -1 when the server refused or is gone: pg_rows_fail says why.
 */
ssize_t pg_rows_read(struct pg_rows *, char *space, size_t size) MUSTUSE;

/* As pg_fail, for what pg_rows_read met. Returns -1. */
int pg_rows_fail(struct pg_rows *, const char *what);

/* The SQLSTATE of that, or "". */
const char *pg_rows_state(const struct pg_rows *);

#endif
