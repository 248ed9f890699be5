/* pg_error: what errors of the server and of libpq mean, and how we say it. */
#ifndef PG_ERROR_H
#define PG_ERROR_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "buf.h"
#include "io.h"

/*
 * Say that what failed and why: the result's error, or the connection's when
 * it is NULL. what completes "could not ..." or "cannot ...": "read the list
 * of tables". Returns -1 with the exit code remembered; after a stop signal
 * nothing is said.
 */
int pg_fail(PGconn *, const PGresult *, const char *what);

/* The same for the parts of an error; detail may be NULL. */
int pg_fail_fields(const char *sqlstate, const char *primary,
    const char *detail, const char *what);

/* The hint that belongs to a message of the server, if there is one. */
void pg_hint(const char *message);

/* PROG_TEMPORARY or PROG_PERMANENT for an SQLSTATE ("" or NULL: none). */
int pg_exit_code(const char *sqlstate);

/* Append foreign message text as one line, without its last full stops. */
void pg_add_message(struct buf *, const char *text);

/* Whether a stop signal came that is to end what is being done. */
bool pg_must_stop(void);

/*
 * From here on no stop signal ends a call: for what a program has to undo
 * before it dies of one. Failures are told again, too.
 */
void pg_ignore_stop(void);

#endif
