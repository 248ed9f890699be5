/* The tables that are read, those of a partitioned one together. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "pg_denied.h"
#include "pg_pattern.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define BATCH ((size_t)500)	/* tables in one query */
#define RANGES_MIN 140000	/* the first server that reads ranges by TID */

static const char what[] = "read the list of tables";

/* What could be chosen, with the two conditions to be put between these. */
static const char rel_sql[] = "WITH RECURSIVE rel AS (SELECT c.oid, c.relkind,"
    " c.relnamespace, c.relname, ";
static const char excluded_sql[] = " AS chosen, ";
/* Unlogged tables cannot be read on a standby. */
static const char from_sql[] = " AS excluded FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'"
    " AND (c.relpersistence <> 'u' OR NOT pg_catalog.pg_is_in_recovery())"
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),"
    /* Each with all that is below it. */
    " tree AS (SELECT oid AS root, oid, relkind FROM rel"
    " WHERE chosen AND NOT excluded AND relkind <> 'f'"
    " UNION ALL SELECT tree.root, c.oid, c.relkind FROM tree"
    " JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid"
    " JOIN rel c ON c.oid = i.inhrelid AND NOT c.excluded"
    " WHERE tree.relkind = 'p')";

enum {
	ROOT, ROOT_SCHEMA, ROOT_NAME, OID, SCHEMA, NAME, KIND, DENIED,
	QUOTED, IS_HEAP,
};

/* What is below another one that was chosen is read there. */
#define SELECT_SQL(heap) " SELECT t.root, " UTF8_HEX("rn.nspname") ", " \
	UTF8_HEX("r.relname") ", t.oid, " UTF8_HEX("n.nspname") ", " \
	UTF8_HEX("l.relname") ", t.relkind, CASE" \
	" WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')" \
	" THEN 'permission denied for the schema'" \
	" WHEN NOT pg_catalog.has_table_privilege(t.oid, 'SELECT')" \
	" THEN 'permission denied'" \
	" WHEN pg_catalog.row_security_active(t.oid)" \
	" THEN 'row-level security' ELSE '' END," \
	" pg_catalog.format('%I.%I', n.nspname, l.relname), " heap \
	" FROM tree t JOIN rel r ON r.oid = t.root" \
	" JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace" \
	" JOIN rel l ON l.oid = t.oid" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace" \
	" WHERE t.root NOT IN (SELECT oid FROM tree WHERE oid <> root)" \
	" ORDER BY rn.nspname::text COLLATE \"C\"," \
	" r.relname::text COLLATE \"C\", n.nspname::text COLLATE \"C\"," \
	" l.relname::text COLLATE \"C\""

static const char before_12_sql[] = SELECT_SQL("t.relkind = 'r'");
static const char select_sql[] = SELECT_SQL("t.relkind = 'r'"
    " AND (SELECT relam FROM pg_catalog.pg_class k WHERE k.oid = t.oid) ="
    " (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'heap')");

/* By default all but extensions' own; partitions go with their tables. */
static const char all_sql[] = "(NOT c.relispartition"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'))";

/* The server takes a lock to look at a size: this is for what is locked. */
static const char sizes_sql[] = "SELECT coalesce("
    "pg_catalog.pg_relation_size(c.oid), 0) /"
    " pg_catalog.current_setting('block_size')::bigint,"
    " coalesce(pg_catalog.pg_relation_size(c.oid), 0) +"
    " coalesce(pg_catalog.pg_relation_size(c.reltoastrelid), 0)"
    " FROM pg_catalog.unnest($1::oid[]) WITH ORDINALITY AS u(oid, at)"
    " JOIN pg_catalog.pg_class c ON c.oid = u.oid ORDER BY u.at";

static PGresult *
list(struct json *j)
{
	struct buf sql = BUF_INIT;
	PGresult *found = NULL;

	buf_add_string(&sql, rel_sql);
	pg_pattern_add_any(j->conn, &sql, &j->patterns,
	    pg_pattern_add_relation, all_sql);
	buf_add_string(&sql, excluded_sql);
	pg_pattern_add_any(j->conn, &sql, &j->settings->not_tables,
	    pg_pattern_add_relation, "false");
	buf_add_string(&sql, from_sql);
	buf_add_string(&sql, PQserverVersion(j->conn) < 120000 ?
	    before_12_sql : select_sql);
	if (pg_run(j->conn, what, "RESET search_path") == 0)
		found = pg_query(j->conn, what, sql.data, 0, NULL);
	if (found != NULL && pg_run(j->conn, what, "SELECT "
	    "pg_catalog.set_config('search_path', '', false)") != 0) {
		PQclear(found);
		found = NULL;
	}
	buf_release(&sql);
	return found;
}

static int
refuse_denied(struct json *j, const PGresult *found)
{
	struct pg_denied denied = PG_DENIED_INIT;

	for (int i = 0; i < PQntuples(found); i++) {
		const char *why = PQgetvalue(found, i, DENIED);

		if (*why != '\0')
			pg_denied_add(&denied, "", PQgetvalue(found, i,
			    SCHEMA), PQgetvalue(found, i, NAME), why);
	}
	int rc = pg_denied_refuse(&denied, j->conn, "table");

	pg_denied_release(&denied);
	return rc;
}

/* One that is read. */
static void
take_table(struct json *j, const PGresult *found, int i)
{
	struct table *t = &j->tables[j->count++];

	t->oid = (unsigned)strtoul(PQgetvalue(found, i, OID), NULL, 10);
	t->schema = pg_text_from_hex(PQgetvalue(found, i, SCHEMA));
	t->name = pg_text_from_hex(PQgetvalue(found, i, NAME));
	t->relation = xstrdup(PQgetvalue(found, i, QUOTED));
	t->ranges = PQserverVersion(j->conn) >= RANGES_MIN &&
	    strcmp(PQgetvalue(found, i, IS_HEAP), "t") == 0;
}

static void
take_row(struct json *j, const PGresult *found, int i)
{
	unsigned root = (unsigned)strtoul(PQgetvalue(found, i, ROOT), NULL,
	    10);
	const char *kind = PQgetvalue(found, i, KIND);

	if (j->group_count == 0 ||
	    j->groups[j->group_count - 1].oid != root)
		j->groups[j->group_count++] = (struct group){.oid = root,
		    .schema = pg_text_from_hex(PQgetvalue(found, i,
		    ROOT_SCHEMA)),
		    .name = pg_text_from_hex(PQgetvalue(found, i,
		    ROOT_NAME))};
	if (*kind == 'f') {
		char *name = pg_text_from_hex(PQgetvalue(found, i, NAME));

		warning("the partition \"%s\" of table \"%s\" is a foreign "
		    "table: its rows are left out", name,
		    j->groups[j->group_count - 1].name);
		free(name);
	}
	if (*kind != 'r')
		return;
	j->groups[j->group_count - 1].parts++;
	take_table(j, found, i);
}

int
tables_choose(struct json *j)
{
	PGresult *found = list(j);
	int rc = found == NULL ? -1 : refuse_denied(j, found);
	size_t count = found == NULL ? 0 : (size_t)PQntuples(found);

	j->groups = xcalloc(count + 1, sizeof *j->groups);
	j->tables = xcalloc(count + 1, sizeof *j->tables);
	for (size_t i = 0; i < count && rc == 0; i++)
		take_row(j, found, (int)i);
	PQclear(found);
	return rc;
}

static int
measure_batch(struct json *j, struct table *tables, size_t count)
{
	struct buf oids = BUF_INIT;
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		buf_addf(&oids, "%c%u", i == 0 ? '{' : ',', tables[i].oid);
	buf_add_byte(&oids, '}');
	const char *param = oids.data;
	PGresult *sizes = pg_query(j->conn, "read the sizes of tables",
	    sizes_sql, 1, &param);

	buf_release(&oids);
	if (sizes == NULL)
		return -1;
	if (PQntuples(sizes) != (int)count)
		rc = fail(PROG_BUG, "a table is not in the snapshot");
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (text_number(PQgetvalue(sizes, (int)i, 0),
		    &tables[i].blocks) != 0 ||
		    text_number(PQgetvalue(sizes, (int)i, 1),
		    &tables[i].size) != 0)
			rc = fail(PROG_BUG, "the size of table \"%s.%s\" is no "
			    "number", tables[i].schema, tables[i].name);
	}
	PQclear(sizes);
	return rc;
}

int
tables_measure(struct json *j)
{
	for (size_t i = 0; i < j->count; i += BATCH) {
		if (measure_batch(j, &j->tables[i], j->count - i < BATCH ?
		    j->count - i : BATCH) != 0)
			return -1;
	}
	return 0;
}

static void
release_group(struct group *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->items[i].before);
	free(g->items);
	free(g->schema);
	free(g->name);
	free(g->key);
	free(g->columns);
}

void
groups_release(struct json *j)
{
	for (size_t i = 0; i < j->group_count; i++)
		release_group(&j->groups[i]);
	for (size_t i = 0; i < j->count; i++)
		table_release(&j->tables[i]);
	free(j->groups);
	free(j->tables);
}

void
groups_add_report(struct json *j)
{
	json_t *array = json_array();

	for (size_t i = 0; i < j->group_count; i++) {
		const struct group *g = &j->groups[i];

		json_array_append_new(array, json_pack(
		    "{s:s, s:s, s:s, s:I, s:I, s:I}", "schema", g->schema,
		    "name", g->name, "key", g->key,
		    "rows", (json_int_t)g->rows,
		    "bytes", (json_int_t)g->bytes,
		    "from", (json_int_t)g->from));
	}
	json_object_set_new(j->report, "tables", array);
	json_object_set_new(j->report, "row_count",
	    json_integer((json_int_t)j->row_count));
}
