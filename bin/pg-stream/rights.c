/*
 * What the role may not read, all at once and before the first byte: pg_dump
 * would stop at the first, and at a large object only after the rows.
 */
#include "pg_denied.h"
#include "pg_pattern.h"
#include "stream.h"

/*
 * What a session of pg_dump reads: tables and sequences of the user's own, and
 * those of extensions that have the user's rows. "chosen" is made of the
 * options; a sequence goes with the table that owns it.
 */
static const char begin_sql[] =
    "WITH own AS (SELECT c.oid, c.relname, c.relkind, c.relnamespace"
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'"
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_extension e"
    " WHERE e.oid = d.refobjid AND c.oid = ANY (e.extconfig)))),"
    " chosen AS (SELECT c.oid FROM own c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ";

/* Behind it: whether c's rows are read. */
static const char rows_sql[] = "), bare AS (SELECT c.oid FROM own c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ";

static const char end_sql[] = ")"
    " SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, "
    UTF8_HEX("n.nspname") ", " UTF8_HEX("c.relname") ","
    " CASE WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
    " THEN 'permission denied for the schema'"
    " WHEN NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')"
    " THEN 'permission denied' ELSE 'row-level security' END"
    " FROM own c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE (c.oid IN (SELECT oid FROM chosen) OR c.oid IN"
    " (SELECT d.objid FROM pg_catalog.pg_depend d"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.deptype IN ('a', 'i') AND c.relkind = 'S'"
    " AND d.refobjid IN (SELECT oid FROM chosen)))"
    " AND (NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
    " OR NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')"
    " OR (c.relkind = 'r' AND c.oid NOT IN (SELECT oid FROM bare)"
    " AND pg_catalog.row_security_active(c.oid)))"
    /* Definitions: pg_dump locks tables, and reads neither rows nor values. */
    " AND NOT ($1::boolean AND (c.relkind = 'S' OR"
    " (pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
    " AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))))"
    " ORDER BY n.nspname, c.relname";

static const char blobs_sql[] =
    "SELECT 'large object', '', pg_catalog.encode(pg_catalog.convert_to("
    "m.oid::text, 'SQL_ASCII'), 'hex'), 'permission denied'"
    " FROM pg_catalog.pg_largeobject_metadata m"
    " WHERE NOT pg_catalog.pg_has_role(m.lomowner, 'USAGE')"
    " AND NOT pg_catalog.current_setting('lo_compat_privileges')::boolean"
    " AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles"
    " WHERE rolname = current_user)"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.aclexplode(m.lomacl) a"
    " WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0"
    " OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))"
    " ORDER BY m.oid";

/* As pg_dump: a choice of tables makes one of schemas void. */
static void
add_selection(PGconn *conn, struct buf *sql, const struct settings *o)
{
	if (o->tables.count > 0) {
		pg_pattern_add_any(conn, sql, &o->tables,
		    pg_pattern_add_relation, "");
	} else {
		pg_pattern_add_any(conn, sql, &o->schemas,
		    pg_pattern_add_schema, "true");
		buf_add_string(sql, " AND NOT ");
		pg_pattern_add_any(conn, sql, &o->not_schemas,
		    pg_pattern_add_schema, "false");
	}
	buf_add_string(sql, " AND NOT ");
	pg_pattern_add_any(conn, sql, &o->not_tables, pg_pattern_add_relation,
	    "false");
	buf_add_string(sql, rows_sql);
	pg_pattern_add_any(conn, sql, &o->not_rows, pg_pattern_add_relation,
	    "false");
}

/* What the query finds: kind, schema, name, why not. */
static int
look(struct stream *s, const char *sql, const char *const *param,
    struct pg_denied *denied)
{
	PGresult *rows = pg_query(s->conn, "look for what cannot be read", sql,
	    param == NULL ? 0 : 1, param);

	if (rows == NULL)
		return -1;
	for (int i = 0; i < PQntuples(rows); i++)
		pg_denied_add(denied, PQgetvalue(rows, i, 0),
		    PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 2),
		    PQgetvalue(rows, i, 3));
	PQclear(rows);
	return 0;
}

/* Names without a schema are looked up as the user's would be. */
static int
look_at_relations(struct stream *s, struct pg_denied *denied)
{
	const char *schema_only = s->settings->schema_only ? "t" : "f";
	struct buf sql = BUF_INIT;
	int rc = pg_run(s->conn, "look for what cannot be read",
	    "RESET search_path");

	buf_add_string(&sql, begin_sql);
	add_selection(s->conn, &sql, s->settings);
	buf_add_string(&sql, end_sql);
	if (rc == 0)
		rc = look(s, sql.data, &schema_only, denied);
	buf_release(&sql);
	return rc == 0 ? pg_run(s->conn, "look for what cannot be read",
	    "SELECT pg_catalog.set_config('search_path', '', false)") : -1;
}

int
rights_check(struct stream *s)
{
	const struct settings *o = s->settings;
	bool blobs = o->tables.count + o->schemas.count == 0 &&
	    !o->schema_only;
	struct pg_denied denied = PG_DENIED_INIT;
	int rc = look_at_relations(s, &denied);

	if (rc == 0 && blobs)
		rc = look(s, blobs_sql, NULL, &denied);
	if (rc == 0)
		rc = pg_denied_refuse(&denied, s->conn, "object");
	pg_denied_release(&denied);
	return rc;
}
