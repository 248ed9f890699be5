#include "copyscan.h"

#include <string.h>

void
copyscan_init(struct copyscan *scan)
{
	*scan = (struct copyscan){
		.statement = BUF_INIT, .schema = BUF_INIT, .name = BUF_INIT,
		.path = BUF_INIT,
	};
}

void
copyscan_release(struct copyscan *scan)
{
	buf_release(&scan->statement);
	buf_release(&scan->schema);
	buf_release(&scan->name);
	buf_release(&scan->path);
}

static bool
is_word(unsigned char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '_' || byte >= 0x80;
}

/* A word has ended: is it one that decides what the statement is? */
static void
end_word(struct copyscan *scan)
{
	if (scan->word_len == 0)
		return;
	size_t len = scan->word_len < sizeof scan->word ? scan->word_len : 0;

	scan->word[len] = '\0';
	if (scan->paren_depth == 0) {
		if (strcmp(scan->word, "stdin") == 0 &&
		    strcmp(scan->before, "from") == 0)
			scan->from_stdin = true;
		memcpy(scan->before, scan->word, len + 1);
	}
	scan->word_len = 0;
}

static void
add_to_word(struct copyscan *scan, unsigned char byte)
{
	if (scan->word_len < sizeof scan->word - 1)
		scan->word[scan->word_len] = byte >= 'A' && byte <= 'Z' ?
		    (char)(byte + 'a' - 'A') : (char)byte;
	/* One that is too long is none that we look for. */
	if (scan->word_len < sizeof scan->word)
		scan->word_len++;
}

/* Whether the statement begins with these words (lower case, one blank). */
static bool
begins_with(const struct buf *statement, const char *words)
{
	const char *at = statement->data;

	for (; *words != '\0'; words++, at++) {
		char byte = *at >= 'A' && *at <= 'Z' ?
		    (char)(*at + 'a' - 'A') : *at;

		if (byte != *words)
			return false;
	}
	return true;
}

/* One name, quoted or not. Returns what stands behind it. */
static const char *
parse_name(const char *at, struct buf *name)
{
	buf_clear(name);
	if (*at != '"') {
		for (; is_word((unsigned char)*at) || *at == '$'; at++)
			buf_add_byte(name, *at);
		return at;
	}
	for (at++; *at != '\0'; at++) {
		if (*at == '"' && *++at != '"')
			break;
		buf_add_byte(name, *at);
	}
	return at;
}

static void
parse_copy(struct copyscan *scan)
{
	const char *at = scan->statement.data + strlen("copy ");

	at = parse_name(at, &scan->name);
	buf_clear(&scan->schema);
	if (*at == '.') {
		buf_add(&scan->schema, scan->name.data, scan->name.len);
		parse_name(at + 1, &scan->name);
	} else {
		buf_add(&scan->schema, scan->path.data, scan->path.len);
	}
}

/* At a `;` outside of everything. */
static void
end_statement(struct copyscan *scan)
{
	scan->state = COPYSCAN_SQL;
	if (scan->from_stdin && begins_with(&scan->statement, "copy ")) {
		parse_copy(scan);
		scan->state = COPYSCAN_DATA_LINE;
	} else if (begins_with(&scan->statement, "insert into ")) {
		scan->inserts = true;
	} else if (begins_with(&scan->statement, "set search_path = ")) {
		/* Dumps made before 2018 name the schema here. */
		parse_name(scan->statement.data + strlen("set search_path = "),
		    &scan->path);
	}
	buf_clear(&scan->statement);
	scan->from_stdin = false;
	scan->before[0] = '\0';
	scan->last = 0;
}

static void
keep(struct copyscan *scan, unsigned char byte)
{
	/* Blanks before a statement are no part of it. */
	if (scan->statement.len == 0 &&
	    (byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r'))
		return;
	if (scan->statement.len < COPYSCAN_STATEMENT_MAX)
		buf_add_byte(&scan->statement, (char)byte);
}

/* A byte that begins something that is to be skipped. */
static bool
opens(struct copyscan *scan, unsigned char byte, bool in_word)
{
	if (byte == '\'')	/* doubled, it goes on with the string */
		scan->state = scan->escapes_ended || (in_word &&
		    scan->word_len == 1 && scan->word[0] == 'e') ?
		    COPYSCAN_ESCAPES : COPYSCAN_STRING;
	else if (byte == '"')
		scan->state = COPYSCAN_NAME;
	else if (byte == '$' && !in_word)
		scan->state = COPYSCAN_TAG;
	else if (byte == '-' && scan->last == '-')
		scan->state = COPYSCAN_LINE_COMMENT;
	else if (byte == '*' && scan->last == '/')
		scan->state = COPYSCAN_COMMENT;
	else if (byte == '\\' && scan->statement.len == 0)
		scan->state = COPYSCAN_COMMAND;
	else
		return false;
	return true;
}

/* The `-` or `/` before a comment is no part of the statement. */
static void
begin_comment(struct copyscan *scan)
{
	scan->comment_depth = 1;
	if (scan->statement.len > 0 &&
	    scan->statement.len < COPYSCAN_STATEMENT_MAX)
		scan->statement.data[--scan->statement.len] = '\0';
	scan->last = 0;
}

static void
sql_byte(struct copyscan *scan, unsigned char byte)
{
	bool in_word = is_word(scan->last) || scan->last == '$';

	bool opened = opens(scan, byte, in_word);

	scan->escapes_ended = false;
	if (opened) {
		end_word(scan);
		scan->tag_len = scan->tag_match = 0;
		if (scan->state == COPYSCAN_LINE_COMMENT ||
		    scan->state == COPYSCAN_COMMENT)
			begin_comment(scan);
		else if (scan->state != COPYSCAN_COMMAND)
			keep(scan, byte);
		scan->last = 0;
		return;
	}
	if (is_word(byte)) {
		add_to_word(scan, byte);
	} else {
		end_word(scan);
		if (byte == '(')
			scan->paren_depth++;
		else if (byte == ')' && scan->paren_depth > 0)
			scan->paren_depth--;
	}
	scan->last = byte;
	if (byte == ';' && scan->paren_depth == 0)
		end_statement(scan);
	else
		keep(scan, byte);
}

/* Behind the first $: a tag up to the second one, or no quote at all. */
static void
tag_byte(struct copyscan *scan, unsigned char byte)
{
	if (byte == '$') {
		scan->state = COPYSCAN_DOLLAR;
		scan->tag_match = 0;
	} else if (is_word(byte) && scan->tag_len < COPYSCAN_TAG_MAX &&
	    (scan->tag_len > 0 || byte < '0' || byte > '9')) {
		scan->tag[scan->tag_len++] = (char)byte;
	} else {
		scan->state = COPYSCAN_SQL;
		sql_byte(scan, byte);
	}
}

/* tag_match: how many bytes of $tag$ end here. */
static void
dollar_byte(struct copyscan *scan, unsigned char byte)
{
	size_t at = scan->tag_match;

	if (at > 0 && at <= scan->tag_len &&
	    byte == (unsigned char)scan->tag[at - 1])
		scan->tag_match++;
	else if (byte == '$' && at == scan->tag_len + 1)
		scan->state = COPYSCAN_SQL;
	else
		scan->tag_match = byte == '$';
}

static void
comment_byte(struct copyscan *scan, unsigned char byte)
{
	if (byte == '*' && scan->last == '/') {
		scan->comment_depth++;
		scan->last = 0;
	} else if (byte == '/' && scan->last == '*') {
		if (--scan->comment_depth == 0)
			scan->state = COPYSCAN_SQL;
		scan->last = 0;
	} else {
		scan->last = byte;
	}
}

/* One byte of what is neither rows nor plain SQL. */
static void
skipped_byte(struct copyscan *scan, unsigned char byte)
{
	switch (scan->state) {
	case COPYSCAN_STRING:
	case COPYSCAN_ESCAPES:
		keep(scan, byte);
		if (byte == '\'') {
			scan->escapes_ended = scan->state == COPYSCAN_ESCAPES;
			scan->state = COPYSCAN_SQL;
		} else if (byte == '\\' && scan->state == COPYSCAN_ESCAPES) {
			scan->state = COPYSCAN_ESCAPED;
		}
		break;
	case COPYSCAN_ESCAPED:
		scan->state = COPYSCAN_ESCAPES;
		break;
	case COPYSCAN_NAME:
		keep(scan, byte);
		if (byte == '"')
			scan->state = COPYSCAN_SQL;
		break;
	case COPYSCAN_TAG:
		tag_byte(scan, byte);
		break;
	case COPYSCAN_DOLLAR:
		dollar_byte(scan, byte);
		break;
	case COPYSCAN_COMMENT:
		comment_byte(scan, byte);
		break;
	default:	/* a comment or a command that takes a line */
		if (byte == '\n')
			scan->state = COPYSCAN_SQL;
	}
}

static int
end_block(struct copyscan *scan, uint64_t end)
{
	struct copyscan_block block = {
		.schema = scan->schema.data, .name = scan->name.data,
		.from = scan->from, .bytes = end - scan->from,
		.rows = scan->rows,
	};

	scan->state = COPYSCAN_SQL;
	return scan->seen == NULL ? 0 : scan->seen(scan->context, &block);
}

/* Rows from at to end; returns where it stopped, NULL: seen said -1. */
static const char *
data_bytes(struct copyscan *scan, const char *at, const char *end)
{
	const char *begin = at;
	uint64_t offset = scan->offset;

	while (at < end && scan->state >= COPYSCAN_DATA) {
		const char *eol;

		switch (scan->state) {
		case COPYSCAN_DATA:
			if (*at == '\\') {
				scan->state = COPYSCAN_DOT;
				at++;
				break;
			}
			/* fall through */
		case COPYSCAN_ROW:
			eol = memchr(at, '\n', (size_t)(end - at));
			scan->state = eol == NULL ? COPYSCAN_ROW :
			    COPYSCAN_DATA;
			scan->rows += eol != NULL;
			at = eol == NULL ? end : eol + 1;
			break;
		case COPYSCAN_DOT:
			scan->state = *at == '.' ? COPYSCAN_DOT_END :
			    COPYSCAN_ROW;
			at += *at == '.';
			break;
		default:
			if (*at != '\n') {
				scan->state = COPYSCAN_ROW;
				break;
			}
			at++;
			if (end_block(scan, offset + (uint64_t)(at - begin) -
			    3) != 0)
				return NULL;
		}
	}
	return at;
}

/*
 * Where the next byte stands that can end this state; most bytes of large
 * objects and of a catalog archive are passed so.
 */
static const char *
skip_ahead(const struct copyscan *scan, const char *at, const char *end)
{
	const char *found = at;

	if (scan->state == COPYSCAN_STRING &&
	    scan->statement.len == COPYSCAN_STATEMENT_MAX)
		found = memchr(at, '\'', (size_t)(end - at));
	else if (scan->state == COPYSCAN_LINE_COMMENT)
		found = memchr(at, '\n', (size_t)(end - at));
	else if (scan->state == COPYSCAN_DOLLAR && scan->tag_match == 0)
		found = memchr(at, '$', (size_t)(end - at));
	return found == NULL ? end : found;
}

int
copyscan_feed(struct copyscan *scan, const void *data, size_t len)
{
	const char *at = data;
	const char *end = at + len;

	while (at < end) {
		const char *before = at;

		if (scan->state >= COPYSCAN_DATA) {
			at = data_bytes(scan, at, end);
			if (at == NULL)
				return -1;
			scan->offset += (uint64_t)(at - before);
			continue;
		}
		at = skip_ahead(scan, at, end);
		scan->offset += (uint64_t)(at - before);
		if (at == end)
			break;
		if (scan->state == COPYSCAN_SQL)
			sql_byte(scan, (unsigned char)*at);
		else if (scan->state != COPYSCAN_DATA_LINE)
			skipped_byte(scan, (unsigned char)*at);
		else if (*at == '\n')
			scan->state = COPYSCAN_DATA;
		at++;
		scan->offset++;
		scan->from = scan->offset;
		scan->rows = 0;
	}
	return 0;
}

bool
copyscan_is_outside(const struct copyscan *scan)
{
	return scan->state == COPYSCAN_SQL;
}

const char *
copyscan_finish(const struct copyscan *scan)
{
	switch (scan->state) {
	case COPYSCAN_SQL:
		return scan->statement.len == 0 ? NULL :
		    "it ends inside a statement";
	case COPYSCAN_LINE_COMMENT:
	case COPYSCAN_COMMAND:
		return "its last line is cut";
	case COPYSCAN_DATA_LINE:
	case COPYSCAN_DATA:
	case COPYSCAN_ROW:
	case COPYSCAN_DOT:
	case COPYSCAN_DOT_END:
		return "it ends inside the rows of a table";
	default:
		return "it ends inside a statement";
	}
}
