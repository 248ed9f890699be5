#include "aws_ini.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

struct parser {
	struct aws_ini *ini;
	size_t line;
	char *section;		/* NULL before the first */
	char *parent;		/* "s3" while its indented lines follow */
};

static void
add(struct parser *parser, const char *key, const char *value)
{
	struct aws_ini *ini = parser->ini;

	ini->entries = xrealloc_array(ini->entries, ini->count + 1,
	    sizeof *ini->entries);
	ini->entries[ini->count++] = (struct aws_ini_entry){
		xstrdup(parser->section), xstrdup(key), xstrdup(value),
		parser->line,
	};
}

/* Cut the blanks off both ends, in place. */
static char *
trim(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	for (size_t len = strlen(text);
	    len > 0 && isspace((unsigned char)text[len - 1]); len--)
		text[len - 1] = '\0';
	return text;
}

static void
cut_comment(char *line)
{
	for (char *at = line; *at != '\0'; at++) {
		if ((*at == '#' || *at == ';') &&
		    (at == line || isspace((unsigned char)at[-1]))) {
			*at = '\0';
			return;
		}
	}
}

/* [profile "a b"] is section `profile a b`; runs of blanks are one. */
static char *
section_name(const char *text)
{
	char *name = xcalloc(strlen(text) + 1, 1);
	size_t len = 0;

	for (; *text != '\0'; text++) {
		bool blank = isspace((unsigned char)*text);

		if (*text == '"' || *text == '\'' ||
		    (blank && (len == 0 || name[len - 1] == ' ')))
			continue;
		name[len++] = blank ? ' ' : *text;
	}
	if (len > 0 && name[len - 1] == ' ')
		name[len - 1] = '\0';
	return name;
}

static int
parse_section(struct parser *parser, char *line)
{
	char *end = strchr(line, ']');

	if (end == NULL || *trim(end + 1) != '\0')
		return -1;
	*end = '\0';
	free(parser->section);
	free(parser->parent);
	parser->parent = NULL;
	parser->section = section_name(line + 1);
	add(parser, "", "");
	return 0;
}

static void
lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

static int
parse_setting(struct parser *parser, char *line, bool indented)
{
	char *equals = strchr(line, '=');

	/* Text before the first section, or the rest of a folded value. */
	if (equals == NULL)
		return indented ? 0 : -1;
	*equals = '\0';
	char *key = trim(line);
	char *value = trim(equals + 1);

	if (*key == '\0' || parser->section == NULL)
		return -1;
	lower(key);
	if (indented && parser->parent != NULL) {
		char *full = xasprintf("%s.%s", parser->parent, key);

		add(parser, full, value);
		free(full);
		return 0;
	}
	free(parser->parent);
	parser->parent = *value == '\0' ? xstrdup(key) : NULL;
	add(parser, key, value);
	return 0;
}

int
aws_ini_parse(struct aws_ini *ini, const char *text, size_t *bad_line)
{
	struct parser parser = {.ini = ini};
	int rc = 0;

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (*text != '\0' && rc == 0) {
		size_t len = strcspn(text, "\n");
		char *line = xstrndup(text, len);
		bool indented = isspace((unsigned char)*line);

		parser.line++;
		cut_comment(line);
		char *body = trim(line);

		if (*body == '[')
			rc = parse_section(&parser, body);
		else if (*body != '\0')
			rc = parse_setting(&parser, body, indented);
		explicit_bzero(line, len);
		free(line);
		text += text[len] == '\n' ? len + 1 : len;
	}
	*bad_line = parser.line;
	free(parser.section);
	free(parser.parent);
	return rc;
}

void
aws_ini_release(struct aws_ini *ini)
{
	for (size_t i = 0; i < ini->count; i++) {
		free(ini->entries[i].section);
		free(ini->entries[i].key);
		explicit_bzero(ini->entries[i].value,
		    strlen(ini->entries[i].value));
		free(ini->entries[i].value);
	}
	free(ini->entries);
	*ini = (struct aws_ini)AWS_INI_INIT;
}

const struct aws_ini_entry *
aws_ini_find(const struct aws_ini *ini, const char *section, const char *key)
{
	const struct aws_ini_entry *found = NULL;

	/* The last one counts. */
	for (size_t i = 0; i < ini->count; i++) {
		if (strcmp(ini->entries[i].section, section) == 0 &&
		    strcmp(ini->entries[i].key, key) == 0)
			found = &ini->entries[i];
	}
	return found == NULL || *found->value == '\0' ? NULL : found;
}

const char *
aws_ini_get(const struct aws_ini *ini, const char *section, const char *key)
{
	const struct aws_ini_entry *found = aws_ini_find(ini, section, key);

	return found == NULL ? NULL : found->value;
}

bool
aws_ini_has_section(const struct aws_ini *ini, const char *section)
{
	for (size_t i = 0; i < ini->count; i++) {
		if (strcmp(ini->entries[i].section, section) == 0)
			return true;
	}
	return false;
}
