#include "pg_pattern.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "pg.h"

/* A character of a pattern as one of a regular expression. */
static void
add_character(struct buf *out, char c, bool quoted, bool brackets)
{
	if (!quoted && c == '*') {
		buf_add_string(out, ".*");
		return;
	}
	if (!quoted && c == '?')
		c = '.';
	else if (c == '$' || brackets || (quoted &&
	    strchr("|*+?()[]{}.^\\", c) != NULL))
		buf_add_byte(out, '\\');
	else if (!quoted)
		c = (char)tolower((unsigned char)c);
	buf_add_byte(out, c);
}

void
pg_pattern(const char *pattern, struct buf *schema, struct buf *name)
{
	bool quoted = false;

	buf_add_string(name, "^(");
	for (const char *at = pattern; *at != '\0'; at++) {
		if (*at == '"' && !(quoted && at[1] == '"')) {
			quoted = !quoted;
			continue;
		}
		if (*at == '.' && !quoted) {
			/* Of three names the first is the database. */
			buf_add_string(name, ")$");
			buf_clear(schema);
			buf_add(schema, name->data, name->len);
			buf_clear(name);
			buf_add_string(name, "^(");
			continue;
		}
		if (*at == '"')
			at++;
		add_character(name, *at, quoted, *at == '[' && at[1] == ']');
	}
	buf_add_string(name, ")$");
}

void
pg_pattern_add_relation(PGconn *conn, struct buf *sql, const char *pattern)
{
	struct buf schema = BUF_INIT;
	struct buf name = BUF_INIT;

	pg_pattern(pattern, &schema, &name);
	buf_add_string(sql, "(c.relname OPERATOR(pg_catalog.~) ");
	pg_add_literal(conn, sql, name.data);
	if (schema.len == 0) {
		buf_add_string(sql,
		    " AND pg_catalog.pg_table_is_visible(c.oid))");
	} else {
		buf_add_string(sql, " AND n.nspname OPERATOR(pg_catalog.~) ");
		pg_add_literal(conn, sql, schema.data);
		buf_add_byte(sql, ')');
	}
	buf_release(&schema);
	buf_release(&name);
}

void
pg_pattern_add_schema(PGconn *conn, struct buf *sql, const char *pattern)
{
	struct buf database = BUF_INIT;
	struct buf name = BUF_INIT;

	pg_pattern(pattern, &database, &name);
	buf_add_string(sql, "n.nspname OPERATOR(pg_catalog.~) ");
	pg_add_literal(conn, sql, name.data);
	buf_release(&database);
	buf_release(&name);
}

void
pg_pattern_add_any(PGconn *conn, struct buf *sql, const struct opt_list *list,
    void (*add)(PGconn *, struct buf *, const char *), const char *none)
{
	buf_add_byte(sql, '(');
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buf_add_string(sql, " OR ");
		add(conn, sql, list->items[i]);
	}
	buf_addf(sql, "%s)", list->count == 0 ? none : "");
}
