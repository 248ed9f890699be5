/*
 * psql: the child that a dump's text is fed to.
 *
 * It stops at the first error. What it says goes out as our warnings, with
 * the failed statement, and its SQLSTATE decides whether a retry may help.
 */
#ifndef PSQL_H
#define PSQL_H

#include <libpq-fe.h>
#include <pthread.h>
#include <stdint.h>

#include "child.h"
#include "io.h"

struct psql {
	struct child child;
	int in;			/* write the text here */
	int err;		/* hand it to whoever writes to in */
	int64_t line_offset;	/* add it to the lines that it names */
	char sqlstate[6];	/* of the first error, when it has ended; "" */
	/* private */
	int said;		/* the end of err that is read */
	bool listening;
	pthread_t listener;
};

#define PSQL_INIT {.child = CHILD_INIT, .in = -1, .err = -1, .said = -1}

/*
 * Start it, connected as conn is; in_transaction: with AUTOCOMMIT off.
 * bin_dir: see pg_child. -1: told.
 */
int psql_start(struct psql *, PGconn *conn, const char *bin_dir,
    bool in_transaction) MUSTUSE;

/* All of data. -1: it went away (psql_finish knows why), or we must stop. */
int psql_write(struct psql *, const void *data, size_t len) MUSTUSE;

/* End its input and wait. 0: it ran all of it. Else told. */
int psql_finish(struct psql *) MUSTUSE;

/* End it before its input ends. What it said so far has been told. */
void psql_kill(struct psql *);

/* Whether it still reads what is written. */
bool psql_is_running(const struct psql *);

#endif
