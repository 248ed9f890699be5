#include "lines.h"

#include <string.h>

#include "flow.h"
#include "prog.h"

#define PIECE ((size_t)64 * 1024)	/* bytes of one read */

/* More bytes behind those that are there. 0 at the end, -1 told. */
static ssize_t
fill(struct lines *lines)
{
	struct buf *text = &lines->text;

	if (lines->start > 0) {
		memmove(text->data, text->data + lines->start,
		    text->len - lines->start);
		text->len -= lines->start;
		lines->start = 0;
	}
	if (text->len > lines->max)
		return fail(PROG_PERMANENT, "cannot read standard input: line "
		    "%lu has more than %zu bytes", lines->number + 1,
		    lines->max);
	buf_reserve(text, PIECE);
	ssize_t n = flow_read_some(text->data + text->len, PIECE);

	if (n > 0)
		text->len += (size_t)n;
	text->data[text->len] = '\0';
	return n;
}

int
lines_next(struct lines *lines, char **line, size_t *len)
{
	struct buf *text = &lines->text;
	size_t seen = lines->start;
	char *end;

	while ((end = text->len == seen ? NULL : memchr(text->data + seen,
	    '\n', text->len - seen)) == NULL && !lines->ended) {
		seen = text->len - lines->start;
		ssize_t n = fill(lines);

		if (n < 0)
			return -1;
		lines->ended = n == 0;
	}
	if (end == NULL && lines->start == text->len)
		return 0;
	*line = text->data + lines->start;
	*len = end == NULL ? text->len - lines->start : (size_t)(end - *line);
	lines->start += *len + (end != NULL);
	(*line)[*len] = '\0';
	lines->number++;
	return 1;
}

void
lines_release(struct lines *lines)
{
	buf_release(&lines->text);
}
