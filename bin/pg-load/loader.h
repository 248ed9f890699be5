/*
 * loader: a stream of ours into a database, its rows by several connections.
 *
 *     pre-data		psql
 *     COPY blocks	deal's connections
 *     rest of data	psql (large objects, sequences, extensions' tables)
 *     post-data	held back; when the dump is known to be whole,
 *			pg_restore --jobs of the catalog that stands behind it,
 *			or psql
 *
 * Text that stands behind rows waits for all of them, and rows for all text
 * before them; comments and empty lines do not count. Each psql goes on with
 * what the dump has set before. Every failure is told.
 */
#ifndef LOADER_H
#define LOADER_H

#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "deal.h"
#include "io.h"

struct loader_setup {
	PGconn *conn;		/* psql and the others connect as this does */
	const char *bin_dir;	/* of psql and pg_restore, or NULL */
	const char *role;	/* owner of what is made; NULL: the user */
	const char *encoding;	/* of the stream */
	bool owners, privileges;	/* with those of the dump */
	unsigned jobs;
	uint64_t split;		/* see deal.h */
	bool freeze;
};

struct loader;

/* setup is borrowed. */
struct loader *loader_new(const struct loader_setup *);
void loader_free(struct loader *);

/* The next bytes of the stream. -1: told or stopped. */
int loader_feed(struct loader *, const void *data, size_t len) MUSTUSE;

/* The catalog's bytes: a dumptrailer_sink; context is the loader. */
int loader_take_catalog(void *context, const void *data, size_t len) MUSTUSE;

/*
 * For poll(2) while no input comes; loader_broke says whether the result is
 * that something failed meanwhile (it is told).
 */
#define LOADER_FDS 2
void loader_poll(const struct loader *, struct pollfd fds[LOADER_FDS]);
bool loader_broke(struct loader *, const struct pollfd fds[LOADER_FDS]);

/* The stream is whole: do what is left of it. */
int loader_finish(struct loader *) MUSTUSE;

/* The SQLSTATE of the first error, or "". */
void loader_sqlstate(struct loader *, char sqlstate[6]);

#endif
