/*
 * dumptrailer: the lines by which an sql stream describes itself. Pure.
 *
 *     -- pgbackpipe sql 1 {"database":...}		line 1 of the stream
 *     ... a stock dump: statements and COPY blocks ...
 *     -- pgbackpipe table {"schema":...,"name":...,"rows":3,"bytes":61,
 *         "from":1234}					one line a table
 *     -- pgbackpipe catalog {"bytes":N,"sha256":HEX}	may be missing
 *     -- BASE64					76 digits a line
 *     -- pgbackpipe end {"tables":1,"row_count":3,"bytes":N,
 *         "large_objects":{"from":N,"bytes":N}}
 *
 * From the first table line to the end line this is the trailer. rows and
 * bytes are those of the rows (without the closing `\.`), from is the offset
 * of the first row's first byte in the stream; in the end line, bytes is the
 * offset of the trailer itself. docs/FORMATS.md has all of it.
 *
 * Rows and function bodies may hold lines that look like these. The parser
 * believes a trailer only if it ends the stream, everything from its first
 * line on parses, its totals are right, and "bytes" is where it begins.
 */
#ifndef DUMPTRAILER_H
#define DUMPTRAILER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "io.h"

#define DUMPTRAILER_LINE_MAX ((size_t)16 * 1024)	/* bytes, with \n */
#define DUMPTRAILER_TABLES_MAX ((size_t)128 * 1024 * 1024) /* of their lines */
#define DUMPTRAILER_CATALOG_MAX ((uint64_t)1024 * 1024 * 1024) /* bytes */
#define DUMPTRAILER_BASE64_STEP 57	/* archive bytes in one line */

/* --- Building. Each appends whole lines. --- */

void dumptrailer_add_header(struct buf *, const json_t *header);
void dumptrailer_add_table(struct buf *, const json_t *table);
void dumptrailer_add_catalog(struct buf *, uint64_t bytes,
    const char *sha256_hex);
/* len: a multiple of DUMPTRAILER_BASE64_STEP in all calls but the last. */
void dumptrailer_add_base64(struct buf *, const void *data, size_t len);

/* Where a part of the stream is; bytes 0: there is none. */
struct dumptrailer_range {
	uint64_t from, bytes;
};

/* objects: the text of the large objects; NULL: not told. */
void dumptrailer_add_end(struct buf *, uint64_t tables, uint64_t row_count,
    uint64_t bytes, const struct dumptrailer_range *objects);

/* --- Parsing. --- */

/*
 * Takes the catalog archive's bytes as they pass; len 0 means that all bytes
 * given so far were none of it (they only looked so): drop them. -1 stops.
 */
typedef int dumptrailer_sink(void *context, const void *data, size_t len);

struct dumptrailer {		/* what a stream said of itself */
	json_t *header;		/* of line 1; NULL: there was no such line */
	json_t *tables;		/* array, in stream order */
	uint64_t row_count;	/* of all tables */
	uint64_t bytes;		/* stream offset of the trailer */
	uint64_t total_bytes;	/* the stream's length */
	uint64_t catalog_bytes;	/* 0: it has no catalog archive */
	bool objects_known;	/* older streams do not tell of them */
	struct dumptrailer_range objects;	/* text of large objects */
};

struct dumptrailer_parser {
	/* set by the caller after dumptrailer_init; NULL: only check it */
	dumptrailer_sink *sink;
	void *context;
	/* private */
	enum dumptrailer_state {
		DUMPTRAILER_OUTSIDE,	/* the dump's own text */
		DUMPTRAILER_TABLES,
		DUMPTRAILER_CATALOG,
		DUMPTRAILER_END,
	} state;
	uint64_t offset;	/* of the next byte */
	uint64_t line_offset;	/* of the line that it belongs to */
	uint64_t start;		/* of the trailer, if it is one */
	bool in_line;		/* in a line that is none of ours */
	bool failed;		/* the sink refused */
	const char *reason;	/* why the last look-alike was none */
	struct buf line;	/* the line so far */
	struct buf tables;	/* the table lines' JSON, one a line */
	struct buf bytes;	/* decoded base64 of one line */
	uint64_t table_count, row_count;
	uint64_t rows_end;	/* where the last table's rows end */
	uint64_t catalog_bytes, catalog_left;
	bool objects_known;
	struct dumptrailer_range objects;
	char sha256[DIGEST_HEX_SIZE];	/* as the catalog line says */
	struct digest *digest;	/* of the catalog so far */
	json_t *header;
};

/*
 * Begin at a stream offset, which must be that of a line's first byte: 0 for
 * a whole stream, or what dumptrailer_find says for one read from its tail.
 */
void dumptrailer_init(struct dumptrailer_parser *, uint64_t offset);
void dumptrailer_release(struct dumptrailer_parser *);

/*
 * The next bytes of the stream, in pieces of any size. Memory is bounded by
 * DUMPTRAILER_LINE_MAX and _TABLES_MAX whatever passes. -1 only when the sink
 * returned that.
 */
int dumptrailer_feed(struct dumptrailer_parser *, const void *data,
    size_t len) MUSTUSE;

/*
 * The stream ended. 0: result is filled (dumptrailer_result_release frees
 * it). -1: no trailer; *reason says why in a few words ("it has no closing
 * line"). Prints nothing.
 */
int dumptrailer_finish(struct dumptrailer_parser *, struct dumptrailer *result,
    const char **reason) MUSTUSE;
void dumptrailer_result_release(struct dumptrailer *);

/*
 * Read the stream's offset of the trailer out of its last bytes (at least one
 * whole line, DUMPTRAILER_LINE_MAX is enough). -1: they do not end in an end
 * line. The trailer itself is still to be fed and checked.
 */
int dumptrailer_find(const char *tail, size_t len, uint64_t *bytes) MUSTUSE;

#endif
