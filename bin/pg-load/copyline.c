#include "copyline.h"

#include <string.h>

/*
 * It begins behind an empty line. Names may hold line ends and look like that,
 * too: inside of one, an odd number of quotes is left.
 */
int
copyline_take(const char *text, size_t len, struct buf *statement)
{
	static const char blank[] = "\n\n", copy[] = "COPY ";
	static const char end[] = " FROM stdin;\n";
	const size_t before = sizeof blank - 1, behind = sizeof end - 1;
	size_t quotes = 0;

	if (len < before + sizeof copy + behind ||
	    memcmp(text + len - behind, end, behind) != 0)
		return -1;
	for (size_t at = len - behind; at >= before; at--) {
		quotes += text[at] == '"';
		if (quotes % 2 == 0 && memcmp(text + at, copy,
		    sizeof copy - 1) == 0 && memcmp(text + at - before,
		    blank, before) == 0) {
			buf_clear(statement);
			buf_add(statement, text + at, len - at);
			return 0;
		}
	}
	return -1;
}

/* [from, rows) of a range that begins there, and what comes with its end. */
static ssize_t
read_text(struct range *range, size_t wanted, struct buf *text,
    struct copyline_rows *first)
{
	const char *data;
	ssize_t n = 0;

	*first = (struct copyline_rows){NULL, 0};
	while (text->len < wanted && (n = range_next(range, &data)) > 0) {
		size_t left = wanted - text->len;
		size_t mine = (size_t)n < left ? (size_t)n : left;

		buf_add(text, data, mine);
		*first = (struct copyline_rows){data + mine,
		    (size_t)n - mine};
	}
	return n < 0 ? -1 : 0;
}

int
copyline_begin(struct range *range, uint64_t rows, uint64_t end,
    struct buf *statement, struct copyline_rows *first)
{
	struct buf text = BUF_INIT;
	int rc = 1;

	for (uint64_t room = COPYLINE_ROOM; rc == 1 &&
	    room <= COPYLINE_ROOM_MAX; room *= 16) {
		uint64_t from = rows > room ? rows - room : 0;

		buf_clear(&text);
		if (range_begin(range, from, end) != 0 ||
		    read_text(range, (size_t)(rows - from), &text, first) != 0)
			rc = -1;
		else if (copyline_take(text.data, text.len, statement) == 0)
			rc = 0;
	}
	buf_release(&text);
	return rc;
}

int
copyline_read(struct range *range, uint64_t rows, struct buf *statement)
{
	struct copyline_rows none;

	return copyline_begin(range, rows, rows, statement, &none);
}
