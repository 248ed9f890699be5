/*
 * ranged: a new database out of an object that is read by ranges.
 *
 *     pg_restore --section=pre-data	of the catalog's archive
 *     rows				by several connections at once
 *     large objects			as the stream has them, by psql
 *     pg_restore --section=data --section=post-data --jobs=N
 */
#ifndef RANGED_H
#define RANGED_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>

#include "io.h"
#include "object.h"

struct ranged_target {
	PGconn *conn;		/* to the new, empty database */
	const char *bin_dir;	/* of psql and pg_restore, or NULL */
	const char *role;	/* owner of what is made; NULL: the user */
	const json_t *tables;	/* of the object's trailer: all, or some */
	int use_list;		/* of their entries; 0: all there are */
	unsigned jobs;
	uint64_t split;		/* see units.h */
	bool owners, privileges;	/* with those of the dump */
	bool freeze, progress;
};

/*
 * Whether the manifest is of this object, by what can be told without reading
 * all of it: sizes, frames, tables and their rows. Not its SHA-256. No
 * manifest: yes. -1: told.
 */
int ranged_check_manifest(const struct object *, const json_t *manifest)
    MUSTUSE;

/* -1: told; sqlstate of the first error, or "". */
int ranged_load(struct object *, const struct ranged_target *,
    char sqlstate[6]) MUSTUSE;

#endif
