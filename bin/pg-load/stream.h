/*
 * stream: a dump on standard input, told apart, fed to a database, and judged
 * by its end.
 */
#ifndef STREAM_H
#define STREAM_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"

enum stream_format {
	STREAM_OURS,		/* plain SQL that describes itself */
	STREAM_FOREIGN,		/* plain SQL with pg_dump's closing comment */
	STREAM_CUSTOM,		/* pg_dump's custom archive */
};

struct stream {
	enum stream_format format;
	json_t *header;		/* of STREAM_OURS, else NULL */
	uint64_t bytes;		/* read so far */
	/* private */
	struct buf head;	/* read to tell the format, not fed yet */
	int archive_major;	/* PostgreSQL that can read the archive */
};

#define STREAM_INIT {.head = BUF_INIT}

struct stream_target {
	PGconn *conn;		/* psql connects as this does */
	const char *bin_dir;	/* of psql and pg_restore, or NULL */
	const char *role;	/* owner of what is made; NULL: the user */
	bool in_transaction;	/* all or nothing, checked before its end */
	bool progress;
	const json_t *manifest;	/* or NULL */
};

struct stream_result {
	json_t *tables;		/* with their rows; NULL: not known */
	uint64_t table_count, row_count;	/* without tables: COPY's */
	bool counted;		/* the two are known */
};

/* "sql" or "custom" */
const char *stream_format_name(const struct stream *);

/*
 * Read the first bytes. Plain SQL that does not describe itself is refused
 * unless foreign. -1: told.
 */
int stream_open(struct stream *, bool foreign) MUSTUSE;
void stream_release(struct stream *);

/*
 * Feed all of it to the database. 0 only after its end was seen to be the
 * right one, its writer finished, and manifest (if any) agreed. -1: told, or
 * stopped.
 */
int stream_feed(struct stream *, const struct stream_target *,
    struct stream_result *) MUSTUSE;

#endif
