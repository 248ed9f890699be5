#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "xalloc.h"

#define RESTRICT "\\restrict "
#define UNRESTRICT "\\unrestrict "

/* How long the part is that says what is set; 0: nothing is. */
static size_t
key_length(const char *line)
{
	if (text_starts(line, RESTRICT))
		return strlen(RESTRICT);
	if (text_starts(line, "SET "))
		return strcspn(line, "=");
	if (text_starts(line, "SELECT pg_catalog.set_config("))
		return strcspn(line, ",");
	return 0;
}

static void
drop(struct session *s, const char *key, size_t len)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strncmp(s->lines[i], key, len) != 0)
			continue;
		free(s->lines[i]);
		s->count--;
		memmove(&s->lines[i], &s->lines[i + 1],
		    (s->count - i) * sizeof s->lines[0]);
		return;
	}
}

void
session_note(struct session *s, const char *statement, size_t len)
{
	size_t key = key_length(statement);

	if (text_starts(statement, UNRESTRICT))
		drop(s, RESTRICT, strlen(RESTRICT));
	if (key == 0 || key >= len ||
	    memchr(statement, '\n', len) != statement + len - 1)
		return;
	drop(s, statement, key);
	if (s->count == SESSION_SETTINGS_MAX)
		return;
	char *line = xmalloc(len + 1);

	memcpy(line, statement, len);
	line[len] = '\0';
	s->lines[s->count++] = line;
}

size_t
session_add(const struct session *s, struct buf *out)
{
	for (size_t i = 0; i < s->count; i++)
		buf_add_string(out, s->lines[i]);
	return s->count;
}

void
session_release(struct session *s)
{
	while (s->count > 0)
		free(s->lines[--s->count]);
}
