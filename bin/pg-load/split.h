/*
 * split: part a plain SQL dump, as it streams by, into its text and the rows
 * of its COPY blocks. Pure.
 *
 *     SET ...;				text
 *     -- Data for Name: t; ...		comments before a COPY: nobody's
 *     COPY public.t (a, b) FROM stdin;	begin
 *     1\tx				rows
 *     \.				end
 *     SELECT pg_catalog.setval(...);	text
 *
 * What a statement is, copyscan knows: a COPY in a function's body is none.
 * Memory is bounded but for a COPY statement, which is held as a whole.
 */
#ifndef SPLIT_H
#define SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "copyscan.h"
#include "io.h"

/* -1 of any of them stops. */
struct split_events {
	/*
	 * Whole lines. One statement or \command, with the comments before
	 * it: statement is where it begins in data. Of a very long one the
	 * beginning; then the rest, and long comments, with statement NULL.
	 */
	int (*text)(void *context, const char *data, size_t len,
	    const char *statement);
	/* A COPY block: the statement with its \n. */
	int (*begin)(void *context, const char *statement);
	/* The next bytes of its rows, cut anywhere, in which so many end. */
	int (*rows)(void *context, const char *data, size_t len,
	    uint64_t rows);
	int (*end)(void *context);
};

struct split {
	uint64_t line;		/* of the dump, where text or rows begin */
	/* private */
	const struct split_events *events;
	void *context;
	struct copyscan scan;	/* of the text alone */
	struct buf text;	/* not passed on yet */
	uint64_t text_lines;	/* in it */
	size_t line_at;		/* where in it the last line begins */
	size_t statement_at;
	bool in_statement;	/* text holds the beginning of one */
	bool goes_on;		/* one whose beginning was passed on */
	bool line_begins;	/* with the next byte, outside of statements */
	bool in_rows;
	bool in_row;		/* the next byte is not the first of a row */
	unsigned dot;		/* bytes of `\.\n` seen at the row's begin */
};

/* events are borrowed. It must stay where it is until split_release. */
void split_init(struct split *, const struct split_events *, void *context);
void split_release(struct split *);

/* The next bytes. -1: an event said so. Prints nothing. */
int split_feed(struct split *, const void *data, size_t len) MUSTUSE;

/* Pass on what is left. */
int split_end(struct split *) MUSTUSE;

#endif
