/*
 * feed: the dump on standard input goes to psql (an archive by way of
 * pg_restore), or a stream of ours to a loader, and is judged by its end.
 */
#ifndef FEED_H
#define FEED_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "io.h"
#include "stream.h"

struct feed_target {
	PGconn *conn;		/* psql connects as this does */
	const char *bin_dir;	/* of psql and pg_restore, or NULL */
	const char *role;	/* owner of what is made; NULL: the user */
	unsigned jobs;		/* connections for the rows of our stream */
	uint64_t split;		/* see deal.h */
	bool freeze;
	bool in_transaction;	/* all or nothing, checked before its end */
	bool no_owners, no_privileges;	/* leave out the dump's */
	bool progress;
	const json_t *manifest;	/* or NULL */
};

struct feed_result {
	json_t *tables;		/* with their rows; NULL: not known */
	char sqlstate[6];	/* of the first error that was met, or "" */
};

/*
 * Feed all of it to the database. 0 only after its end was seen to be the
 * right one, its writer finished, and manifest (if any) agreed. -1: told, or
 * stopped.
 */
int feed_stream(struct stream *, const struct feed_target *,
    struct feed_result *) MUSTUSE;

#endif
