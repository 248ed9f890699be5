/* pg_wire: rows out of messages that are cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "pg_wire.h"

struct seen {
	struct buf log;		/* "3:2" bytes and rows, "=2" a tag, "Z" */
	size_t bytes;
	uint64_t rows;
};

static void
on_rows(void *context, size_t bytes, uint64_t rows)
{
	struct seen *seen = context;

	seen->bytes += bytes;
	seen->rows += rows;
}

static void
on_copied(void *context, uint64_t rows)
{
	struct seen *seen = context;

	buf_addf(&seen->log, "%zu:%d=%d ", seen->bytes, (int)seen->rows,
	    (int)rows);
	seen->bytes = 0;
	seen->rows = 0;
}

static void
on_ready(void *context)
{
	struct seen *seen = context;

	buf_addf(&seen->log, "Z ");
}

static const struct pg_wire_events events = {on_rows, on_copied, on_ready};

static void
add(struct buf *out, char type, const void *body, size_t len)
{
	size_t n = len + 4;
	const char head[5] = {type, (char)(n >> 24), (char)(n >> 16),
	    (char)(n >> 8), (char)n};

	buf_add(out, head, sizeof head);
	buf_add(out, body, len);
}

static void
add_text(struct buf *out, char type, const char *body)
{
	add(out, type, body, strlen(body));
}

static void
add_tag(struct buf *out, const char *tag)
{
	add(out, 'C', tag, strlen(tag) + 1);
}

/* The whole of it in pieces of so many bytes; rows in *rows. */
static int
feed(const struct buf *in, size_t piece, struct seen *seen, struct buf *rows,
    struct pg_wire *wire)
{
	char *copy = malloc(piece);
	int rc = 0;

	pg_wire_init(wire, &events, seen);
	for (size_t at = 0; at < in->len && rc == 0; at += piece) {
		size_t n = in->len - at < piece ? in->len - at : piece;

		memcpy(copy, in->data + at, n);
		ssize_t got = pg_wire_take(wire, copy, n);

		if (got < 0)
			rc = -1;
		else
			buf_add(rows, copy, (size_t)got);
	}
	free(copy);
	return rc;
}

static void
two_copies(void **state)
{
	struct buf in = BUF_INIT;

	(void)state;
	add_tag(&in, "LOCK TABLE");
	add(&in, 'H', "\0\0\1\0\0", 5);
	add_text(&in, 'd', "one\n");
	add_text(&in, 'N', "notice");
	add_text(&in, 'd', "\n");
	add_text(&in, 'd', "a longer row\\n\n");
	add_text(&in, 'c', "");
	add_tag(&in, "COPY 3");
	add(&in, 'H', "\0\0\1\0\0", 5);
	add_text(&in, 'c', "");
	add_tag(&in, "COPY 0");
	add_text(&in, 'Z', "T");
	for (size_t piece = 1; piece <= in.len; piece++) {
		struct seen seen = {.log = BUF_INIT};
		struct buf rows = BUF_INIT;
		struct pg_wire wire;

		assert_int_equal(feed(&in, piece, &seen, &rows, &wire), 0);
		assert_string_equal(seen.log.data, "20:3=3 0:0=0 Z ");
		assert_string_equal(rows.data, "one\n\na longer row\\n\n");
		assert_false(wire.failed);
		pg_wire_release(&wire);
		buf_release(&seen.log);
		buf_release(&rows);
	}
	buf_release(&in);
}

static void
an_error(void **state)
{
	static const char body[] = "SERROR\0C40001\0Mconflict\0Dwhy\0";
	static const char later[] = "SERROR\0C25P02\0Maborted\0";
	struct buf in = BUF_INIT;

	(void)state;
	add(&in, 'H', "\0\0\1\0\0", 5);
	add_text(&in, 'd', "one\n");
	add(&in, 'E', body, sizeof body);
	add_text(&in, 'Z', "E");
	add(&in, 'E', later, sizeof later);
	for (size_t piece = 1; piece <= in.len; piece++) {
		struct seen seen = {.log = BUF_INIT};
		struct buf rows = BUF_INIT;
		struct pg_wire wire;

		assert_int_equal(feed(&in, piece, &seen, &rows, &wire), 0);
		assert_true(wire.failed);
		assert_string_equal(wire.state, "40001");
		assert_string_equal(wire.message.data, "conflict");
		assert_string_equal(wire.detail.data, "why");
		assert_int_equal(seen.rows, 1);
		pg_wire_release(&wire);
		buf_release(&seen.log);
		buf_release(&rows);
	}
	buf_release(&in);
}

/* What is no answer to COPY is refused, wherever it is cut. */
static void
refused(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} cases[] = {
		{"d\0\0\0\6a\n", 7},			/* no COPY began */
		{"H\0\0\0\4d\0\0\0\4", 10},		/* an empty row */
		{"H\0\0\0\4d\0\0\0\7a\nb", 13},		/* two lines */
		{"H\0\0\0\4d\0\0\0\6ab", 12},		/* no line's end */
		{"H\0\0\0\4d\0\0\0\3", 10},		/* too short */
		{"H\0\0\0\4Z\0\0\0\5I", 11},		/* ready in a COPY */
		{"G\0\0\0\4", 5},			/* COPY FROM STDIN */
		{"T\0\0\0\0", 5},
		{"T\x7f\0\0\0", 5},			/* far too long */
		{"\0\0\0\0\4", 5},
		{"C\0\0\0\14COPY -1", 13},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t piece = 1; piece <= cases[i].len; piece++) {
			struct seen seen = {.log = BUF_INIT};
			struct buf rows = BUF_INIT;
			struct buf in = BUF_INIT;
			struct pg_wire wire;

			buf_add(&in, cases[i].data, cases[i].len);
			if (feed(&in, piece, &seen, &rows, &wire) != -1)
				fail_msg("case %zu in pieces of %zu", i,
				    piece);
			pg_wire_release(&wire);
			buf_release(&seen.log);
			buf_release(&rows);
			buf_release(&in);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_copies),
		cmocka_unit_test(an_error),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
