/*
 * jsonscan: the same for any pieces, and JSON for it is what jansson takes for
 * JSON; but for numbers and depths that jansson cannot hold, halves of
 * characters (\ud800), which RFC 8259 allows, and NUL, where it ends. Byte 0:
 * one value, or lines.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "jsonscan.h"

static struct jsonscan scan;

static const char *
note(void *context, enum jsonscan_what what, size_t depth, char first)
{
	buf_addf(context, "%d %zu %c %zu", (int)what, depth, first,
	    (size_t)scan.offset);
	if (what == JSONSCAN_NAME)
		buf_add(context, scan.text, scan.text_len);
	return NULL;
}

static bool
run(const uint8_t *data, size_t size, size_t piece, bool lines,
    struct buf *seen)
{
	bool good = true;

	scan.seen = note;
	scan.context = seen;
	scan.lines = lines;
	jsonscan_begin(&scan);
	for (size_t at = 0; at < size && good; at += piece)
		good = jsonscan_feed(&scan, data + at,
		    size - at < piece ? size - at : piece) == 0;
	good = good && jsonscan_finish(&scan) == 0;
	if (good != (scan.why == NULL))
		abort();
	return good;
}

/* What jansson says of one value. */
static bool
must_be(const uint8_t *data, size_t size, bool good)
{
	json_error_t error;
	json_t *value = json_loadb((const char *)data, size,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	bool known = value != NULL || (json_error_code(&error) !=
	    json_error_numeric_overflow && json_error_code(&error) !=
	    json_error_stack_overflow && strstr(error.text, "Unicode") == NULL);

	json_decref(value);
	return !known || good == (value != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 3, 11};
	struct buf whole = BUF_INIT;

	if (size == 0)
		return 0;
	bool lines = (data[0] & 1) != 0;

	data++;
	size--;
	bool good = run(data, size, size + 1, lines, &whole);

	if (!lines && memchr(data, 0, size) == NULL &&
	    !must_be(data, size, good))
		abort();
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct buf seen = BUF_INIT;

		if (run(data, size, pieces[i], lines, &seen) != good ||
		    seen.len != whole.len || (seen.len > 0 &&
		    memcmp(seen.data, whole.data, whole.len) != 0))
			abort();
		buf_release(&seen);
	}
	buf_release(&whole);
	return 0;
}
