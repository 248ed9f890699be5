#include "jsonscan.h"

#include <string.h>

enum {
	VALUE,		/* one must come */
	FIRST_VALUE,	/* or the end of the array */
	NAME,		/* a member's must come */
	FIRST_NAME,	/* or the end of the object */
	COLON,
	AFTER,		/* a value within something: a comma, or its end */
	DONE,		/* behind it all */
	STRING,
	ESCAPE,		/* behind a backslash */
	HEX,		/* behind \u */
	WORD,
	NUMBER,
};

static int
refuse(struct jsonscan *s, const char *why)
{
	s->why = why;
	return -1;
}

static int
tell(struct jsonscan *s, enum jsonscan_what what, char first)
{
	if (s->depth > 2 || s->seen == NULL)
		return 0;
	s->why = s->seen(s->context, what, s->depth, first);
	return s->why == NULL ? 0 : -1;
}

static bool
in_object(const struct jsonscan *s)
{
	size_t at = s->depth - 1;

	return (s->objects[at / 8] >> (at % 8) & 1) != 0;
}

/* Behind a value; offset is that of the byte behind it. */
static int
end_value(struct jsonscan *s, char first)
{
	s->state = s->depth == 0 ? DONE : AFTER;
	return tell(s, JSONSCAN_END, first);
}

static int
open_container(struct jsonscan *s, char byte)
{
	if (s->depth == JSONSCAN_DEPTH_MAX)
		return refuse(s, "it is nested too deeply");
	unsigned char bit = (unsigned char)(1U << (s->depth % 8));

	if (byte == '{')
		s->objects[s->depth / 8] |= bit;
	else
		s->objects[s->depth / 8] &= (unsigned char)~bit;
	s->depth++;
	s->state = byte == '{' ? FIRST_NAME : FIRST_VALUE;
	return 0;
}

static int
close_container(struct jsonscan *s, char byte)
{
	bool object = in_object(s);

	if (object != (byte == '}'))
		return refuse(s, "brackets that do not match");
	s->depth--;
	s->offset++;	/* end_value speaks of what is behind */
	int rc = end_value(s, object ? '{' : '[');

	s->offset--;
	return rc;
}

static void
begin_string(struct jsonscan *s, bool is_name)
{
	s->is_name = is_name;
	s->first = '"';
	s->keep = s->depth == 1;
	if (s->keep)
		s->text_len = 0;
	s->state = STRING;
}

static int
begin_value(struct jsonscan *s, char byte)
{
	if (tell(s, JSONSCAN_BEGIN, byte) != 0)
		return -1;
	s->first = byte;
	switch (byte) {
	case '{':
	case '[':
		return open_container(s, byte);
	case '"':
		begin_string(s, false);
		return 0;
	case 't':
	case 'f':
	case 'n':
		s->word = byte == 't' ? "rue" : byte == 'f' ? "alse" : "ull";
		s->state = WORD;
		return 0;
	default:
		s->number = jsontext_number_next(JSONTEXT_START, byte);
		if (s->number == JSONTEXT_NONE)
			return refuse(s, "something that is no value");
		s->state = NUMBER;
		return 0;
	}
}

/* Between values and names, where blanks may be. */
static int
take_mark(struct jsonscan *s, char byte)
{
	if (byte == ' ' || byte == '\t' || byte == '\r')
		return 0;
	if (byte == '\n') {
		if (s->lines && s->depth > 0)
			return refuse(s, "a line that is no whole value");
		if (s->lines)
			s->state = VALUE;
		return 0;
	}
	switch (s->state) {
	case FIRST_VALUE:
		return byte == ']' ? close_container(s, byte) :
		    begin_value(s, byte);
	case FIRST_NAME:
		if (byte == '}')
			return close_container(s, byte);
		/* fall through */
	case NAME:
		if (byte != '"')
			return refuse(s, "a member without a name");
		begin_string(s, true);
		return 0;
	case COLON:
		if (byte != ':')
			return refuse(s, "a name without its colon");
		s->state = VALUE;
		return 0;
	case AFTER:
		if (byte != ',')
			return byte == ']' || byte == '}' ?
			    close_container(s, byte) :
			    refuse(s, "a value without a comma behind it");
		s->state = in_object(s) ? NAME : VALUE;
		return 0;
	case DONE:
		return refuse(s, "more behind its end");
	default:
		return begin_value(s, byte);
	}
}

static void
keep(struct jsonscan *s, char byte)
{
	if (s->keep && s->text_len < sizeof s->text)
		s->text[s->text_len++] = byte;
}

static int
end_string(struct jsonscan *s)
{
	int rc;

	if (s->utf8.left > 0)
		return refuse(s, "bytes that are no UTF-8");
	s->offset++;
	if (s->is_name) {
		s->state = COLON;
		rc = s->depth == 1 ? tell(s, JSONSCAN_NAME, '"') : 0;
	} else {
		rc = end_value(s, '"');
	}
	s->offset--;
	return rc;
}

static int
take_string(struct jsonscan *s, char byte)
{
	if (byte == '"')
		return end_string(s);
	if ((unsigned char)byte < 0x20)
		return refuse(s, "a control character in a string");
	if (!utf8_take(&s->utf8, (unsigned char)byte))
		return refuse(s, "bytes that are no UTF-8");
	keep(s, byte);
	if (byte == '\\')
		s->state = ESCAPE;
	return 0;
}

static int
take_escape(struct jsonscan *s, char byte)
{
	if (s->state == HEX) {
		if (byte == '\0' || strchr("0123456789abcdefABCDEF", byte) ==
		    NULL)
			return refuse(s, "an escape that JSON has not");
		if (--s->hex_left == 0)
			s->state = STRING;
	} else if (byte == 'u') {
		s->state = HEX;
		s->hex_left = 4;
	} else if (byte != '\0' && strchr("\"\\/bfnrt", byte) != NULL) {
		s->state = STRING;
	} else {
		return refuse(s, "an escape that JSON has not");
	}
	keep(s, byte);
	return 0;
}

static int
take_word(struct jsonscan *s, char byte)
{
	if (byte != *s->word)
		return refuse(s, "something that is no value");
	if (*++s->word != '\0')
		return 0;
	s->offset++;
	int rc = end_value(s, s->first);

	s->offset--;
	return rc;
}

static int
take_number(struct jsonscan *s, char byte)
{
	enum jsontext_number next = jsontext_number_next(s->number, byte);

	if (next != JSONTEXT_NONE) {
		s->number = next;
		return 0;
	}
	if (!jsontext_number_may_end(s->number))
		return refuse(s, "a number that is cut");
	return end_value(s, s->first) == 0 ? take_mark(s, byte) : -1;
}

static int
take(struct jsonscan *s, char byte)
{
	switch (s->state) {
	case STRING:
		return take_string(s, byte);
	case ESCAPE:
	case HEX:
		return take_escape(s, byte);
	case WORD:
		return take_word(s, byte);
	case NUMBER:
		return take_number(s, byte);
	default:
		return take_mark(s, byte);
	}
}

void
jsonscan_begin(struct jsonscan *s)
{
	s->offset = 0;
	s->why = NULL;
	s->state = VALUE;
	s->depth = 0;
	s->text_len = 0;
	s->utf8 = (struct utf8){0};
}

int
jsonscan_feed(struct jsonscan *s, const void *data, size_t len)
{
	const char *bytes = data;

	for (size_t i = 0; i < len;) {
		if (s->state == STRING && !s->keep && s->utf8.left == 0) {
			size_t plain = jsontext_plain(bytes + i, len - i);

			i += plain;
			s->offset += plain;
			if (i == len)
				break;
		}
		if (take(s, bytes[i]) != 0)
			return -1;
		s->offset++;
		i++;
	}
	return 0;
}

int
jsonscan_finish(struct jsonscan *s)
{
	if (s->state == NUMBER && s->depth == 0 &&
	    jsontext_number_may_end(s->number) &&
	    end_value(s, s->first) != 0)
		return -1;
	if (s->state == DONE || (s->lines && s->state == VALUE &&
	    s->depth == 0))
		return 0;
	return refuse(s, "it ends in the middle");
}
