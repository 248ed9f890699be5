/*
 * unpack: a custom archive, as it streams by, through pg_restore to psql.
 *
 * A pg_restore of version 17 or newer begins with SET transaction_timeout,
 * which older servers refuse: for them, and when it drops what is there, its
 * text passes through leaveout.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include <libpq-fe.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "child.h"
#include "io.h"
#include "leaveout.h"
#include "psql.h"

struct unpack_setup {
	PGconn *conn;		/* for the server's version */
	const char *bin_dir;	/* or NULL */
	int archive_major;	/* PostgreSQL that can read the archive */
	bool drops;		/* what is there, first */
	bool no_owners, no_privileges;
};

struct unpack {
	int in;			/* -1: it takes no more */
	/* private */
	struct child child;
	struct psql *psql;
	int text;		/* what it writes, for leaveout */
	struct leaveout leaveout;
	pthread_t thread;
	bool sieves, broke;
};

#define UNPACK_INIT {.in = -1, .child = CHILD_INIT, .text = -1}

/* psql runs, and nobody else writes to it until unpack_end. -1: told. */
int unpack_start(struct unpack *, const struct unpack_setup *, struct psql *)
    MUSTUSE;

/* -1: errno is EPIPE when it reads no more: see unpack_end. */
int unpack_write(struct unpack *, const void *data, size_t len) MUSTUSE;

/*
 * It gets no more. 0: it had all that it wants, and psql was given all of it;
 * else not told: -1 stopped, or psql takes no more, 1 it cannot read the
 * archive.
 */
int unpack_end(struct unpack *) MUSTUSE;

/* Whether unpack_end is still to come. */
bool unpack_runs(const struct unpack *);

/* For clean-up; says nothing. psql was killed, or ends by itself. */
void unpack_kill(struct unpack *);

#endif
