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

int
copyline_read(struct range *range, uint64_t rows, struct buf *statement)
{
	struct buf text = BUF_INIT;
	int rc = 1;

	for (uint64_t room = COPYLINE_ROOM; rc == 1 &&
	    room <= COPYLINE_ROOM_MAX; room *= 16) {
		uint64_t from = rows > room ? rows - room : 0;
		const char *data;
		ssize_t n = range_begin(range, from, rows);

		buf_clear(&text);
		while (n == 0 && (n = range_next(range, &data)) > 0) {
			buf_add(&text, data, (size_t)n);
			n = 0;
			if (from + text.len >= rows)
				break;
		}
		rc = n < 0 ? -1 : copyline_take(text.data, text.len,
		    statement) == 0 ? 0 : 1;
	}
	buf_release(&text);
	return rc;
}
