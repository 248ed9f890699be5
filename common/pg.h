/*
 * pg: talk to a PostgreSQL server. Every function that fails has said why:
 * exit 111 when a retry may help (server away, killed, lock time-out, no
 * memory there), 100 otherwise (refused, missing, denied, bad SQL).
 *
 * Nothing blocks a stop signal for long: while the server works, a stop ends
 * the call with -1 or NULL after asking the server to cancel.
 */
#ifndef PG_H
#define PG_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"
#include "pg_connect.h"
#include "pg_error.h"

/*
 * One statement; params are texts ("$1", ...). With params NULL and count 0 it
 * may be several.
 * what completes "could not ..." in a message: "read the list of tables".
 * The caller frees the result with PQclear. NULL: told.
 */
PGresult *pg_query(PGconn *, const char *what, const char *sql, int count,
    const char *const *params);

/*
 * The same, but a statement that the server refused is for the caller to look
 * at (pg_worked, PQresultErrorField, pg_fail). NULL: the connection broke or
 * a stop signal came; told.
 */
PGresult *pg_try(PGconn *, const char *what, const char *sql, int count,
    const char *const *params);
bool pg_worked(const PGresult *);

/* Statements (several are fine) whose rows are of no interest. */
int pg_run(PGconn *, const char *what, const char *sql) MUSTUSE;

/*
 * COPY ... TO STDOUT. After pg_copy_begin, pg_copy_row gives one row at a
 * time: its length with *row to be freed by PQfreemem; 0 at the end, when
 * *rows is what the server's command tag says; -1: told.
 */
int pg_copy_begin(PGconn *, const char *what, const char *sql) MUSTUSE;
ssize_t pg_copy_row(PGconn *, const char *what, char **row, uint64_t *rows)
	MUSTUSE;

/* Append text as an SQL identifier or literal, quoted for this connection. */
void pg_add_identifier(PGconn *, struct buf *, const char *text);
void pg_add_literal(PGconn *, struct buf *, const char *text);

#endif
