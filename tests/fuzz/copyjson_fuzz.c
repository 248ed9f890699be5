/*
 * copyjson: the same for any pieces, and what comes out is JSON for jansson,
 * a row a line. Byte 0 tells how many columns there are, the next ones their
 * kinds; of values of json, which the server has checked, only UTF-8 is
 * looked at.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "copyjson.h"
#include "text.h"

#define COLUMNS_MAX 4

/* Whether it was converted, to its end or not. */
static bool
run(struct copyjson *j, const char *text, size_t len, size_t piece,
    size_t more, struct buf *out)
{
	bool good = true;

	copyjson_begin(j);
	char *space = malloc(j->room + more);

	for (size_t from = 0; from < len && good; from += piece) {
		const char *at = text + from;
		const char *end = len - from < piece ? text + len : at + piece;

		while (at < end && good) {
			ssize_t n = copyjson_take(j, &at, end, space,
			    j->room + more);

			good = n >= 0;
			if (good)
				buf_add(out, space, (size_t)n);
		}
	}
	free(space);
	return good;
}

static void
check_json(const struct copyjson *j, const struct buf *out, bool nested)
{
	struct buf text = BUF_INIT;
	json_error_t error;

	if (!text_is_utf8(out->data, out->len))
		abort();
	if (nested)
		return;
	buf_add_byte(&text, '[');
	buf_add(&text, out->data, out->len);
	buf_add_byte(&text, ']');
	json_t *rows = json_loadb(text.data, text.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (rows == NULL ?
	    json_error_code(&error) != json_error_numeric_overflow :
	    json_array_size(rows) != j->rows)
		abort();
	json_decref(rows);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char before[COLUMNS_MAX][8] = {"\"a\":", ",\"b\":", ",\"c\":",
	    ",\"d\":"};
	static const size_t pieces[] = {1, 3, 11};
	struct copyjson_column columns[COLUMNS_MAX];
	struct copyjson j = {.columns = columns, .first = "\n{",
	    .next = ",\n{", .close = "}"};
	struct buf whole = BUF_INIT;
	bool nested = false;

	if (size < 1 + COLUMNS_MAX)
		return 0;
	j.count = data[0] % (COLUMNS_MAX + 1);
	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		columns[i] = (struct copyjson_column){.before = before[i],
		    .len = strlen(before[i]),
		    .kind = data[i + 1] % (COPYJSON_TIMETZ + 1)};
		nested = nested || columns[i].kind == COPYJSON_JSON;
	}
	const char *text = (const char *)data + 1 + COLUMNS_MAX;
	size_t len = size - 1 - COLUMNS_MAX;
	bool good = run(&j, text, len, size, 4096, &whole);

	if (good && copyjson_is_whole(&j))
		check_json(&j, &whole, nested);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct buf seen = BUF_INIT;

		if (run(&j, text, len, pieces[i], i, &seen) != good ||
		    (good && copyjson_is_whole(&j) && (seen.len != whole.len ||
		    memcmp(seen.data, whole.data, whole.len) != 0)))
			abort();
		buf_release(&seen);
	}
	buf_release(&whole);
	return 0;
}
