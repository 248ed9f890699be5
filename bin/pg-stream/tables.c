/*
 * The tables whose rows are copied here: what there is, and what of it
 * pg_dump takes. Extensions' tables and all else that has data is left to
 * pg_dump.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "prog.h"
#include "report.h"
#include "stream.h"
#include "text.h"
#include "xalloc.h"

#define PATTERNS_MAX ((size_t)5632 * 1024) /* bytes of argv; Linux: 6 MiB */
#define STACK_WANTED ((rlim_t)32 * 1024 * 1024)	/* bytes, for as much argv */

/* unlogged tables cannot be read on a standby: pg_dump skips them as well. */
#define IS_OURS "c.relkind = 'r' AND c.relpersistence <> 't'" \
	" AND (c.relpersistence <> 'u' OR NOT pg_catalog.pg_is_in_recovery())" \
	" AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'" \
	" AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d" \
	" WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass" \
	" AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e')"

static const char list_sql[] = "SELECT c.oid, "
    UTF8_HEX("n.nspname") ", " UTF8_HEX("c.relname")
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE " IS_OURS
    " ORDER BY n.nspname::text COLLATE \"C\", c.relname::text COLLATE \"C\"";

/* In quotes, every character of a pattern of pg_dump stands for itself. */
#define QUOTED(name) "'\"' || pg_catalog.replace(" name ", '\"', '\"\"')" \
	" || '\"'"
#define FEW "3"	/* of a kind; a pattern of their own for each */

/*
 * Patterns that match our tables and nothing else that has data. pg_dump asks
 * the server for each, so many tables go into one where that can be: a name
 * in whatever schema, a whole schema, those of a schema by their last letter.
 */
static const char patterns_sql[] = "WITH rel AS (SELECT n.nspname::text AS s,"
    " c.relname::text AS t, " IS_OURS " AS ours"
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'm', 'S') AND c.relpersistence <> 't'),"
    " named AS (SELECT t FROM rel GROUP BY t"
    " HAVING pg_catalog.bool_and(ours) AND pg_catalog.count(*) > " FEW "),"
    " rest AS (SELECT * FROM rel WHERE t NOT IN (SELECT t FROM named)),"
    " whole AS (SELECT s FROM rest GROUP BY s"
    " HAVING pg_catalog.bool_and(ours) AND pg_catalog.count(*) > " FEW "),"
    " parts AS (SELECT * FROM rest WHERE s NOT IN (SELECT s FROM whole)),"
    " alike AS (SELECT s, pg_catalog.right(t, 1) AS e FROM parts"
    " GROUP BY 1, 2"
    " HAVING pg_catalog.bool_and(ours) AND pg_catalog.count(*) > " FEW ")"
    " SELECT '*.' || " QUOTED("t") " FROM named"
    " UNION ALL SELECT " QUOTED("s") " || '.*' FROM whole"
    " UNION ALL SELECT " QUOTED("s") " || '.*' || " QUOTED("e") " FROM alike"
    " UNION ALL SELECT " QUOTED("s") " || '.' || " QUOTED("t") " FROM parts"
    " WHERE ours AND (s, pg_catalog.right(t, 1)) NOT IN"
    " (SELECT s, e FROM alike)";

static int
make_patterns(struct stream *s)
{
	PGresult *list = pg_query(s->conn, "read the list of tables",
	    patterns_sql, 0, NULL);

	if (list == NULL)
		return -1;
	for (int i = 0; i < PQntuples(list); i++) {
		buf_add_string(&s->patterns, "--exclude-table-data=");
		buf_add_string(&s->patterns, PQgetvalue(list, i, 0));
		buf_add_byte(&s->patterns, '\0');
	}
	s->pattern_count = (size_t)PQntuples(list);
	PQclear(list);
	return 0;
}

/*
 * Linux gives a new program's arguments a quarter of the stack's limit, and
 * 6 MiB at most. Pointers to them count as well.
 */
static int
make_room(const struct stream *s)
{
	struct rlimit limit;
	size_t need = s->patterns.len + s->pattern_count * sizeof(char *);

	if (need <= PATTERNS_MAX && need > PATTERNS_MAX / 8 &&
	    getrlimit(RLIMIT_STACK, &limit) == 0 &&
	    limit.rlim_cur < STACK_WANTED) {
		limit.rlim_cur = limit.rlim_max < STACK_WANTED ?
		    limit.rlim_max : STACK_WANTED;
		if (setrlimit(RLIMIT_STACK, &limit) != 0)
			info("could not raise the limit of the stack: %m");
	}
	if (need <= PATTERNS_MAX)
		return 0;
	fail(PROG_PERMANENT, "cannot name %zu tables to pg_dump: %zu bytes of "
	    "names are more than the limit %zu", s->count, need,
	    (size_t)PATTERNS_MAX);
	hint("--format=custom has no such limit");
	return -1;
}

int
tables_list(struct stream *s)
{
	PGresult *list = pg_query(s->conn, "read the list of tables", list_sql,
	    0, NULL);

	if (list == NULL)
		return -1;
	s->count = (size_t)PQntuples(list);
	s->tables = xcalloc(s->count + 1, sizeof *s->tables);
	for (int i = 0; i < PQntuples(list); i++) {
		struct table *t = &s->tables[i];

		t->oid = (unsigned)strtoul(PQgetvalue(list, i, 0), NULL, 10);
		t->schema = pg_text_from_hex(PQgetvalue(list, i, 1));
		t->name = pg_text_from_hex(PQgetvalue(list, i, 2));
	}
	PQclear(list);
	if (s->settings->custom || s->settings->schema_only)
		return 0;
	return make_patterns(s) == 0 ? make_room(s) : -1;
}

static int
by_oid(const void *left, const void *right)
{
	const struct table *const *a = left;
	const struct table *const *b = right;

	return (*a)->oid < (*b)->oid ? -1 : (*a)->oid > (*b)->oid;
}

/* The OID in "ID; 1259 OID TABLE schema name owner"; 0: another line. */
static unsigned
oid_of_line(const char *line)
{
	unsigned oid = 0;
	int end = 0;

	/* "TABLE DATA" and "TABLE ATTACH" have no class. */
	if (sscanf(line, "%*u; 1259 %u TABLE %n", &oid, &end) != 1 || end == 0)
		return 0;
	return oid;
}

static void
keep_selected(struct stream *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct table t = s->tables[i];

		if (t.selected) {
			s->tables[kept++] = t;
			continue;
		}
		table_release(&t);
	}
	s->count = kept;
}

int
tables_select(struct stream *s, int toc)
{
	struct table **index = xcalloc(s->count + 1, sizeof *index);
	FILE *lines = fdopen(toc, "r");
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	for (size_t i = 0; i < s->count; i++)
		index[i] = &s->tables[i];
	qsort(index, s->count, sizeof *index, by_oid);
	if (lines == NULL) {
		io_close(&toc);
		rc = fail(PROG_TEMPORARY, "could not read the list of the "
		    "archive: %m");
	}
	while (lines != NULL && getline(&line, &size, lines) > 0) {
		struct table wanted = {.oid = oid_of_line(line)};
		const struct table *key = &wanted;
		struct table **found = wanted.oid == 0 ? NULL : bsearch(&key,
		    index, s->count, sizeof *index, by_oid);

		if (found != NULL)
			(*found)->selected = !s->settings->schema_only;
	}
	if (lines != NULL)
		fclose(lines);
	free(line);
	free(index);
	if (rc == 0)
		rc = tables_exclude_rows(s);
	keep_selected(s);
	return rc;
}

json_t *
tables_json(const struct stream *s, const struct table *t)
{
	json_t *json = json_pack("{s:s, s:s, s:I}", "schema", t->schema,
	    "name", t->name, "rows", (json_int_t)t->rows);

	if (t->where != NULL)
		json_object_set_new(json, "where", json_string(t->where));
	if (s->settings->custom)
		return json;
	json_object_set_new(json, "bytes", json_integer((json_int_t)t->bytes));
	json_object_set_new(json, "from", json_integer((json_int_t)t->from));
	if (t->root != NULL)
		json_object_set(json, "root", t->root);
	return json;
}

void
tables_add_report(struct stream *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->count; i++)
		json_array_append_new(array, tables_json(s, &s->tables[i]));
	json_object_set_new(s->report, "tables", array);
	json_object_set_new(s->report, "row_count",
	    json_integer((json_int_t)s->row_count));
}

void
tables_release(struct stream *s)
{
	for (size_t i = 0; i < s->count; i++)
		table_release(&s->tables[i]);
	free(s->tables);
	buf_release(&s->patterns);
}
