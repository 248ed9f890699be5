/*
 * restore: one restore, and what stands before and after it.
 */
#ifndef RESTORE_H
#define RESTORE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "buf.h"
#include "choice.h"
#include "feed.h"
#include "io.h"
#include "load.h"
#include "object.h"
#include "stream.h"

struct restore {
	struct load *load;
	struct stream stream;
	struct object object;	/* when load->url names one */
	struct choice choice;	/* of it, with load->table */
	struct feed_result result;
	const char *name;	/* what the new database will be called */
	PGresult *target;	/* what there is now; no row: nothing */
	PGresult *final;	/* the same of name, unless that is target */
	struct buf restoring;	/* the half-restored database, or "" */
	struct buf old;		/* what the target was renamed to, or "" */
};

bool restore_target_exists(const struct restore *);

/* before.c. Failures are told. */

/* Whether the manifest is of this stream, as far as its first line tells. */
int restore_check_manifest(struct restore *) MUSTUSE;
/* Fill target and final; name must be free where it has to be. */
int restore_look(struct restore *) MUSTUSE;
/* Rights that the end needs are asked for before the beginning. */
int restore_check_rights(struct restore *) MUSTUSE;
/*
 * Who is to own what the dump makes; NULL: we, or the owners that it sets.
 * Where it names none, all would belong to us; whoever uses the database must
 * still be able to.
 */
const char *restore_role(const struct restore *);

/* fill.c. Failures are told. */

/* The object at load->url, as if it had been read as a stream. */
int restore_open_object(struct restore *) MUSTUSE;
/* Feed the dump to conn's database. */
int restore_feed(struct restore *, PGconn *conn, const char *role,
    bool in_transaction) MUSTUSE;
/* Fill the new database, count its rows, collect its statistics. */
int restore_fill_new(struct restore *) MUSTUSE;

/* analyze.c: unless --no-analyze. */
int restore_analyze(struct restore *, PGconn *) MUSTUSE;

/* after.c: the report, and what people should know. */
int restore_write_report(struct restore *) MUSTUSE;
void restore_tell_done(const struct restore *);

#endif
