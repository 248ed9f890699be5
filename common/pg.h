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

/* Where to connect; NULL: libpq's environment, then its defaults. */
struct pg_options {
	const char *dbname;	/* a name, "k=v ..." or "postgresql://..." */
	const char *host;
	const char *port;
	const char *username;
};

/* The rows of these in a program's option table. */
#define PG_OPTION_ROWS(options) \
	{"dbname", 'd', OPT_STRING, &(options).dbname, "NAME", \
	    "database name or libpq connection string", 0, 0}, \
	{"host", 'h', OPT_STRING, &(options).host, "HOST", \
	    "server's host or socket directory", 0, 0}, \
	{"port", 'p', OPT_STRING, &(options).port, "PORT", \
	    "server's port", 0, 0}, \
	{"username", 'U', OPT_STRING, &(options).username, "NAME", \
	    "user to connect as", 0, 0}

/*
 * Connect. Never asks for a password: libpq's environment, password file and
 * service file are used. NULL: told. pg_disconnect(NULL) does nothing.
 */
PGconn *pg_connect(const struct pg_options *);
void pg_disconnect(PGconn *);

/* One more connection to the same server, as the same user. NULL: told. */
PGconn *pg_connect_again(PGconn *);

/*
 * One statement; params are texts ("$1", ...), may be NULL when count is 0.
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

/*
 * From here on no stop signal ends a call: for what a program has to undo
 * before it dies of one. Failures are told again, too.
 */
void pg_ignore_stop(void);

/* Ask the server to give up what it does for this connection. */
void pg_cancel(PGconn *);

/*
 * Say that what failed and why: the result's error, or the connection's when
 * it is NULL. Returns -1 with the exit code remembered.
 */
int pg_fail(PGconn *, const PGresult *, const char *what);

/* PROG_TEMPORARY or PROG_PERMANENT for an SQLSTATE ("" or NULL: none). */
int pg_exit_code(const char *sqlstate);

/* Append foreign message text as one line, without its last full stops. */
void pg_add_message(struct buf *, const char *text);

/* Append text as an SQL identifier or literal, quoted for this connection. */
void pg_add_identifier(PGconn *, struct buf *, const char *text);
void pg_add_literal(PGconn *, struct buf *, const char *text);

#endif
