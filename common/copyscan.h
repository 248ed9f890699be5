/*
 * copyscan: find the COPY blocks of a plain SQL dump as it streams by. Pure.
 *
 *     COPY public.t (a, b) FROM stdin;\n	statement
 *     1\tx\n					rows: from, bytes, rows
 *     \.\n					end of data
 *
 * It reads the text as psql does: strings (also E''), quoted names, dollar
 * quotes, comments and parentheses are skipped, so a COPY inside a function's
 * body is none, and backslash commands take a line. Memory is constant.
 */
#ifndef COPYSCAN_H
#define COPYSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"

#define COPYSCAN_STATEMENT_MAX 1024	/* bytes kept of a statement's start */
#define COPYSCAN_TAG_MAX 64		/* bytes of a dollar quote's tag */

struct copyscan_block {
	const char *schema;	/* "" when the statement and no SET names one */
	const char *name;
	uint64_t from;		/* stream offset of the first row */
	uint64_t bytes;		/* of the rows, each with its \n */
	uint64_t rows;
};

/* A block that ended with its `\.` line. -1 stops the scan (told). */
typedef int copyscan_seen(void *context, const struct copyscan_block *);

struct copyscan {
	/* set by the caller after copyscan_init; NULL: only check */
	copyscan_seen *seen;
	void *context;
	bool inserts;		/* rows came as INSERT: they are not counted */
	/* private */
	enum copyscan_state {
		COPYSCAN_SQL,
		COPYSCAN_STRING,	/* '...' */
		COPYSCAN_ESCAPES,	/* E'...', a backslash escapes */
		COPYSCAN_ESCAPED,	/* the byte behind that backslash */
		COPYSCAN_NAME,		/* "..." */
		COPYSCAN_TAG,		/* $... until the second $ */
		COPYSCAN_DOLLAR,	/* $tag$...$tag$ */
		COPYSCAN_LINE_COMMENT,
		COPYSCAN_COMMENT,	/* may be nested */
		COPYSCAN_COMMAND,	/* \... to the end of the line */
		COPYSCAN_DATA_LINE,	/* behind COPY ... FROM stdin; */
		COPYSCAN_DATA,		/* at the first byte of a row or `\.` */
		COPYSCAN_ROW,		/* inside a row */
		COPYSCAN_DOT,		/* behind a row's first byte, a `\` */
		COPYSCAN_DOT_END,	/* behind `\.` */
	} state;
	uint64_t offset;	/* of the next byte */
	unsigned comment_depth, paren_depth;
	unsigned char last;	/* the byte before, or 0 */
	bool escapes_ended;	/* the byte before closed an E'' string */
	bool from_stdin;	/* ... FROM stdin was seen, unquoted */
	char word[16];		/* the unquoted word being read, lower case */
	size_t word_len;
	char before[16];	/* the word before it */
	char tag[COPYSCAN_TAG_MAX];
	size_t tag_len, tag_match;
	struct buf statement;	/* its first bytes, without comments */
	struct buf schema, name, path;	/* of the block; of SET search_path */
	uint64_t from, rows;
};

void copyscan_init(struct copyscan *);
void copyscan_release(struct copyscan *);

/* The next bytes, in pieces of any size. -1 only when seen returned that. */
int copyscan_feed(struct copyscan *, const void *data, size_t len) MUSTUSE;

/*
 * Whether the next byte belongs to the SQL itself: not to a row, a string, a
 * comment or a function's body.
 */
bool copyscan_is_outside(const struct copyscan *);

/*
 * The stream ended. NULL: outside of everything; else in what it ended ("it
 * ends inside the rows of a table").
 */
const char *copyscan_finish(const struct copyscan *);

#endif
