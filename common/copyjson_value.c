#include "copyjson_value.h"

#include <string.h>

/* For a byte that begins a character: how many follow, and which. */
bool
copyjson_utf8_take(struct copyjson_utf8 *u, unsigned char byte)
{
	if (u->left > 0) {
		if (byte < u->min || byte > u->max)
			return false;
		u->left--;
		u->min = 0x80;
		u->max = 0xbf;
		return true;
	}
	if (byte < 0x80)
		return true;
	if (byte < 0xc2 || byte > 0xf4)
		return false;
	u->left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
	u->min = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
	u->max = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
	return true;
}

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

static const char *
skip_digits(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* RFC 8259, 6. */
static bool
is_number(const char *at, const char *end)
{
	at += at < end && *at == '-';
	const char *digits = at;

	at = skip_digits(at, end);
	if (at == digits || (*digits == '0' && at - digits > 1))
		return false;
	if (at < end && *at == '.') {
		digits = ++at;
		at = skip_digits(at, end);
		if (at == digits)
			return false;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		at++;
		at += at < end && (*at == '+' || *at == '-');
		digits = at;
		at = skip_digits(at, end);
		if (at == digits)
			return false;
	}
	return at == end;
}

static char *
add(char *out, const char *text, size_t len)
{
	memcpy(out, text, len);
	return out + len;
}

char *
copyjson_begin_long(char *out, struct copyjson_utf8 *utf8, const char *text,
    size_t len)
{
	*out++ = '"';
	for (size_t i = 0; i < len; i++) {
		if (!copyjson_utf8_take(utf8, (unsigned char)text[i]))
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
	struct copyjson_utf8 utf8 = {0};
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
	if (kind == COPYJSON_NUMBER && is_number(text, text + len))
		return add(out, text, len);
	if (kind == COPYJSON_BOOLEAN && len == 1 && *text == 't')
		return add(out, "true", 4);
	if (kind == COPYJSON_BOOLEAN && len == 1 && *text == 'f')
		return add(out, "false", 5);
	return add_string(out, kind, text, len);
}
