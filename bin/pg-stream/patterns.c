/*
 * Which of our tables match, by the rules of psql's and pg_dump's patterns
 * (psql manual, "Patterns"): for --exclude-table-data and --where.
 */
#include <stdlib.h>

#include "pg_pattern.h"
#include "stream.h"
#include "xalloc.h"

#define MATCH(kinds) "SELECT c.oid FROM pg_catalog.pg_class c" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" \
	" WHERE c.relkind IN (" kinds ")" \
	" AND c.relname OPERATOR(pg_catalog.~) $1" \
	" AND CASE $2 WHEN '' THEN pg_catalog.pg_table_is_visible(c.oid)" \
	" ELSE n.nspname OPERATOR(pg_catalog.~) $2 END"

static const char match_sql[] = MATCH("'r'");

/* For pg_dump, a partitioned table has no rows: its partitions have them. */
static const char with_partitions_sql[] = "WITH RECURSIVE found AS ("
    MATCH("'r', 'p'") " UNION SELECT i.inhrelid FROM found"
    " JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = found.oid"
    " JOIN pg_catalog.pg_inherits i ON i.inhparent = found.oid)"
    " SELECT oid FROM found";

static int
by_oid(const void *left, const void *right)
{
	const unsigned *a = left;
	const unsigned *b = right;

	return *a < *b ? -1 : *a > *b;
}

/* Each of our tables that is among what was found. */
static void
take_matches(struct stream *s, const PGresult *found,
    void (*take)(struct table *, void *), void *context)
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
			take(&s->tables[i], context);
	}
	free(oids);
}

/* A name without a schema is looked up as the user's would be. */
static PGresult *
find(struct stream *s, const char *sql, const char *pattern)
{
	static const char what[] = "look for tables by a pattern";
	struct buf schema = BUF_INIT;
	struct buf name = BUF_INIT;
	PGresult *found = NULL;

	pg_pattern(pattern, &schema, &name);
	const char *params[] = {name.data, schema.data};

	if (pg_run(s->conn, what, "RESET search_path") == 0)
		found = pg_query(s->conn, what, sql, 2, params);
	if (found != NULL && pg_run(s->conn, what, "SELECT "
	    "pg_catalog.set_config('search_path', '', false)") != 0) {
		PQclear(found);
		found = NULL;
	}
	buf_release(&schema);
	buf_release(&name);
	return found;
}

int
tables_match(struct stream *s, const char *pattern,
    void (*take)(struct table *, void *), void *context)
{
	PGresult *found = find(s, with_partitions_sql, pattern);

	if (found != NULL)
		take_matches(s, found, take, context);
	PQclear(found);
	return found == NULL ? -1 : 0;
}

static void
deselect(struct table *t, void *unused)
{
	(void)unused;
	t->selected = false;
}

int
tables_exclude_rows(struct stream *s)
{
	const struct opt_list *patterns = &s->settings->not_rows;

	for (size_t i = 0; i < patterns->count; i++) {
		PGresult *found = find(s, match_sql, patterns->items[i]);

		if (found == NULL)
			return -1;
		take_matches(s, found, deselect, NULL);
		PQclear(found);
	}
	return 0;
}
