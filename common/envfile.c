#include "envfile.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "text.h"

struct span {			/* what is left of a line */
	const char *at;
	const char *end;
};

void
envfile_init(struct envfile *file, const void *data, size_t len)
{
	*file = (struct envfile){.data = data, .len = len,
	    .key = BUF_INIT, .value = BUF_INIT};
	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		file->at = 3;
}

void
envfile_release(struct envfile *file)
{
	buf_release(&file->key);
	buf_release(&file->value);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
skip_blanks(struct span *line)
{
	while (line->at < line->end && is_blank(*line->at))
		line->at++;
}

static bool
at_end_or_comment(const struct span *line)
{
	return line->at == line->end || *line->at == '#';
}

/* Up to the end of the line, or a '#' behind a blank. */
static void
take_plain(struct span *line, struct buf *value)
{
	const char *start = line->at;
	const char *end = start;

	while (end < line->end &&
	    !(*end == '#' && end > start && is_blank(end[-1])))
		end++;
	while (end > start && is_blank(end[-1]))
		end--;
	buf_add(value, start, (size_t)(end - start));
	line->at = line->end;
}

/* '...' with '\'' for a single quote, as shells print it. */
static const char *
take_single(struct span *line, struct buf *value)
{
	for (line->at++; line->at < line->end; line->at++) {
		size_t left = (size_t)(line->end - line->at);

		if (*line->at != '\'') {
			buf_add_byte(value, *line->at);
		} else if (left >= 4 && memcmp(line->at, "'\\''", 4) == 0) {
			buf_add_byte(value, '\'');
			line->at += 3;
		} else {
			line->at++;
			return NULL;
		}
	}
	return "single quote without its end";
}

static const char *
take_double(struct span *line, struct buf *value)
{
	for (line->at++; line->at < line->end; line->at++) {
		if (*line->at == '"') {
			line->at++;
			return NULL;
		}
		if (*line->at == '\\' && line->end - line->at > 1 &&
		    strchr("\"\\$`", line->at[1]) != NULL)
			line->at++;
		buf_add_byte(value, *line->at);
	}
	return "double quote without its end";
}

static const char *
take_value(struct span *line, struct buf *value)
{
	const char *why = NULL;
	bool blank = line->at < line->end && is_blank(*line->at);

	skip_blanks(line);
	if (line->at == line->end || (blank && *line->at == '#'))
		return NULL;
	if (*line->at == '\'')
		why = take_single(line, value);
	else if (*line->at == '"')
		why = take_double(line, value);
	else
		take_plain(line, value);
	if (why != NULL)
		return why;
	blank = line->at < line->end && is_blank(*line->at);
	skip_blanks(line);
	if (line->at < line->end && !(blank && *line->at == '#'))
		return "text behind the closing quote";
	return NULL;
}

static bool
is_key_byte(char c, bool first)
{
	unsigned char u = (unsigned char)c;

	return u < 0x80 && (isalpha(u) || u == '_' ||
	    (!first && (isdigit(u) || u == '.')));
}

static const char *
take_key(struct span *line, struct buf *key)
{
	const char *start = line->at;

	while (line->at < line->end &&
	    is_key_byte(*line->at, line->at == start))
		line->at++;
	buf_add(key, start, (size_t)(line->at - start));
	skip_blanks(line);
	if (key->len == 0 || line->at == line->end || *line->at != '=')
		return "not KEY=value (the file is read, not run)";
	line->at++;
	return NULL;
}

static bool
is_clean(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (((unsigned char)data[i] < 0x20 && data[i] != '\t') ||
		    data[i] == 0x7f)
			return false;
	}
	return text_is_utf8(data, len);
}

/* The next line, without its end. false: there is none. */
static bool
next_line(struct envfile *file, struct span *line)
{
	if (file->at >= file->len)
		return false;
	const char *start = file->data + file->at;
	const char *end = memchr(start, '\n', file->len - file->at);

	if (end == NULL)
		end = file->data + file->len;
	file->at = (size_t)(end - file->data) + 1;
	file->line++;
	if (end > start && end[-1] == '\r')
		end--;
	*line = (struct span){start, end};
	return true;
}

int
envfile_next(struct envfile *file, const char **why)
{
	struct span line;

	while (next_line(file, &line)) {
		buf_clear(&file->key);
		buf_clear(&file->value);
		if (!is_clean(line.at, (size_t)(line.end - line.at))) {
			*why = "control bytes or text that is not UTF-8";
			return -1;
		}
		skip_blanks(&line);
		if (at_end_or_comment(&line))
			continue;
		if (line.end - line.at > 7 &&
		    memcmp(line.at, "export", 6) == 0 &&
		    is_blank(line.at[6])) {
			line.at += 7;
			skip_blanks(&line);
		}
		if ((*why = take_key(&line, &file->key)) != NULL ||
		    (*why = take_value(&line, &file->value)) != NULL)
			return -1;
		return 1;
	}
	return 0;
}
