#include "backupname.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define SLUG_MAX 40	/* bytes */
#define SAFE_MAX 100	/* bytes */

static bool
is_plain(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || c == '.' || c == '_' || c == '-');
}

/* C1 control characters are U+0080 to U+009F. */
static bool
is_control(const unsigned char *at)
{
	return at[0] == 0xc2 && at[1] < 0xa0;
}

static uint32_t
fnv1a(const char *text)
{
	uint32_t hash = 2166136261U;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash;
}

/* Take whole characters off the end until at most max bytes are left. */
static void
cut_to(struct buf *buf, size_t start, size_t max)
{
	if (buf->len - start <= max)
		return;
	size_t end = start + max;

	while (end > start && ((unsigned char)buf->data[end] & 0xc0) == 0x80)
		end--;
	buf->len = end;
	buf->data[end] = '\0';
}

void
backupname_add_safe(struct buf *buf, const char *text)
{
	bool utf8 = text_is_utf8(text, strlen(text));
	size_t start = buf->len;
	bool replaced = false;

	for (const unsigned char *at = (const unsigned char *)text;
	    *at != '\0'; at++) {
		bool first = buf->len == start;
		bool stays = is_plain(*at) ?
		    !(first && (*at == '.' || *at == '-')) :
		    utf8 && *at >= 0x80 && !is_control(at);

		if (stays) {
			buf_add_byte(buf, (char)*at);
			replaced = false;
			continue;
		}
		if (is_control(at))
			at++;
		if (!replaced)
			buf_add_byte(buf, '_');
		replaced = true;
	}
	cut_to(buf, start, SAFE_MAX);
	if (strcmp(buf->data + start, text) != 0)
		buf_addf(buf, "-%08x", (unsigned)fnv1a(text));
}

void
backupname_add_slug(struct buf *buf, const char *text)
{
	size_t start = buf->len;

	for (; *text != '\0' && buf->len - start < SLUG_MAX; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80 && isalnum(c))
			buf_add_byte(buf, (char)tolower(c));
		else if (buf->len > start && buf->data[buf->len - 1] != '-')
			buf_add_byte(buf, '-');
	}
	while (buf->len > start && buf->data[buf->len - 1] == '-')
		buf->data[--buf->len] = '\0';
}

/* One strftime code. Returns whether it is known. */
static bool
add_code(struct buf *buf, char code, const struct tm *local)
{
	switch (code) {
	case 'Y':
		buf_addf(buf, "%04d", local->tm_year + 1900);
		return true;
	case 'y':
		buf_addf(buf, "%02d", local->tm_year % 100);
		return true;
	case 'm':
		buf_addf(buf, "%02d", local->tm_mon + 1);
		return true;
	case 'd':
		buf_addf(buf, "%02d", local->tm_mday);
		return true;
	case 'H':
		buf_addf(buf, "%02d", local->tm_hour);
		return true;
	case 'M':
		buf_addf(buf, "%02d", local->tm_min);
		return true;
	case 'S':
		buf_addf(buf, "%02d", local->tm_sec);
		return true;
	case '%':
		buf_add_byte(buf, '%');
		return true;
	default:
		return false;
	}
}

/* Text with codes that are known to be good. */
static void
add_time(struct buf *buf, const char *format, const struct tm *local)
{
	for (; *format != '\0'; format++) {
		if (*format == '%')
			add_code(buf, *++format, local);
		else
			buf_add_byte(buf, *format);
	}
}

static void
add_extension(struct buf *buf, const struct backupname *name, bool *copied)
{
	if (name->copy > 0 && !*copied) {
		bool dot = buf->len > 0 && buf->data[buf->len - 1] == '.';

		if (dot)
			buf->len--;
		buf_addf(buf, "-%u%s", name->copy, dot ? "." : "");
		*copied = true;
	}
	buf_add_string(buf, name->extension);
}

/*
 * One "{field}" at *at. Returns whether it is known; *at is moved behind it.
 */
static bool
add_field(struct buf *buf, const struct backupname *name, const char **at,
    bool *copied)
{
	const char *field = *at + 1;
	size_t len = strcspn(field, "}");

#define IS(word) (len == strlen(word) && strncmp(field, word, len) == 0)
	if (field[len] != '}')
		return false;
	*at = field + len + 1;
	if (IS("database"))
		backupname_add_safe(buf, name->database);
	else if (IS("environment"))
		backupname_add_safe(buf, name->environment);
	else if (IS("description"))
		backupname_add_slug(buf, name->description);
	else if (IS("extension"))
		add_extension(buf, name, copied);
	else if (IS("date"))
		add_time(buf, "%Y-%m-%d", &name->local);
	else if (IS("time"))
		add_time(buf, "%H%M%S", &name->local);
	else if (IS("timestamp"))
		add_time(buf, "%Y%m%d_%H%M%S", &name->local);
	else
		return false;
#undef IS
	return true;
}

/* Nothing was added at the end of buf: take a separator along. */
static void
close_gap(struct buf *buf, size_t start, const char **at)
{
	char before = buf->len > start ? buf->data[buf->len - 1] : '/';

	if (strchr("-_.", before) != NULL)
		buf->data[--buf->len] = '\0';
	else if (before == '/' && **at != '\0' &&
	    strchr("-_./", **at) != NULL)
		++*at;
}

static const char *
segment_problem(const char *segment, size_t len)
{
	if (len == 0)
		return "it makes an empty name";
	if (segment[0] == '.')
		return "it makes a hidden name (with a dot in front)";
	if (len > BACKUPNAME_MAX)
		return "it makes a name of more than 200 bytes";
	return NULL;
}

static const char *
name_problem(const char *name)
{
	for (const char *at = name;; at++) {
		size_t len = strcspn(at, "/");
		const char *problem = segment_problem(at, len);

		if (problem != NULL)
			return problem;
		at += len;
		if (*at == '\0')
			break;
	}
	for (const unsigned char *at = (const unsigned char *)name;
	    *at != '\0'; at++) {
		if (*at < 0x20 || *at == 0x7f || is_control(at))
			return "it holds control characters";
	}
	return text_is_utf8(name, strlen(name)) ? NULL : "it is not UTF-8";
}

int
backupname_build(struct buf *buf, const struct backupname *name,
    const char **why)
{
	size_t start = buf->len;
	bool copied = false;

	for (const char *at = name->template; *at != '\0';) {
		size_t before = buf->len;

		if (*at == '{') {
			if (!add_field(buf, name, &at, &copied)) {
				*why = "it holds an unknown field; known are "
				    "{database} {environment} {description} "
				    "{date} {time} {timestamp} {extension}";
				return -1;
			}
			if (buf->len == before)
				close_gap(buf, start, &at);
		} else if (*at != '%') {
			buf_add_byte(buf, *at++);
		} else if (add_code(buf, at[1], &name->local)) {
			at += 2;
		} else {
			*why = "it holds an unknown code; known are "
			    "%Y %y %m %d %H %M %S %%";
			return -1;
		}
	}
	if (name->copy > 0 && !copied)
		buf_addf(buf, "-%u", name->copy);
	buf_reserve(buf, 0);
	*why = name_problem(buf->data + start);
	return *why == NULL ? 0 : -1;
}
