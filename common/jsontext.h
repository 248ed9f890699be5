/*
 * jsontext: what JSON (RFC 8259) is made of, byte by byte. Pure.
 */
#ifndef JSONTEXT_H
#define JSONTEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Where a number stands. */
enum jsontext_number {
	JSONTEXT_NONE,		/* the byte is none of it */
	JSONTEXT_START,
	JSONTEXT_MINUS,
	JSONTEXT_ZERO,
	JSONTEXT_WHOLE,
	JSONTEXT_POINT,
	JSONTEXT_FRACTION,
	JSONTEXT_EXPONENT,
	JSONTEXT_EXPONENT_SIGN,
	JSONTEXT_EXPONENT_DIGITS,
};

enum jsontext_number jsontext_number_next(enum jsontext_number, char byte);

/* Whether it may end there. */
bool jsontext_number_may_end(enum jsontext_number);

/*
 * How many bytes from data on, a multiple of 8, are ASCII and stand for
 * themselves in a string. There may be more.
 */
size_t jsontext_plain(const char *data, size_t len);

#endif
