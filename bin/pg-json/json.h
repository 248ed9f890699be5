/* The parts of pg-json: who does what, in the order of a run. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "approve.h"
#include "copyjson.h"
#include "opt.h"
#include "output.h"
#include "pg.h"
#include "pg_text.h"
#include "snapshot.h"
#include "table.h"

struct settings {
	struct pg_options server;
	struct approve_options complete;
	struct snapshot_options snapshot;
	const char *tables_file;
	bool lines;			/* ndjson */
	uint64_t jobs;			/* connections that read rows */
	uint64_t memory;		/* bytes for rows; 0: by jobs */
	struct opt_list tables, not_tables;
};

/*
 * A table as its reader knows it: one by itself, or a partitioned one, whose
 * rows are those of its partitions.
 */
struct group {
	unsigned oid;
	char *schema, *name;	/* UTF-8 */
	char *key;		/* name, or schema.name if ambiguous */
	char *columns;		/* quoted, for the server: "a, b" */
	bool generated;		/* it has such columns */
	struct copyjson_column *items;
	size_t count;
	size_t parts;		/* of json.tables, that come one by one */
	uint64_t rows, bytes, from;
};

struct json {
	const struct settings *settings;
	struct timespec started;
	struct snapshot snapshot;
	PGconn *conn;		/* the snapshot's */
	json_t *report;
	struct opt_list patterns;	/* of the tables that are asked for */
	struct group *groups;	/* by schema and name, bytewise */
	size_t group_count;
	struct table *tables;	/* that are read, group by group */
	size_t count;
	uint64_t row_count;
};

/* patterns.c: what was asked for; each must be there. */
int patterns_read(struct json *) MUSTUSE;
int patterns_check(struct json *) MUSTUSE;
void patterns_release(struct json *);

/* choose.c: the tables, and whether the role may read them. */
int tables_choose(struct json *) MUSTUSE;
/* How large they are, under their locks. */
int tables_measure(struct json *) MUSTUSE;

/* columns.c: names and types; keys of the tables. */
int columns_describe(struct json *) MUSTUSE;
int keys_make(struct json *) MUSTUSE;

/* rows.c: the stream. */
int rows_write(struct json *) MUSTUSE;

void groups_add_report(struct json *);
void groups_release(struct json *);

#endif
