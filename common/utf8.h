/*
 * utf8: whether bytes are UTF-8 (RFC 3629, without long forms), one by one.
 * Pure.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>

/* Where a text stands; all 0: between two characters. */
struct utf8 {
	unsigned char left, min, max;	/* bytes to come; of the next one */
};

/* Whether the byte may come next. */
bool utf8_take(struct utf8 *, unsigned char byte);

#endif
