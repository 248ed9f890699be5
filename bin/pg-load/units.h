/*
 * units: a dump's rows cut into pieces that connections load one by one. Pure.
 *
 * A unit is either some whole tables that stand one behind the other, with
 * little between them, or a piece of one large table. Pieces are cut at any
 * byte, by this rule: the unit [from, to) has the rows that begin behind its
 * first line end at or behind from, up to the first line end at or behind to;
 * so every row is in exactly one. A row in COPY's text format holds no line
 * end.
 */
#ifndef UNITS_H
#define UNITS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit_table {
	const json_t *json;	/* of the trailer; borrowed */
	uint64_t from, end;	/* of the rows in the data */
	uint64_t rows;
};

struct unit {
	size_t table, tables;	/* the first, how many; 1 of a piece */
	bool piece;		/* of a table */
	uint64_t from, to;	/* whole tables: of all their rows */
};

struct units {
	struct unit_table *tables;	/* in the order of the data */
	size_t table_count;
	struct unit *items;		/* the largest first */
	size_t count;
	uint64_t bytes;			/* of all rows */
};

/*
 * For so many connections; frame_bytes: where to cut costs least. Tables with
 * at most split bytes of rows are not cut: their rows keep their order. tables
 * is a trailer's, which the parser has checked, and is borrowed.
 */
void units_plan(struct units *, const json_t *tables, unsigned jobs,
    uint64_t split, uint32_t frame_bytes);
void units_release(struct units *);

#endif
