#include "copyjson.h"

#include <string.h>

#include "jsontext.h"

/* Where bytes come from and go to. */
struct cursor {
	const char *at, *end;
	char *out;
	char *limit;	/* of out, for a byte of a value */
};

static void
add(struct cursor *c, const char *text, size_t len)
{
	memcpy(c->out, text, len);
	c->out += len;
}

static int
refuse(struct copyjson *j, const char *why)
{
	j->why = why;
	return -1;
}

static int
take_utf8(struct copyjson *j, unsigned char byte)
{
	return utf8_take(&j->utf8, byte) ? 0 :
	    refuse(j, "bytes that are no UTF-8");
}

/* What stands for itself. */
static void
pass_plain(struct cursor *c)
{
	size_t room = (size_t)(c->limit - c->out);
	size_t len = (size_t)(c->end - c->at);
	size_t plain = jsontext_plain(c->at, len < room ? len : room);

	add(c, c->at, plain);
	c->at += plain;
}

/*
 * Bytes of a string or of a json value, which PostgreSQL has checked, up to
 * its end or a backslash.
 */
static int
take_text(struct copyjson *j, struct cursor *c)
{
	bool is_json = j->state == COPYJSON_IN_JSON;

	if (j->utf8.left == 0)
		pass_plain(c);
	while (c->at < c->end && c->out < c->limit) {
		unsigned char byte = (unsigned char)*c->at;

		if (byte == '\t' || byte == '\n' || byte == '\\')
			return 0;
		if (is_json && byte < 0x20)
			return refuse(j, "a control character in a json value");
		if ((byte >= 0x80 || j->utf8.left > 0) &&
		    take_utf8(j, byte) != 0)
			return -1;
		if (is_json || (byte >= 0x20 && byte != '"'))
			*c->out++ = (char)byte;
		else
			c->out = copyjson_add_byte(c->out, byte);
		c->at++;
	}
	return 0;
}

/* What COPY writes for the byte behind a backslash. -1: it writes no such. */
static int
unescape(char byte)
{
	static const char names[] = "bfnrtv\\";
	static const char letters[] = "\b\f\n\r\t\v\\";
	const char *name = byte == '\0' ? NULL : strchr(names, byte);

	return name == NULL ? -1 : letters[name - names];
}

static int
take_escape(struct copyjson *j, struct cursor *c)
{
	int byte = unescape(*c->at++);

	if (byte < 0 || j->utf8.left > 0)
		return refuse(j, "a backslash that COPY does not write");
	if (j->state == COPYJSON_IN_ESCAPE) {
		c->out = copyjson_add_byte(c->out, (unsigned char)byte);
		j->state = COPYJSON_IN_TEXT;
		return 0;
	}
	/* Outside of its strings JSON has blanks of four kinds. */
	if (byte == '\n' || byte == '\r' || byte == '\t')
		byte = ' ';
	if (byte < 0x20)
		return refuse(j, "a control character in a json value");
	*c->out++ = (char)byte;
	j->state = COPYJSON_IN_JSON;
	return 0;
}

static int
end_short(struct copyjson *j, struct cursor *c)
{
	char *out = copyjson_add_short(c->out, j->columns[j->column].kind,
	    j->short_value, j->short_len);

	if (out == NULL)
		return refuse(j, "bytes that are no UTF-8");
	c->out = out;
	return 0;
}

/* More than fits, or something that none of these kinds has: a string. */
static int
become_text(struct copyjson *j, struct cursor *c)
{
	char *out = copyjson_begin_long(c->out, &j->utf8, j->short_value,
	    j->short_len);

	if (out == NULL)
		return refuse(j, "bytes that are no UTF-8");
	c->out = out;
	j->state = COPYJSON_IN_TEXT;
	return 0;
}

static int
take_short(struct copyjson *j, struct cursor *c)
{
	while (c->at < c->end) {
		char byte = *c->at;

		if (byte == '\t' || byte == '\n')
			return 0;
		if (byte == '\\' || j->short_len == COPYJSON_SHORT)
			return become_text(j, c);
		j->short_value[j->short_len++] = byte;
		c->at++;
	}
	return 0;
}

/* At the first byte of a value. */
static int
begin_value(struct copyjson *j, struct cursor *c)
{
	switch (j->columns[j->column].kind) {
	case COPYJSON_TEXT:
		*c->out++ = '"';
		j->state = COPYJSON_IN_TEXT;
		break;
	case COPYJSON_JSON:
		if (*c->at == '\t' || *c->at == '\n')
			return refuse(j, "a json value without any byte");
		j->state = COPYJSON_IN_JSON;
		break;
	default:
		j->short_len = 0;
		j->state = COPYJSON_IN_SHORT;
	}
	return 0;
}

/* The byte behind a backslash that begins a value: NULL, or an escape. */
static void
begin_escaped(struct copyjson *j, struct cursor *c)
{
	if (*c->at == 'N') {
		add(c, "null", 4);
		c->at++;
		j->state = COPYJSON_IN_NULL;
		return;
	}
	if (j->columns[j->column].kind == COPYJSON_JSON) {
		j->state = COPYJSON_IN_JSON_ESCAPE;
		return;
	}
	*c->out++ = '"';
	j->state = COPYJSON_IN_ESCAPE;
}

static int
begin_row(struct copyjson *j, struct cursor *c)
{
	const char *open = j->rows == 0 ? j->first : j->next;

	add(c, open, strlen(open));
	j->column = 0;
	if (j->count > 0) {
		add(c, j->columns[0].before, j->columns[0].len);
		j->state = COPYJSON_AT_VALUE;
		return 0;
	}
	if (*c->at++ != '\n')
		return refuse(j, "a value of no column");
	add(c, j->close, strlen(j->close));
	j->rows++;
	return 0;
}

/* At the tab or the line's end behind a value. */
static int
end_value(struct copyjson *j, struct cursor *c)
{
	bool last = *c->at++ == '\n';

	if (j->state == COPYJSON_IN_TEXT)
		*c->out++ = '"';
	if (j->state == COPYJSON_IN_SHORT && end_short(j, c) != 0)
		return -1;
	if (j->utf8.left > 0)
		return refuse(j, "bytes that are no UTF-8");
	j->column++;
	if (last != (j->column == j->count))
		return refuse(j, "other columns than it has");
	if (last) {
		add(c, j->close, strlen(j->close));
		j->rows++;
		j->state = COPYJSON_AT_ROW;
		return 0;
	}
	add(c, j->columns[j->column].before, j->columns[j->column].len);
	j->state = COPYJSON_AT_VALUE;
	return 0;
}

/* Inside a value, with a byte there. */
static int
take_value(struct copyjson *j, struct cursor *c)
{
	int rc = 0;

	if (j->state == COPYJSON_IN_TEXT || j->state == COPYJSON_IN_JSON)
		rc = take_text(j, c);
	else if (j->state == COPYJSON_IN_SHORT)
		rc = take_short(j, c);
	if (rc != 0 || c->at == c->end || c->out >= c->limit)
		return rc;
	if (*c->at == '\t' || *c->at == '\n')
		return end_value(j, c);
	if (j->state == COPYJSON_IN_NULL)
		return refuse(j, "a backslash that COPY does not write");
	if (*c->at == '\\') {
		c->at++;
		j->state = j->state == COPYJSON_IN_JSON ?
		    COPYJSON_IN_JSON_ESCAPE : COPYJSON_IN_ESCAPE;
	}
	return 0;
}

static int
step(struct copyjson *j, struct cursor *c)
{
	switch (j->state) {
	case COPYJSON_AT_ROW:
		return begin_row(j, c);
	case COPYJSON_AT_VALUE:
		if (*c->at != '\\')
			return begin_value(j, c);
		c->at++;
		j->state = COPYJSON_AT_ESCAPE;
		return 0;
	case COPYJSON_AT_ESCAPE:
		begin_escaped(j, c);
		return 0;
	case COPYJSON_IN_ESCAPE:
	case COPYJSON_IN_JSON_ESCAPE:
		return take_escape(j, c);
	default:
		return take_value(j, c);
	}
}

void
copyjson_begin(struct copyjson *j)
{
	size_t open = strlen(j->first) > strlen(j->next) ? strlen(j->first) :
	    strlen(j->next);
	size_t longest = 0;

	for (size_t i = 0; i < j->count; i++) {
		if (j->columns[i].len > longest)
			longest = j->columns[i].len;
	}
	j->room = open + longest + strlen(j->close) + COPYJSON_SHORT_OUT;
	j->rows = 0;
	j->why = NULL;
	j->state = COPYJSON_AT_ROW;
	j->column = 0;
	j->utf8 = (struct utf8){0};
	j->short_len = 0;
}

ssize_t
copyjson_take(struct copyjson *j, const char **data, const char *end,
    char *out, size_t size)
{
	if (size < j->room)
		return refuse(j, "no room");
	struct cursor c = {.at = *data, .end = end, .out = out,
	    .limit = out + (size - j->room) + 1};
	int rc = 0;

	while (rc == 0 && c.at < c.end && c.out < c.limit)
		rc = step(j, &c);
	*data = c.at;
	return rc == 0 ? c.out - out : -1;
}

bool
copyjson_is_whole(const struct copyjson *j)
{
	return j->state == COPYJSON_AT_ROW;
}
