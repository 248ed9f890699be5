/* The parts of verify. */
#ifndef VERIFY_H
#define VERIFY_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "child.h"
#include "copyscan.h"
#include "digest.h"
#include "dumptrailer.h"
#include "gzread.h"
#include "io.h"
#include "jsonscan.h"
#include "progress.h"

/* What was found out, and the first thing that is wrong. */
struct findings {
	char reason[512];	/* "": nothing is wrong so far */
	bool rows_known;	/* row_count and tables are what was counted */
	uint64_t row_count, tables;
	json_t *listed;		/* --describe: the tables; NULL: not known */
	json_t *fields;		/* --describe: what the dump says of itself */
};

/* Remember why the backup is bad, unless something was wrong before. */
void findings_bad(struct findings *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --- tables.c: the rows that were found against those that must be --- */

struct tables {
	struct findings *findings;
	const json_t *wanted;	/* of the manifest or trailer; NULL: describe */
	size_t next;		/* of wanted, when they have their places */
	json_t *found;		/* describe: array; by name: object of counts */
	bool by_name;		/* wanted has no places in the stream */
	bool odd_names;		/* not UTF-8: by_name cannot find them */
	uint64_t rows, count;	/* of all COPY blocks */
};

void tables_init(struct tables *, struct findings *, const json_t *wanted,
    bool describe);
void tables_release(struct tables *);
int tables_seen(void *tables, const struct copyscan_block *);	/* 0 */

/* The end: what is missing? */
void tables_finish(struct tables *);

/* --- sql.c: a plain dump --- */

#define SQL_TAIL_SIZE 4096	/* bytes; a stock dump's closing lines */

struct sql {
	struct findings *findings;
	const json_t *manifest;		/* NULL: describe */
	struct copyscan scan;
	struct tables tables;
	struct dumptrailer_parser parser;
	bool is_ours;			/* line 1 says so */
	bool cluster;			/* pg_dumpall's */
	bool has_database;		/* with one of a database, or more */
	char tail[SQL_TAIL_SIZE];
	size_t tail_len;
	uint64_t size;
};

#define SQL_DATABASE_DUMP "-- PostgreSQL database dump\n"
#define SQL_CLUSTER_DUMP "-- PostgreSQL database cluster dump\n"

void sql_begin(struct sql *, struct findings *, const json_t *manifest,
    const char *head);
void sql_feed(struct sql *, const void *data, size_t len);
void sql_finish(struct sql *);
void sql_release(struct sql *);

/* --- archive.c: what pg_dump -Fc writes --- */

struct archive {
	struct findings *findings;
	struct child child;	/* pg_restore; pid -1: it does not run */
	char *program;
	const char *argv[8];
	int in, out;		/* our ends of its pipes */
	bool running, reads;	/* it runs; it still takes bytes */
	bool failed;		/* its output could not be read */
	pthread_t thread;	/* reads its output into scan */
	struct copyscan scan;
	struct tables tables;
};

/* -1: told. Without a fitting pg_restore only the head is looked at. */
int archive_begin(struct archive *, struct findings *, const json_t *manifest,
    const void *head, size_t len) MUSTUSE;
int archive_feed(struct archive *, const void *data, size_t len) MUSTUSE;
int archive_finish(struct archive *) MUSTUSE;
void archive_release(struct archive *);

/* --- json.c: what pg-json writes, or others do alike --- */

struct json {
	struct findings *findings;
	const json_t *manifest;		/* NULL: describe */
	bool lines;			/* ndjson */
	bool broken;			/* it was told */
	struct jsonscan scan;
	json_t *found;			/* by key: from, rows, bytes */
	uint64_t total;			/* rows of all */
	/* The table whose rows come now. */
	bool has_table;
	struct buf key;
	char name[JSONSCAN_TEXT_MAX];	/* the same, as it is written */
	size_t name_len;
	uint64_t from, rows, bytes;
	/* ndjson: the line. */
	uint64_t line_from;
	int member, members;
};

void json_begin(struct json *, struct findings *, const json_t *manifest,
    bool lines);
void json_feed(struct json *, const void *data, size_t len);
void json_finish(struct json *);
void json_release(struct json *);

/* --- content.c: what is inside, whatever it is --- */

#define CONTENT_HEAD_SIZE 4096	/* bytes by which it is told */

struct content {
	struct findings *findings;
	const json_t *manifest;		/* NULL: describe */
	enum content_format {
		CONTENT_UNDECIDED,
		CONTENT_UNKNOWN,
		CONTENT_SQL,
		CONTENT_CUSTOM,
		CONTENT_JSON,
		CONTENT_NDJSON,
	} format;
	struct buf head;
	uint64_t size;
	struct sql sql;
	struct archive archive;
	struct json json;
};

void content_init(struct content *, struct findings *, const json_t *manifest);
int content_feed(struct content *, const void *data, size_t len) MUSTUSE;
int content_finish(struct content *) MUSTUSE;
void content_release(struct content *);

/* --- container.c: the bytes as stored, and the gzip around the content --- */

#define HEAD_SIZE 32	/* bytes that tell the container */

struct input {			/* the bytes as stored */
	unsigned char head[HEAD_SIZE];
	size_t head_len, head_at;
	uint64_t size;
	struct digest *digest;	/* NULL: not wanted */
	struct progress progress;
};

struct check {
	bool structure;		/* look inside */
	unsigned jobs;
	json_t *manifest;	/* NULL: describe */
	struct findings findings;
	struct input input;
	struct content content;
	const char *compression, *encryption;
	struct gzread_result gzip;
	bool looked_inside;
	char sha256[DIGEST_HEX_SIZE];
};

/* All of stdin. -1: told; damage is in check->findings. */
int container_read(struct check *) MUSTUSE;

#endif
