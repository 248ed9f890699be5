/*
 * rows: the rows of an object's tables into a database where they are, empty,
 * by several connections at once, each with a reader of its own.
 */
#ifndef ROWS_H
#define ROWS_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "io.h"
#include "object.h"

struct rows_target {
	const json_t *tables;	/* of the trailer: all, or some of them */
	PGconn *conn;		/* like whose the connections are; idle */
	const char *role;	/* whom the tables belong to; NULL: the user */
	unsigned jobs;		/* connections */
	uint64_t split;		/* see units.h */
	bool freeze;		/* see rowload.h */
	bool progress;
	unsigned got;		/* set: connections that were to be had */
};

/*
 * 0: each byte of each of these tables' rows went in once, and as many rows as
 * the trailer says, by our count and by the server's. -1: told, or stopped;
 * sqlstate of the first error, or "".
 */
int rows_load(struct object *, struct rows_target *, char sqlstate[6])
    MUSTUSE;

#endif
