#include "copyjson_value.h"

#include <stdbool.h>
#include <string.h>

#include "jsontext.h"

char *
copyjson_add_byte(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[] = "\b\f\n\r\t\"\\";
	static const char names[] = "bfnrt\"\\";
	const char *letter = byte == 0 ? NULL : strchr(letters, byte);

	if (letter == NULL && byte >= 0x20) {
		*out++ = (char)byte;
		return out;
	}
	*out++ = '\\';
	if (letter != NULL) {
		*out++ = names[letter - letters];
		return out;
	}
	memcpy(out, "u00", 3);
	out[3] = digits[byte >> 4];
	out[4] = digits[byte & 15];
	return out + 5;
}

static bool
is_number(const char *text, size_t len)
{
	enum jsontext_number state = JSONTEXT_START;

	for (size_t i = 0; i < len; i++)
		state = jsontext_number_next(state, text[i]);
	return jsontext_number_may_end(state);
}

static char *
add(char *out, const char *text, size_t len)
{
	memcpy(out, text, len);
	return out + len;
}

char *
copyjson_begin_long(char *out, struct utf8 *utf8, const char *text,
    size_t len)
{
	*out++ = '"';
	for (size_t i = 0; i < len; i++) {
		if (!utf8_take(utf8, (unsigned char)text[i]))
			return NULL;
		out = copyjson_add_byte(out, (unsigned char)text[i]);
	}
	return out;
}

/* A time zone that ends a time: "+02"; ISO 8601 has minutes beside others. */
static bool
has_short_zone(const char *text, size_t len)
{
	return len > 3 && (text[len - 3] == '+' || text[len - 3] == '-') &&
	    memchr(text, ':', len) != NULL;
}

/* "infinity" is none, and ISO 8601 has no "BC". */
static bool
is_time(enum copyjson_kind kind, const char *text, size_t len)
{
	return kind >= COPYJSON_TIMESTAMP && len > 3 && text[0] >= '0' &&
	    text[0] <= '9' && text[len - 1] != 'C';
}

static char *
add_string(char *out, enum copyjson_kind kind, const char *text, size_t len)
{
	struct utf8 utf8 = {0};
	char *from = out;

	out = copyjson_begin_long(out, &utf8, text, len);
	if (out == NULL || utf8.left > 0)
		return NULL;
	if (is_time(kind, text, len)) {
		char *blank = kind == COPYJSON_TIMETZ ? NULL :
		    memchr(from, ' ', (size_t)(out - from));

		if (blank != NULL)
			*blank = 'T';
		if (kind != COPYJSON_TIMESTAMP && has_short_zone(text, len))
			out = add(out, ":00", 3);
	}
	*out++ = '"';
	return out;
}

char *
copyjson_add_short(char *out, enum copyjson_kind kind, const char *text,
    size_t len)
{
	if (kind == COPYJSON_NUMBER && is_number(text, len))
		return add(out, text, len);
	if (kind == COPYJSON_BOOLEAN && len == 1 && *text == 't')
		return add(out, "true", 4);
	if (kind == COPYJSON_BOOLEAN && len == 1 && *text == 'f')
		return add(out, "false", 5);
	return add_string(out, kind, text, len);
}
