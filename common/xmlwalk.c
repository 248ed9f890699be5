#include "xmlwalk.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "buf.h"
#include "prog.h"

struct walk {
	XML_Parser parser;
	xmlwalk_seen *seen;
	void *context;
	char path[XMLWALK_PATH];
	size_t ends[XMLWALK_DEPTH];	/* path lengths of the levels above */
	size_t depth;
	struct buf text;
	bool stopped;
};

static void
stop(struct walk *walk)
{
	walk->stopped = true;
	XML_StopParser(walk->parser, XML_FALSE);
}

static void
on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct walk *walk = context;
	const char *colon = strrchr(name, ':');
	size_t end = strlen(walk->path);

	(void)attributes;
	if (walk->stopped)
		return;
	if (colon != NULL)
		name = colon + 1;
	if (walk->depth == XMLWALK_DEPTH ||
	    end + strlen(name) + 2 > sizeof walk->path) {
		stop(walk);
		return;
	}
	walk->ends[walk->depth++] = end;
	if (end > 0)
		walk->path[end++] = '/';
	memcpy(walk->path + end, name, strlen(name) + 1);
	buf_clear(&walk->text);
}

static void
on_end(void *context, const XML_Char *name)
{
	struct walk *walk = context;

	(void)name;
	if (walk->stopped)
		return;
	if (walk->seen(walk->context, walk->path, walk->text.data) != 0) {
		stop(walk);
		return;
	}
	walk->path[walk->ends[--walk->depth]] = '\0';
	buf_clear(&walk->text);
}

static void
on_text(void *context, const XML_Char *text, int len)
{
	struct walk *walk = context;

	if (walk->stopped)
		return;
	if (walk->text.len + (size_t)len > XMLWALK_TEXT)
		stop(walk);
	else
		buf_add(&walk->text, text, (size_t)len);
}

static void
on_doctype(void *context, const XML_Char *name, const XML_Char *system,
    const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(context);
}

int
xmlwalk(const char *data, size_t len, xmlwalk_seen *seen, void *context)
{
	struct walk walk = {.seen = seen, .context = context, .text = BUF_INIT};

	/* A server that keeps us waiting sends blanks ahead. */
	while (len > 0 && isspace((unsigned char)*data)) {
		data++;
		len--;
	}
	if (len > INT_MAX)
		return -1;
	walk.parser = XML_ParserCreate("UTF-8");
	if (walk.parser == NULL) {
		fail(PROG_TEMPORARY, "out of memory");
		exit(PROG_TEMPORARY);
	}
	XML_SetUserData(walk.parser, &walk);
	XML_SetElementHandler(walk.parser, on_start, on_end);
	XML_SetCharacterDataHandler(walk.parser, on_text);
	XML_SetStartDoctypeDeclHandler(walk.parser, on_doctype);
	enum XML_Status status = XML_Parse(walk.parser, data, (int)len, 1);

	XML_ParserFree(walk.parser);
	/* STS sends keys. */
	if (walk.text.size > 0)
		explicit_bzero(walk.text.data, walk.text.size);
	buf_release(&walk.text);
	return status == XML_STATUS_OK && !walk.stopped ? 0 : -1;
}

const char *
xmlwalk_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return strncmp(path, root, len) == 0 && path[len] == '/' ?
	    path + len + 1 : NULL;
}
