/*
 * copyjson_value: what a value of COPY's text becomes in JSON: the bytes of
 * strings, and short values as a whole. Pure; part of copyjson.
 */
#ifndef COPYJSON_VALUE_H
#define COPYJSON_VALUE_H

#include <stddef.h>

#include "utf8.h"

/* What a value becomes; NULL is null, and all that does not fit a string. */
enum copyjson_kind {
	COPYJSON_TEXT,		/* a string */
	COPYJSON_NUMBER,	/* 12, -1.5e+20; NaN and Infinity: strings */
	COPYJSON_BOOLEAN,	/* t, f */
	COPYJSON_JSON,		/* as it is; its line breaks become blanks */
	COPYJSON_TIMESTAMP,	/* "2024-01-15T12:00:00" for a blank there */
	COPYJSON_TIMESTAMPTZ,	/* and "+00:00" for "+00" */
	COPYJSON_TIMETZ,	/* "12:00:00+00:00" */
};

#define COPYJSON_SHORT 64	/* bytes; what is longer is a string */
/* Bytes that a short value becomes at most. */
#define COPYJSON_SHORT_OUT ((size_t)COPYJSON_SHORT * 6 + 16)

/* A byte of a string, at most 6 bytes of out. Returns what is behind them. */
char *copyjson_add_byte(char *out, unsigned char byte);

/*
 * A value that has ended. Returns what is behind it; NULL: it is no UTF-8.
 * The other one begins a string of which more will come.
 */
char *copyjson_add_short(char *out, enum copyjson_kind, const char *text,
    size_t len);
char *copyjson_begin_long(char *out, struct utf8 *, const char *text,
    size_t len);

#endif
