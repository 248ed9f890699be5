/* The parts of pg-stream: who does what, in the order of a run. */
#ifndef STREAM_H
#define STREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "approve.h"
#include "buf.h"
#include "digest.h"
#include "opt.h"
#include "output.h"
#include "pg.h"
#include "pg_child.h"
#include "pg_text.h"
#include "snapshot.h"
#include "table.h"

struct settings {
	struct pg_options server;
	const char *bin_dir;		/* NULL: looked for */
	struct approve_options complete;
	struct snapshot_options snapshot;
	const char *compress;		/* custom only; NULL: pg_dump's own */
	bool custom;
	bool catalog;			/* sql: the archive in the trailer */
	bool clean, owner, privileges;	/* sql */
	uint64_t jobs;			/* connections that read rows */
	uint64_t memory;		/* bytes for rows; 0: by jobs */
	struct opt_list tables, not_tables, schemas, not_schemas;
	struct opt_list not_rows;	/* tables without their rows */
	bool schema_only, data_only;
	struct opt_list where;		/* "table:condition" */
};

struct stream {
	const struct settings *settings;
	struct timespec started;
	struct snapshot snapshot;
	PGconn *conn;			/* the snapshot's */
	const char **environment;	/* for pg_dump and pg_restore */
	char *pg_dump, *pg_restore;	/* paths */
	bool keyed;			/* pg_restore knows --restrict-key */
	json_t *header;			/* of the stream's line 1 */
	json_t *report;
	struct table *tables;		/* by schema and name, bytewise */
	size_t count;
	struct buf patterns;		/* of their rows, 0-terminated each */
	size_t pattern_count;
	int archive;			/* pg_dump -Fc in memory, no rows */
	char archive_sha256[DIGEST_HEX_SIZE];
	char *restrict_option;		/* NULL: pg_restore has none */
	uint64_t row_count;
};

/* session.c: the snapshot, what is there. */
int session_begin(struct stream *) MUSTUSE;
/* What pg_dump and pg_restore are, once pg_dump runs. */
int session_check_programs(struct stream *) MUSTUSE;

/* rights.c: whether the role may read all that will be asked for. */
int rights_check(struct stream *) MUSTUSE;

/* tables.c: what could be copied, what pg_dump takes of it, locks. */
int tables_list(struct stream *) MUSTUSE;
int tables_select(struct stream *, int toc) MUSTUSE;	/* a pg_restore -l */
/* patterns.c: those that stay without rows are selected no more. */
int tables_exclude_rows(struct stream *) MUSTUSE;
/* Calls take for each table that matches, or whose partitioned root does. */
int tables_match(struct stream *, const char *pattern,
    void (*take)(struct table *, void *context), void *context) MUSTUSE;
/* order.c: for --data-only, each behind those that its foreign keys name. */
int tables_order(struct stream *) MUSTUSE;
/* filter.c: --where, checked by the server. */
int tables_filter(struct stream *) MUSTUSE;
void tables_add_report(struct stream *);
json_t *tables_json(const struct stream *, const struct table *);
void tables_release(struct stream *);

/* archive.c: pg_dump and pg_restore as children. */
enum archive_kind { ARCHIVE_CATALOG, ARCHIVE_SCHEMA };
int archive_make(struct stream *, enum archive_kind) MUSTUSE;
struct arguments {
	const char **items;	/* NULL-terminated */
	size_t count;
};
void arguments_add(struct arguments *, const char *item);
/* The options of any pg_dump here: snapshot, encoding, lock time-out. */
void arguments_add_dump(struct arguments *, const struct stream *);
/* --table, --schema and their opposites, as they were given. */
void arguments_add_selection(struct arguments *, const struct stream *);
void arguments_release(struct arguments *);
/*
 * pg_restore of the archive: its contents, or its text by these options.
 * archive_end gives a file to read, or -1. Several may run at once.
 */
struct restoring {
	struct pg_child child;
	struct arguments arguments;
	int in, out;
};
#define RESTORING_INIT {.child = PG_CHILD_INIT, .in = -1, .out = -1}
int archive_start_list(struct stream *, struct restoring *) MUSTUSE;
int archive_start_text(struct stream *, struct restoring *,
    const char *const *options) MUSTUSE;
int archive_end(struct restoring *) MUSTUSE;
void archive_release(struct restoring *);
/* Start it; the end of the pipe to read from, or -1. */
int dump_to_pipe(struct stream *, const struct arguments *,
    struct pg_child *) MUSTUSE;

/* describe.c: how each table is read and written, in the snapshot. */
int tables_describe(struct stream *) MUSTUSE;

/* sql.c, rows.c, blobs.c: the sql stream. custom.c: the custom one. */
int sql_stream(struct stream *) MUSTUSE;
int rows_stream(struct stream *) MUSTUSE;
uint64_t rows_memory(const struct settings *);	/* bytes for rows */
int blobs_present(struct stream *, bool *there) MUSTUSE;
int blobs_drop(struct stream *) MUSTUSE;
int blobs_stream(struct stream *, const struct buf *head,
    const struct buf *foot) MUSTUSE;
int custom_stream(struct stream *) MUSTUSE;

#endif
