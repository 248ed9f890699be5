/*
 * What the role may not read, all at once and before the first byte: pg_dump
 * would stop at the first, and at a large object only after the rows.
 */
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "report.h"
#include "stream.h"

#define NAMED_MAX 30	/* objects in one message */

#define OURS " NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d" \
	" WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass" \
	" AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e')"

static const char relations_sql[] =
    "SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, "
    UTF8_HEX("n.nspname") ", " UTF8_HEX("c.relname") ","
    " CASE WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
    " THEN 'permission denied for the schema'"
    " WHEN NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')"
    " THEN 'permission denied' ELSE 'row-level security' END"
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'"
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND" OURS
    " AND (NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
    " OR NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')"
    " OR (c.relkind = 'r' AND pg_catalog.row_security_active(c.oid)))"
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

static void
add_name(struct buf *out, const PGresult *rows, int i)
{
	json_t *schema = json_from_hex(PQgetvalue(rows, i, 1));
	json_t *name = json_from_hex(PQgetvalue(rows, i, 2));

	buf_addf(out, "%s%s \"%s%s%s\" (%s)", out->len == 0 ? "" : ", ",
	    PQgetvalue(rows, i, 0), json_string_value(schema),
	    json_string_length(schema) == 0 ? "" : ".",
	    json_string_value(name), PQgetvalue(rows, i, 3));
	json_decref(schema);
	json_decref(name);
}

/* Names of what the query finds; how many there are goes to *count. */
static int
look(struct stream *s, const char *sql, struct buf *names, int *count)
{
	PGresult *rows = pg_query(s->conn, "look for what cannot be read", sql,
	    0, NULL);

	if (rows == NULL)
		return -1;
	for (int i = 0; i < PQntuples(rows) && *count + i < NAMED_MAX; i++)
		add_name(names, rows, i);
	*count += PQntuples(rows);
	PQclear(rows);
	return 0;
}

int
rights_check(struct stream *s)
{
	const struct settings *o = s->settings;
	struct buf names = BUF_INIT;
	int count = 0;
	int rc = -1;

	/* Of a choice only pg_dump knows what belongs to it. */
	if (o->tables.count + o->not_tables.count + o->schemas.count +
	    o->not_schemas.count > 0)
		return 0;
	if (look(s, relations_sql, &names, &count) != 0 ||
	    (!o->schema_only && look(s, blobs_sql, &names, &count) != 0))
		goto out;
	if (count > NAMED_MAX)
		buf_addf(&names, " and %d more", count - NAMED_MAX);
	if (count > 0) {
		fail(PROG_PERMANENT, "cannot read %d object%s: %s", count,
		    count == 1 ? "" : "s", names.data);
		hint("the role \"%s\" needs SELECT on them (a member of "
		    "pg_read_all_data has it), and BYPASSRLS where there is "
		    "row-level security", PQuser(s->conn));
		goto out;
	}
	rc = 0;
out:
	buf_release(&names);
	return rc;
}
