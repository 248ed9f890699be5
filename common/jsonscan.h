/*
 * jsonscan: read JSON (RFC 8259) as it streams by, whatever its size, and say
 * what stands at its upper levels. Pure; memory is constant.
 *
 *     {"a":[1,{"b":2}]}
 *     depth 0: the object; 1: its member a, an array; 2: 1 and {"b":2}
 */
#ifndef JSONSCAN_H
#define JSONSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"
#include "jsontext.h"
#include "utf8.h"

#define JSONSCAN_TEXT_MAX 4096	/* bytes kept of a string at depth 1 */
#define JSONSCAN_DEPTH_MAX 65536	/* arrays and objects in each other */

enum jsonscan_what {
	JSONSCAN_NAME,		/* of a member, at depth 1; text is set */
	JSONSCAN_BEGIN,		/* of a value; offset is that of first */
	JSONSCAN_END,		/* of it; offset is behind its last byte */
};

/*
 * Something at depth 0, 1 or 2; first is a value's first byte. NULL: fine;
 * else why this is not what it should be, a text that stays.
 */
typedef const char *jsonscan_seen(void *context, enum jsonscan_what,
    size_t depth, char first);

struct jsonscan {
	/* by the caller */
	jsonscan_seen *seen;
	void *context;
	bool lines;		/* any number of values, on a line each */
	/* for the caller */
	uint64_t offset;
	const char *why;	/* of a failure */
	/* A name or string at depth 1, as it is written, without quotes. */
	char text[JSONSCAN_TEXT_MAX];
	size_t text_len;
	/* private */
	unsigned state;
	size_t depth;		/* arrays and objects that are open */
	bool is_name, keep;	/* the string; into text */
	char first;		/* of the number, string or word */
	unsigned char hex_left;
	const char *word;	/* what must come of true, false, null */
	enum jsontext_number number;
	struct utf8 utf8;
	unsigned char objects[JSONSCAN_DEPTH_MAX / 8];	/* bit: it is one */
};

/* After the caller's members were set. */
void jsonscan_begin(struct jsonscan *);

/* The next bytes, in pieces of any size. -1: why, at offset; no more then. */
int jsonscan_feed(struct jsonscan *, const void *data, size_t len) MUSTUSE;

/* The end of the text. -1: it is none (why). */
int jsonscan_finish(struct jsonscan *) MUSTUSE;

#endif
