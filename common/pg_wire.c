#include "pg_wire.h"

#include <string.h>

#include "text.h"

#define BODY_MAX ((uint32_t)1024 * 1024)	/* bytes; errors are long */
#define LENGTH_SIZE 4	/* bytes; the length counts itself */

/* Bytes as they came, and where those of rows go. */
struct cursor {
	const char *from, *end;
	char *to;
};

static uint32_t
be32(const void *data)
{
	const unsigned char *p = data;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* The parts of an error: letter, text, 0; the last letter is 0. */
static void
take_error(struct pg_wire *w)
{
	const char *at = w->body.data;
	const char *end = at + w->body.len;

	/* What a first error does to later queries is no news. */
	if (w->failed)
		return;
	w->failed = true;
	while (at < end && *at != '\0') {
		char field = *at++;
		size_t len = strlen(at);

		if (field == 'C' && len < sizeof w->state)
			memcpy(w->state, at, len + 1);
		if (field == 'M')
			buf_add_string(&w->message, at);
		if (field == 'D')
			buf_add_string(&w->detail, at);
		at += len + 1;
	}
}

static void
tell_rows(struct pg_wire *w)
{
	if (w->bytes > 0)
		w->events->rows(w->context, w->bytes, w->rows);
	w->bytes = 0;
	w->rows = 0;
}

/* "COPY 17"; the tags of other statements are of no interest. */
static int
take_tag(struct pg_wire *w)
{
	uint64_t rows;

	if (!text_starts(w->body.data, "COPY "))
		return 0;
	if (text_number(w->body.data + 5, &rows) != 0)
		return -1;
	w->events->copied(w->context, rows);
	return 0;
}

static int
end_message(struct pg_wire *w)
{
	int rc = 0;

	switch (w->head[0]) {
	case 'H':
		w->in_copy = true;
		break;
	case 'c':
		w->in_copy = false;
		tell_rows(w);
		break;
	case 'C':
		rc = take_tag(w);
		break;
	case 'E':
		w->in_copy = false;
		tell_rows(w);
		take_error(w);
		break;
	case 'Z':
		w->events->ready(w->context);
		break;
	case 'A':	/* notifications, notices, settings, other rows */
	case 'D':
	case 'I':
	case 'N':
	case 'S':
	case 'T':
		break;
	default:
		rc = -1;
	}
	w->head_len = 0;
	buf_clear(&w->body);
	return rc;
}

/* A row has one byte at least, its line's end. */
static bool
is_expected(const struct pg_wire *w, uint32_t length)
{
	if (w->head[0] == 'd')
		return w->in_copy && length > LENGTH_SIZE;
	return length >= LENGTH_SIZE && length - LENGTH_SIZE <= BODY_MAX &&
	    (!w->in_copy || strchr("cEASN", w->head[0]) != NULL);
}

static int
take_head(struct pg_wire *w, struct cursor *c)
{
	size_t n = sizeof w->head - w->head_len;

	if (n > (size_t)(c->end - c->from))
		n = (size_t)(c->end - c->from);
	memcpy(w->head + w->head_len, c->from, n);
	w->head_len += n;
	c->from += n;
	if (w->head_len < sizeof w->head)
		return 0;
	uint32_t length = be32(w->head + 1);

	if (!is_expected(w, length))
		return -1;
	w->left = length - LENGTH_SIZE;
	return w->left == 0 ? end_message(w) : 0;
}

/* Of the body of the current message, as much as there is. */
static int
take_body(struct pg_wire *w, struct cursor *c)
{
	size_t n = w->left;

	if (n > (size_t)(c->end - c->from))
		n = (size_t)(c->end - c->from);
	w->left -= (uint32_t)n;
	if (w->head[0] != 'd') {
		buf_add(&w->body, c->from, n);
		c->from += n;
		return w->left == 0 ? end_message(w) : 0;
	}
	const char *line_end = memchr(c->from, '\n', n);
	const char *expected = w->left == 0 ? c->from + n - 1 : NULL;

	if (line_end != expected)
		return -1;
	memmove(c->to, c->from, n);
	c->to += n;
	c->from += n;
	w->bytes += n;
	if (w->left == 0) {
		w->rows++;
		w->head_len = 0;
	}
	return 0;
}

/* The same for rows that are there from head to end: nearly all. */
static int
take_whole_rows(struct pg_wire *w, struct cursor *c)
{
	const char *from = c->from;
	char *to = c->to;
	uint64_t rows = 0;
	int rc = 0;

	while ((size_t)(c->end - from) > sizeof w->head && *from == 'd') {
		size_t n = be32(from + 1) - (size_t)LENGTH_SIZE;
		const char *row = from + sizeof w->head;

		if (n == 0 || n > (size_t)(c->end - row))
			break;
		if (memchr(row, '\n', n) != row + n - 1) {
			rc = -1;
			break;
		}
		memmove(to, row, n);
		to += n;
		from = row + n;
		rows++;
	}
	w->rows += rows;
	w->bytes += (size_t)(to - c->to);
	c->from = from;
	c->to = to;
	return rc;
}

void
pg_wire_init(struct pg_wire *w, const struct pg_wire_events *events,
    void *context)
{
	*w = (struct pg_wire){.message = BUF_INIT, .detail = BUF_INIT,
	    .events = events, .context = context, .body = BUF_INIT};
}

void
pg_wire_release(struct pg_wire *w)
{
	buf_release(&w->message);
	buf_release(&w->detail);
	buf_release(&w->body);
}

ssize_t
pg_wire_take(struct pg_wire *w, char *data, size_t len)
{
	struct cursor c = {.from = data, .end = data + len, .to = data};

	while (c.from < c.end) {
		int rc = 0;

		if (w->head_len == sizeof w->head)
			rc = take_body(w, &c);
		else if (w->head_len == 0 && w->in_copy && *c.from == 'd')
			rc = take_whole_rows(w, &c);
		if (rc == 0 && c.from < c.end &&
		    w->head_len < sizeof w->head)
			rc = take_head(w, &c);
		if (rc != 0)
			return -1;
	}
	tell_rows(w);
	return c.to - data;
}
