#include "split.h"

#include <string.h>

#include "text.h"

#define HELD_MAX ((size_t)256 * 1024)	/* bytes of text, but for COPY */
#define END_OF_DATA "\\.\n"

void
split_init(struct split *s, const struct split_events *events, void *context)
{
	*s = (struct split){
		.line = 1, .events = events, .context = context,
		.text = BUF_INIT, .line_begins = true,
	};
	copyscan_init(&s->scan);
}

void
split_release(struct split *s)
{
	copyscan_release(&s->scan);
	buf_release(&s->text);
}

static void
drop_text(struct split *s)
{
	buf_clear(&s->text);
	s->line_at = 0;
	s->in_statement = false;
}

static int
pass_text(struct split *s)
{
	int rc = s->text.len == 0 ? 0 : s->events->text(s->context,
	    s->text.data, s->text.len, s->in_statement ? s->text.data +
	    s->statement_at : NULL);

	s->line += s->text_lines;
	s->text_lines = 0;
	drop_text(s);
	return rc;
}

/* The comments before the statement are of no use to anybody. */
static int
begin_rows(struct split *s)
{
	s->line += s->text_lines;
	s->text_lines = 0;
	int rc = s->events->begin(s->context, s->text.data +
	    s->statement_at);

	drop_text(s);
	s->in_rows = true;
	s->in_row = false;
	s->dot = 0;
	return rc;
}

/* Whether a line that is outside of statements begins one. */
static bool
begins_statement(const char *line)
{
	return *line != '\n' && !text_starts(line, "--");
}

static bool
begins_copy(const struct split *s)
{
	return s->in_statement &&
	    text_starts(s->text.data + s->statement_at, "COPY ");
}

/* The last line of text is whole, or its beginning is long. */
static int
judge_line(struct split *s, bool ended)
{
	const char *line = s->text.data + s->line_at;
	bool clean = s->scan.state == COPYSCAN_SQL &&
	    s->scan.statement.len == 0;

	if (s->line_begins && !s->in_statement && begins_statement(line)) {
		s->in_statement = true;
		s->statement_at = s->line_at;
	}
	s->line_begins = ended && clean;
	s->line_at = s->text.len;
	if (s->scan.state == COPYSCAN_DATA)
		return begin_rows(s);
	if (clean && ended && (s->in_statement || s->goes_on)) {
		s->goes_on = false;
		return pass_text(s);
	}
	if (s->text.len <= HELD_MAX || begins_copy(s))
		return 0;
	s->goes_on = !clean;
	return pass_text(s);
}

/* One line, or what of it is there. Returns what is behind it. */
static const char *
take_text(struct split *s, const char *at, const char *end, int *rc)
{
	const char *eol = memchr(at, '\n', (size_t)(end - at));
	const char *next = eol == NULL ? end : eol + 1;

	buf_add(&s->text, at, (size_t)(next - at));
	*rc = copyscan_feed(&s->scan, at, (size_t)(next - at));
	s->text_lines += eol != NULL;
	if (*rc == 0 && (eol != NULL || s->text.len - s->line_at > HELD_MAX))
		*rc = judge_line(s, eol != NULL);
	return next;
}

static int
end_rows(struct split *s)
{
	s->in_rows = false;
	s->line_begins = true;
	s->line++;
	int rc = copyscan_feed(&s->scan, END_OF_DATA, strlen(END_OF_DATA));

	return rc != 0 ? rc : s->events->end(s->context);
}

/*
 * At the begin of a row, or behind the first bytes of what may be the end of
 * the data. Returns what is behind the bytes that were looked at.
 */
static const char *
look_for_end(struct split *s, const char *at, const char *end, int *rc)
{
	while (at < end && *at == END_OF_DATA[s->dot]) {
		at++;
		if (++s->dot == strlen(END_OF_DATA)) {
			*rc = end_rows(s);
			return at;
		}
	}
	if (at < end) {
		s->in_row = true;
		*rc = s->dot == 0 ? 0 : s->events->rows(s->context,
		    END_OF_DATA, s->dot, 0);
		s->dot = 0;
	}
	return at;
}

/* Whether what begins here is surely no end of the data. */
static bool
is_row(const char *at, const char *end)
{
	return *at != '\\' || (end - at > 1 && at[1] != '.');
}

/* Rows up to one that may be the end of the data. */
static const char *
take_rows(struct split *s, const char *at, const char *end, int *rc)
{
	const char *begin = at;
	uint64_t rows = 0;

	if (!s->in_row) {
		at = look_for_end(s, at, end, rc);
		if (*rc != 0 || at == end || !s->in_rows)
			return at;
		begin = at;
	}
	while (at < end && (s->in_row || is_row(at, end))) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));

		s->in_row = eol == NULL;
		rows += eol != NULL;
		at = eol == NULL ? end : eol + 1;
	}
	if (at > begin)
		*rc = s->events->rows(s->context, begin, (size_t)(at - begin),
		    rows);
	s->line += rows;
	return at;
}

int
split_feed(struct split *s, const void *data, size_t len)
{
	const char *at = data;
	const char *end = at + len;
	int rc = 0;

	while (at < end && rc == 0)
		at = s->in_rows ? take_rows(s, at, end, &rc) :
		    take_text(s, at, end, &rc);
	return rc;
}

int
split_end(struct split *s)
{
	return pass_text(s);
}
