/*
 * leaveout: a plain SQL dump without what its target does not take: owners or
 * privileges. Pure.
 *
 * What pg_dump writes for them is left out: ALTER ... OWNER TO name; and
 * GRANT, REVOKE, ALTER DEFAULT PRIVILEGES, with the SET SESSION AUTHORIZATION
 * of a grantor; and always SET transaction_timeout, which pg_dump 17 writes and
 * older servers refuse. Lines that go stand empty, for the numbers in psql's
 * messages.
 *
 * Of its drops, those of constraints may find that the constraint is a
 * partition's, which the server drops with its parent's alone, and pg_dump
 * writes nevertheless: with spare_drops that is no error.
 */
#ifndef LEAVEOUT_H
#define LEAVEOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"
#include "split.h"

/*
 * Whether a statement, with its \n, is one of those; NUL stands behind it or
 * behind what follows it.
 */
bool leaveout_drops(const char *statement, size_t len, bool owners,
    bool privileges);

/* Append the line ends of data. */
void leaveout_add_lines(struct buf *, const char *data, size_t len);

struct leaveout {
	/* set by the caller after leaveout_init */
	int (*sink)(void *context, const void *data, size_t len);
	void *context;
	bool owners, privileges;	/* what to leave out */
	bool spare_drops;
	/* private */
	struct split split;
	uint64_t lines;		/* passed on */
};

/* It must stay where it is until leaveout_release. */
void leaveout_init(struct leaveout *);
void leaveout_release(struct leaveout *);

/* The next bytes. -1: the sink said so. */
int leaveout_feed(struct leaveout *, const void *data, size_t len) MUSTUSE;

/* Pass on what is left. */
int leaveout_end(struct leaveout *) MUSTUSE;

#endif
