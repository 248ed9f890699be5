/*
 * snapshot: one consistent state of a database, held by the transaction of a
 * leading connection and exported for others. Failures are told.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "io.h"
#include "pg_connect.h"

struct snapshot_options {
	bool deferrable;	/* one without serialization anomalies */
	uint64_t lock_timeout;	/* seconds, for a table's lock */
};

#define SNAPSHOT_OPTIONS_INIT {.lock_timeout = 300}

/* The rows of these in a program's option table. */
#define SNAPSHOT_OPTION_ROWS(options) \
	{"deferrable", 0, OPT_FLAG, &(options).deferrable, NULL, \
	    "wait for a snapshot without serialization anomalies", 0, 0}, \
	{"lock-wait-timeout", 0, OPT_DURATION, &(options).lock_timeout, \
	    "DURATION", "give up waiting for a table's lock (default 5m)", \
	    1, 86400}

struct snapshot {
	const char *encoding;	/* of what comes; NULL: the database's own */
	const char *settings;	/* more SQL for each session, or NULL */
	/* after snapshot_begin: */
	PGconn *conn;		/* the leader's */
	PGconn *spare;		/* prepared, of use to anybody, or NULL */
	char *name;		/* as exported */
	bool standby;
	json_t *facts;		/* texts by name */
};

/*
 * Connect, with the settings under which pg_dump reads, begin the transaction
 * (deferrable: wait for one without serialization anomalies), export the
 * snapshot, ask what is there. A pooler of transactions is refused.
 */
int snapshot_begin(struct snapshot *, const struct pg_options *,
    bool deferrable) MUSTUSE;
void snapshot_release(struct snapshot *);

/* One more connection to the same server; NULL: told. It stays spare. */
PGconn *snapshot_spare(struct snapshot *);
void snapshot_drop_spare(struct snapshot *);

/*
 * The spare connection or one more, in a transaction that reads the snapshot.
 * 0; 1: the server has none left, not told; -1: told. The caller ends *conn
 * (NULL: nothing) with pg_disconnect.
 */
int snapshot_join(struct snapshot *, PGconn **conn) MUSTUSE;

/* The same settings for another connection. */
int snapshot_prepare(const struct snapshot *, PGconn *) MUSTUSE;

/*
 * {"database","encoding","collate","ctype","server_version"}, "provider" and
 * "icu_locale" where they are set. The caller frees it.
 */
json_t *snapshot_describe(const struct snapshot *);

/* "database_size_bytes" and "snapshot":{"lsn","time"}. */
void snapshot_add_report(const struct snapshot *, json_t *report);

#endif
