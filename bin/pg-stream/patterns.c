/*
 * --exclude-table-data: which of our tables match, by the rules of psql's and
 * pg_dump's patterns (psql manual, "Patterns").
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "stream.h"
#include "xalloc.h"

static const char match_sql[] = "SELECT c.oid FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND c.relname OPERATOR(pg_catalog.~) $1"
    " AND CASE $2 WHEN '' THEN pg_catalog.pg_table_is_visible(c.oid)"
    " ELSE n.nspname OPERATOR(pg_catalog.~) $2 END";

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

/* "schema"."name" in two expressions; schema stays empty without a dot. */
static void
split(const char *pattern, struct buf *schema, struct buf *name)
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

static int
by_oid(const void *left, const void *right)
{
	const unsigned *a = left;
	const unsigned *b = right;

	return *a < *b ? -1 : *a > *b;
}

static void
forget_matches(struct stream *s, const PGresult *found)
{
	size_t count = (size_t)PQntuples(found);
	unsigned *oids = xcalloc(count + 1, sizeof *oids);

	for (size_t i = 0; i < count; i++)
		oids[i] = (unsigned)strtoul(PQgetvalue(found, (int)i, 0),
		    NULL, 10);
	qsort(oids, count, sizeof *oids, by_oid);
	for (size_t i = 0; i < s->count; i++) {
		if (bsearch(&s->tables[i].oid, oids, count, sizeof *oids,
		    by_oid) != NULL)
			s->tables[i].selected = false;
	}
	free(oids);
}

static int
exclude(struct stream *s, const char *pattern)
{
	struct buf schema = BUF_INIT;
	struct buf name = BUF_INIT;

	split(pattern, &schema, &name);
	const char *params[] = {name.data, schema.data};
	PGresult *found = pg_query(s->conn, "look for tables without rows",
	    match_sql, 2, params);

	if (found != NULL)
		forget_matches(s, found);
	PQclear(found);
	buf_release(&schema);
	buf_release(&name);
	return found == NULL ? -1 : 0;
}

int
tables_exclude_rows(struct stream *s)
{
	const struct opt_list *patterns = &s->settings->not_rows;
	static const char what[] = "look for tables without rows";
	int rc = 0;

	if (patterns->count == 0)
		return 0;
	/* A name without a schema is looked up as the user's would be. */
	if (pg_run(s->conn, what, "RESET search_path") != 0)
		return -1;
	for (size_t i = 0; i < patterns->count && rc == 0; i++)
		rc = exclude(s, patterns->items[i]);
	if (rc == 0)
		rc = pg_run(s->conn, what, "SELECT "
		    "pg_catalog.set_config('search_path', '', false)");
	return rc;
}
