/*
 * copyjson: rows of COPY's text format as JSON objects, in pieces of any
 * size; no value is held, whatever its length. Pure.
 *
 *     1\tit's\t\N\n    {"id":1,"name":"it's","at":null}
 *
 * Server texts are UTF-8; what comes out is valid JSON (RFC 8259) on one line
 * a row, or an error. Bytes that are no UTF-8 are one.
 */
#ifndef COPYJSON_H
#define COPYJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "copyjson_value.h"
#include "io.h"

struct copyjson_column {
	char *before;		/* `"id":`, `,"name":` */
	size_t len;		/* of it */
	enum copyjson_kind kind;
};

struct copyjson {
	/* by the caller; borrowed */
	const struct copyjson_column *columns;
	size_t count;
	const char *first, *next;	/* before the first row, the others */
	const char *close;		/* behind each */
	/* for the caller */
	size_t room;		/* bytes; the least that copyjson_take needs */
	uint64_t rows;
	const char *why;	/* of an error */
	/* private */
	enum {
		COPYJSON_AT_ROW,
		COPYJSON_AT_VALUE,	/* at its first byte */
		COPYJSON_AT_ESCAPE,	/* that was a backslash */
		COPYJSON_IN_NULL,	/* behind \N */
		COPYJSON_IN_TEXT,
		COPYJSON_IN_ESCAPE,	/* behind a backslash of a string */
		COPYJSON_IN_JSON,
		COPYJSON_IN_JSON_ESCAPE,
		COPYJSON_IN_SHORT,
	} state;
	size_t column;
	struct utf8 utf8;
	size_t short_len;
	char short_value[COPYJSON_SHORT];
};

/* After the caller's members were set. */
void copyjson_begin(struct copyjson *);

/*
 * Convert bytes from *data on, which is moved, until end, or until less than
 * room is left of size. Returns how many bytes are in out; -1: the input
 * is none that PostgreSQL sends for these columns (why).
 */
ssize_t copyjson_take(struct copyjson *, const char **data, const char *end,
    char *out, size_t size) MUSTUSE;

/* Whether the last row has ended. */
bool copyjson_is_whole(const struct copyjson *);

#endif
