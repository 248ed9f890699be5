#include "sqltext.h"

#include <string.h>

#include "report.h"
#include "text.h"

#define LINE_MAX_KEPT (256 * 1024)	/* bytes; a longer line is no command */
#define CLOSING "--\n-- PostgreSQL database dump complete\n--\n"

/* Whether the dump's bytes are the name in UTF-8. */
static bool
is_known(const struct sqltext *s, const char *name)
{
	for (const char *c = name; *c != '\0'; c++) {
		if ((unsigned char)*c >= 0x80)
			return s->utf8 && text_is_utf8(name, strlen(name));
	}
	return true;
}

/* A table may have several blocks: those of its partitions. */
static int
add_table(void *context, const struct copyscan_block *block)
{
	struct sqltext *s = context;
	json_t *last = json_array_get(s->tables, json_array_size(s->tables) -
	    1);
	json_int_t rows = (json_int_t)block->rows;

	if (block->schema[0] == '\0' || !is_known(s, block->schema) ||
	    !is_known(s, block->name))
		s->uncounted = true;
	else if (last != NULL &&
	    strcmp(report_string(last, "name"), block->name) == 0 &&
	    strcmp(report_string(last, "schema"), block->schema) == 0)
		json_object_set_new(last, "rows", json_integer(rows +
		    report_number(last, "rows")));
	else
		json_array_append_new(s->tables, json_pack("{s:s, s:s, s:I}",
		    "schema", block->schema, "name", block->name, "rows",
		    rows));
	return 0;
}

void
sqltext_init(struct sqltext *s)
{
	*s = (struct sqltext){
		.text = BUF_INIT, .tables = json_array(), .line_is_sql = true,
	};
	copyscan_init(&s->scan);
	s->scan.seen = add_table;
	s->scan.context = s;
}

void
sqltext_release(struct sqltext *s)
{
	buf_release(&s->text);
	copyscan_release(&s->scan);
	json_decref(s->tables);
	s->tables = NULL;
}

/* What a dump made with --create or by pg_dumpall says and does. */
static const char *
leaves_database(const char *line)
{
	static const char *const commands[] = {
		"\\connect ", "\\c ", "CREATE DATABASE ", "DROP DATABASE ",
		"ALTER DATABASE ",
		/* Not CREATE ROLE: a function may do that. */
		"-- PostgreSQL database cluster dump",
	};

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (text_starts(line, commands[i]))
			return commands[i];
	}
	return NULL;
}

/*
 * Large objects stand in transactions of their own, which cannot be had within
 * another. Just what pg_dump writes counts, so that no function's body is
 * taken for it:
 *
 *	--
 *	-- Data for Name: 16385; Type: BLOBS; Schema: -; Owner: -
 *	--
 *
 *	BEGIN;
 *
 *	SELECT pg_catalog.lo...		many such lines, and empty ones
 *
 *	COMMIT;
 */
static void
leave_out_transaction(struct sqltext *s, char *line, size_t len)
{
	bool empty = strcmp(line, "\n") == 0;
	bool dashes = strcmp(line, "--\n") == 0;
	enum sqltext_objects next = dashes ? OBJECTS_RULE : OBJECTS_NONE;

	switch (s->objects) {
	case OBJECTS_RULE:
		if (text_starts(line, "-- Data for Name: ") &&
		    strstr(line, "; Type: BLOBS; ") != NULL)
			next = OBJECTS_TITLE;
		break;
	case OBJECTS_TITLE:
		if (dashes)
			next = OBJECTS_TITLED;
		break;
	case OBJECTS_TITLED:
		if (empty)
			next = OBJECTS_TITLED;
		if (strcmp(line, "BEGIN;\n") != 0)
			break;
		memset(line, ' ', len - 1);
		next = OBJECTS_INSIDE;
		break;
	case OBJECTS_INSIDE:
		if (empty || text_starts(line, "SELECT pg_catalog.lo"))
			next = OBJECTS_INSIDE;
		else if (strcmp(line, "COMMIT;\n") == 0)
			memset(line, ' ', len - 1);
		break;
	case OBJECTS_NONE:
		break;
	}
	s->objects = next;
}

/* A whole line with its \n, NUL behind it; or the beginning of a long one. */
static int
take_line(struct sqltext *s, char *line, size_t len, bool ended)
{
	if (!s->line_is_sql)
		return 0;
	s->refused = s->may_be_foreign ? leaves_database(line) : NULL;
	if (s->refused != NULL)
		return -1;
	if (strcmp(line, "SET client_encoding = 'UTF8';\n") == 0)
		s->utf8 = true;
	if (ended && s->one_transaction)
		leave_out_transaction(s, line, len);
	return 0;
}

static void
keep_tail(struct sqltext *s, const char *data, size_t len)
{
	if (len > sizeof s->tail) {
		data += len - sizeof s->tail;
		len = sizeof s->tail;
	}
	size_t keep = sizeof s->tail - len;

	if (keep > s->tail_len)
		keep = s->tail_len;
	memmove(s->tail, s->tail + s->tail_len - keep, keep);
	memcpy(s->tail + keep, data, len);
	s->tail_len = keep + len;
}

/* Hand on all but the line that has not ended. */
static int
pass(struct sqltext *s)
{
	int rc = s->line == 0 ? 0 :
	    s->sink(s->context, s->text.data, s->line);
	size_t rest = s->text.len - s->line;

	memmove(s->text.data, s->text.data + s->line, rest);
	s->text.len = rest;
	s->text.data[rest] = '\0';
	s->line = 0;
	return rc;
}

/* All of one line that is in this piece. */
static int
take_part(struct sqltext *s, const char *at, size_t len, bool ended)
{
	buf_add(&s->text, at, len);
	char *line = s->text.data + s->line;
	size_t line_len = s->text.len - s->line;

	if (!s->long_line && !ended && line_len <= LINE_MAX_KEPT)
		return 0;
	if (!s->long_line && take_line(s, line, line_len, ended) != 0)
		return -1;
	s->lines += ended;
	s->long_line = !ended;
	s->line = s->text.len;
	return 0;
}

int
sqltext_feed(struct sqltext *s, const void *data, size_t len)
{
	const char *at = data;
	const char *end = at + len;

	keep_tail(s, data, len);
	while (at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		const char *next = eol == NULL ? end : eol + 1;

		size_t part = (size_t)(next - at);

		if (take_part(s, at, part, eol != NULL) != 0 ||
		    copyscan_feed(&s->scan, at, part) != 0)
			return -1;
		if (eol != NULL)
			s->line_is_sql = copyscan_is_outside(&s->scan);
		at = next;
	}
	return pass(s);
}

int
sqltext_end(struct sqltext *s)
{
	s->line = s->text.len;
	return pass(s);
}

const json_t *
sqltext_tables(const struct sqltext *s)
{
	return s->scan.inserts || s->uncounted ? NULL : s->tables;
}

const char *
sqltext_missing(const struct sqltext *s)
{
	static const char no_closing[] =
	    "it does not end with pg_dump's closing comment";
	const char *reason = copyscan_finish(&s->scan);
	char tail[sizeof s->tail + 1];

	memcpy(tail, s->tail, s->tail_len);
	tail[s->tail_len] = '\0';
	const char *found = strstr(tail, CLOSING);

	if (reason != NULL)
		return reason;
	if (found == NULL)
		return no_closing;
	/* Blank lines and one \unrestrict may follow. */
	const char *rest = found + strlen(CLOSING);

	rest += strspn(rest, "\n");
	if (text_starts(rest, "\\unrestrict ")) {
		rest += strcspn(rest, "\n");
		rest += strspn(rest, "\n");
	}
	return *rest == '\0' ? NULL : no_closing;
}
