/*
 * pg_connect: connections to a PostgreSQL server. Failures are told: exit 111
 * when the server cannot be reached, 100 when it refuses. A stop signal ends
 * the wait.
 */
#ifndef PG_CONNECT_H
#define PG_CONNECT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

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
 * service file are used. NULL: told.
 */
PGconn *pg_connect(const struct pg_options *);

/*
 * End the session and wait until the server has, for 10 s at most: what it
 * held, a lock or a database, is free for whoever comes next. NULL: nothing.
 */
void pg_disconnect(PGconn *);

/* One more connection to the same server, as the same user. NULL: told. */
PGconn *pg_connect_again(PGconn *);

/*
 * The same for one that the caller can do without: when the server has none
 * left, that is NULL with *full set, and not told.
 */
PGconn *pg_connect_more(PGconn *, bool *full);

/*
 * Ask the server to give up what it does for this connection, or for all of
 * these at once. A server that does not answer is not waited for.
 */
void pg_cancel(PGconn *);
void pg_cancel_all(PGconn *const *, size_t count);

#endif
