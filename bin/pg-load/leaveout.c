#include "leaveout.h"

#include <string.h>

#include "text.h"

#define OWNER_TO " OWNER TO "

static bool
is_name_byte(unsigned char byte)
{
	return byte >= 0x80 || byte == '_' || byte == '$' ||
	    (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

/* Where the name that ends at len begins, quoted or not. */
static size_t
name_begin(const char *at, size_t len)
{
	if (len == 0 || at[len - 1] != '"') {
		while (len > 0 && is_name_byte((unsigned char)at[len - 1]))
			len--;
		return len;
	}
	/* A quote within it stands twice. */
	for (len--; len > 0; len--) {
		if (at[len - 1] != '"')
			continue;
		if (len < 2 || at[len - 2] != '"')
			return len - 1;
		len--;
	}
	return 0;
}

/* Whether "ALTER ..." ends with " OWNER TO name;\n". */
static bool
sets_owner(const char *at, size_t len)
{
	const size_t before = strlen(OWNER_TO);

	if (!text_starts(at, "ALTER ") || len < before ||
	    memcmp(at + len - 2, ";\n", 2) != 0)
		return false;
	size_t name = name_begin(at, len - 2);

	return name < len - 2 && name >= before &&
	    memcmp(at + name - before, OWNER_TO, before) == 0;
}

static bool
is_privilege(const char *at)
{
	static const char *const begins[] = {
		"GRANT ", "REVOKE ", "ALTER DEFAULT PRIVILEGES ",
		"SET SESSION AUTHORIZATION ", "RESET SESSION AUTHORIZATION;",
	};

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		if (text_starts(at, begins[i]))
			return true;
	}
	return false;
}

bool
leaveout_drops(const char *statement, size_t len, bool owners, bool privileges)
{
	/* Our sessions have it where the server knows it, from 17 on. */
	return text_starts(statement, "SET transaction_timeout = ") ||
	    (owners && sets_owner(statement, len)) ||
	    (privileges && is_privilege(statement));
}

static int
pass(struct leaveout *l, const char *data, size_t len)
{
	return len == 0 ? 0 : l->sink(l->context, data, len);
}

/* Up to the line that comes next. */
static int
pass_lines(struct leaveout *l, uint64_t until)
{
	int rc = 0;

	for (; rc == 0 && l->lines < until; l->lines++)
		rc = pass(l, "\n", 1);
	return rc;
}

void
leaveout_add_lines(struct buf *out, const char *data, size_t len)
{
	for (uint64_t n = text_lines(data, len); n > 0; n--)
		buf_add_byte(out, '\n');
}

static bool
drops_constraint(const char *at, size_t len)
{
	/* What follows it may have one, too. */
	const char *drop = strstr(at, " DROP CONSTRAINT IF EXISTS ");

	return text_starts(at, "ALTER TABLE IF EXISTS ONLY ") &&
	    drop != NULL && drop < at + len &&
	    memcmp(at + len - 2, ";\n", 2) == 0;
}

/* The statement, unless the constraint is inherited. */
static int
pass_drop(struct leaveout *l, const char *statement, size_t len)
{
	struct buf sql = BUF_INIT;

	buf_add_string(&sql, "DO 'BEGIN ");
	for (size_t i = 0; i < len - 1; i++) {
		if (statement[i] == '\'')
			buf_add_byte(&sql, '\'');
		buf_add_byte(&sql, statement[i]);
	}
	buf_add_string(&sql,
	    " EXCEPTION WHEN invalid_table_definition THEN NULL; END';\n");
	int rc = pass(l, sql.data, sql.len);

	buf_release(&sql);
	return rc;
}

static int
on_text(void *context, const char *data, size_t len, const char *statement)
{
	struct leaveout *l = context;
	size_t before = statement == NULL ? len : (size_t)(statement - data);

	if (pass_lines(l, l->split.line - 1) != 0)
		return -1;
	if (l->spare_drops && statement != NULL &&
	    drops_constraint(statement, len - before)) {
		l->lines += text_lines(data, len);
		return pass(l, data, before) == 0 ? pass_drop(l, statement,
		    len - before) : -1;
	}
	if (statement != NULL && leaveout_drops(statement, len - before,
	    l->owners, l->privileges))
		len = before;
	l->lines += text_lines(data, len);
	return pass(l, data, len);
}

static int
on_begin(void *context, const char *statement)
{
	struct leaveout *l = context;
	size_t len = strlen(statement);
	uint64_t lines = text_lines(statement, len);

	if (pass_lines(l, l->split.line - 1 - lines) != 0)
		return -1;
	l->lines += lines;
	return pass(l, statement, len);
}

static int
on_rows(void *context, const char *data, size_t len, uint64_t rows)
{
	struct leaveout *l = context;

	l->lines += rows;
	return pass(l, data, len);
}

static int
on_end(void *context)
{
	struct leaveout *l = context;

	l->lines++;
	return pass(l, "\\.\n", 3);
}

void
leaveout_init(struct leaveout *l)
{
	static const struct split_events events = {
		.text = on_text, .begin = on_begin, .rows = on_rows,
		.end = on_end,
	};

	*l = (struct leaveout){.lines = 0};
	split_init(&l->split, &events, l);
}

void
leaveout_release(struct leaveout *l)
{
	split_release(&l->split);
}

int
leaveout_feed(struct leaveout *l, const void *data, size_t len)
{
	return split_feed(&l->split, data, len);
}

int
leaveout_end(struct leaveout *l)
{
	return split_end(&l->split);
}
