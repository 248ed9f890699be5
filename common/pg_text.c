#include "pg_text.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "text.h"
#include "xalloc.h"

json_t *
json_from_hex(const char *hex)
{
	size_t len = strlen(hex) / 2;
	char *bytes = xmalloc(len + 1);
	struct buf text = BUF_INIT;

	if (text_from_hex(hex, bytes, len) != 0)
		len = 0;
	if (text_is_utf8(bytes, len)) {
		buf_add(&text, bytes, len);
	} else {
		/* SQL_ASCII holds anything: take the bytes for Latin-1. */
		for (size_t i = 0; i < len; i++) {
			unsigned char c = (unsigned char)bytes[i];

			if (c >= 0x80) {
				buf_add_byte(&text, (char)(0xc0 | c >> 6));
				c = 0x80 | (c & 0x3f);
			}
			buf_add_byte(&text, (char)c);
		}
	}
	json_t *value = json_stringn(text.data, text.len);

	buf_release(&text);
	free(bytes);
	return value;
}

char *
pg_text_from_hex(const char *hex)
{
	json_t *text = json_from_hex(hex);
	char *copy = xstrdup(json_string_value(text));

	json_decref(text);
	return copy;
}
