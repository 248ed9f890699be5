/*
 * lines: stdin line by line, of any length up to a limit.
 *
 *     while ((got = lines_next(&lines, &line)) > 0) ...
 *
 * Memory: the longest line and 64 KiB.
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "io.h"

struct lines {
	size_t max;		/* bytes of a line; set by the caller */
	unsigned long number;	/* of the line given out last, from 1 */
	/* private */
	struct buf text;
	size_t start;
	bool ended;
};

#define LINES_INIT(limit) {.max = (limit), .text = BUF_INIT}

/*
 * The next line, ending with a 0 byte in place of its newline; *len bytes,
 * borrowed until the next call. A last line may have no newline. 1; 0 at the
 * end; -1 told (a line over max: exit 100).
 */
int lines_next(struct lines *, char **line, size_t *len) MUSTUSE;

void lines_release(struct lines *);

#endif
