#include "jsontext.h"

#include <stdint.h>
#include <string.h>

#define EIGHT(byte) ((uint64_t)(byte) * UINT64_C(0x0101010101010101))

enum jsontext_number
jsontext_number_next(enum jsontext_number state, char byte)
{
	bool digit = byte >= '0' && byte <= '9';
	bool exponent = byte == 'e' || byte == 'E';

	switch (state) {
	case JSONTEXT_START:
		if (byte == '-')
			return JSONTEXT_MINUS;
		/* fall through */
	case JSONTEXT_MINUS:
		if (byte == '0')
			return JSONTEXT_ZERO;
		return digit ? JSONTEXT_WHOLE : JSONTEXT_NONE;
	case JSONTEXT_ZERO:
	case JSONTEXT_WHOLE:
		if (digit && state == JSONTEXT_WHOLE)
			return state;
		if (byte == '.')
			return JSONTEXT_POINT;
		return exponent ? JSONTEXT_EXPONENT : JSONTEXT_NONE;
	case JSONTEXT_POINT:
		return digit ? JSONTEXT_FRACTION : JSONTEXT_NONE;
	case JSONTEXT_FRACTION:
		if (digit)
			return state;
		return exponent ? JSONTEXT_EXPONENT : JSONTEXT_NONE;
	case JSONTEXT_EXPONENT:
		if (byte == '+' || byte == '-')
			return JSONTEXT_EXPONENT_SIGN;
		/* fall through */
	case JSONTEXT_EXPONENT_SIGN:
	case JSONTEXT_EXPONENT_DIGITS:
		return digit ? JSONTEXT_EXPONENT_DIGITS : JSONTEXT_NONE;
	default:
		return JSONTEXT_NONE;
	}
}

bool
jsontext_number_may_end(enum jsontext_number state)
{
	return state == JSONTEXT_ZERO || state == JSONTEXT_WHOLE ||
	    state == JSONTEXT_FRACTION || state == JSONTEXT_EXPONENT_DIGITS;
}

size_t
jsontext_plain(const char *data, size_t len)
{
	size_t at = 0;

	for (; len - at >= 8; at += 8) {
		uint64_t x;

		memcpy(&x, data + at, 8);
		if (((x | (x - EIGHT(0x20)) | ((x ^ EIGHT('"')) - EIGHT(1)) |
		    ((x ^ EIGHT('\\')) - EIGHT(1))) & EIGHT(0x80)) != 0)
			break;
	}
	return at;
}
