/*
 * --where=TABLE:CONDITION: of some tables only the rows that meet a condition.
 *
 * The condition is the user's own SQL, but it must be one expression: closing
 * the parenthesis around it could end the query, or undo the range of blocks
 * beside it, and then rows would be missing or there twice. So the server has
 * to take it where another frame stands around it, as one statement.
 */
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "stream.h"
#include "text.h"
#include "xalloc.h"

#define CONDITION_MAX ((size_t)2000)	/* bytes; for the trailer's line */
#define PARAMETERS "08P01"	/* SQLSTATE of a statement without its values */

struct filter {
	struct stream *stream;
	char *table;		/* the pattern */
	const char *condition;
	char *sql;		/* the same in the server's encoding */
	size_t matches;
	int rc;
};

/* The table ends at the first colon that is in no quotes. */
static int
split(struct filter *f, const char *option)
{
	bool quoted = false;
	const char *at = option;

	for (; *at != '\0' && (quoted || *at != ':'); at++) {
		if (*at == '"')
			quoted = !quoted;
	}
	if (*at == '\0' || at == option || at[1 + strspn(at + 1, " ")] == '\0')
		return fail(PROG_PERMANENT, "cannot use --where=%s: it must "
		    "be TABLE:CONDITION", option);
	f->condition = at + 1;
	if (strlen(f->condition) > CONDITION_MAX)
		return fail(PROG_PERMANENT, "cannot use --where=%.100s...: the "
		    "condition has %zu bytes, more than %zu", option,
		    strlen(f->condition), CONDITION_MAX);
	if (!text_is_utf8(f->condition, strlen(f->condition)))
		return fail(PROG_PERMANENT, "cannot use --where=%s: it is not "
		    "in UTF-8", option);
	f->table = xstrndup(option, (size_t)(at - option));
	return 0;
}

/* What is given in UTF-8, as the server has it. */
static int
convert(struct filter *f)
{
	const char *param = f->condition;
	struct buf hex = BUF_INIT;
	struct buf what = BUF_INIT;

	buf_addf(&what, "use the condition for \"%s\"", f->table);
	for (const char *at = param; *at != '\0'; at++)
		buf_addf(&hex, "%02x", (unsigned char)*at);
	param = hex.data;
	PGresult *text = pg_query(f->stream->conn, what.data,
	    "SELECT pg_catalog.convert_from(pg_catalog.decode($1, 'hex'),"
	    " 'UTF8')", 1, &param);

	if (text != NULL)
		f->sql = xstrdup(PQgetvalue(text, 0, 0));
	PQclear(text);
	buf_release(&hex);
	buf_release(&what);
	return f->sql == NULL ? -1 : 0;
}

static int
explain(const struct filter *f, const struct table *t, const char *before,
    const char *after)
{
	static const char *const none[] = {NULL};
	struct buf sql = BUF_INIT;
	struct buf what = BUF_INIT;

	buf_addf(&what, "use the condition for table \"%s.%s\"", t->schema,
	    t->name);
	buf_addf(&sql, "EXPLAIN SELECT 1 FROM ONLY %s WHERE %s\n%s\n%s",
	    t->relation, before, f->sql, after);
	/* With parameters, if none: one statement only. */
	PGresult *plan = pg_try(f->stream->conn, what.data, sql.data, 0, none);
	const char *state = PQresultErrorField(plan, PG_DIAG_SQLSTATE);
	int rc = plan != NULL && pg_worked(plan) ? 0 : -1;

	if (state != NULL && strcmp(state, PARAMETERS) == 0)
		fail(PROG_PERMANENT, "cannot %s: it has parameters ($1)",
		    what.data);
	else if (rc != 0 && plan != NULL)
		pg_fail(f->stream->conn, plan, what.data);
	PQclear(plan);
	buf_release(&sql);
	buf_release(&what);
	return rc;
}

static void
take(struct table *t, void *context)
{
	struct filter *f = context;

	f->matches++;
	if (f->rc != 0)
		return;
	if (t->where != NULL) {
		f->rc = fail(PROG_PERMANENT, "cannot use two conditions for "
		    "table \"%s.%s\"", t->schema, t->name);
		return;
	}
	t->where = f->condition;
	t->where_sql = xstrdup(f->sql);
	f->rc = explain(f, t, "CASE WHEN", "THEN true END");
	if (f->rc == 0)
		f->rc = explain(f, t, "(", ")");
}

static int
filter(struct stream *s, const char *option)
{
	struct filter f = {.stream = s};
	int rc = -1;

	if (split(&f, option) == 0 && convert(&f) == 0 &&
	    tables_match(s, f.table, take, &f) == 0)
		rc = f.rc;
	if (rc == 0 && f.matches == 0)
		rc = fail(PROG_PERMANENT, "cannot use --where=%s: no table of "
		    "this name is among those whose rows are read", option);
	free(f.table);
	free(f.sql);
	return rc;
}

int
tables_filter(struct stream *s)
{
	const struct opt_list *filters = &s->settings->where;

	for (size_t i = 0; i < filters->count; i++) {
		if (filter(s, filters->items[i]) != 0)
			return -1;
	}
	return 0;
}
