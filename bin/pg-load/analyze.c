/* ANALYZE of what was restored. */
#include "restore.h"

#include "pg.h"
#include "prog.h"
#include "report.h"

/*
 * All tables but those that have foreign ones among their partitions or heirs:
 * ANALYZE would read these too, and where one cannot be reached it would stop,
 * and the restore with it. No row: there are none of these.
 */
static const char near_sql[] = "WITH RECURSIVE far AS (SELECT i.inhparent"
    " FROM pg_catalog.pg_foreign_table f"
    " JOIN pg_catalog.pg_inherits i ON i.inhrelid = f.ftrelid"
    " UNION SELECT i.inhparent FROM far"
    " JOIN pg_catalog.pg_inherits i ON i.inhrelid = far.inhparent)"
    " SELECT 'ANALYZE ' || pg_catalog.string_agg(pg_catalog.format('%I.%I',"
    " n.nspname, c.relname), ', ' ORDER BY c.oid)"
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'"
    " AND n.nspname !~ '^pg_' AND c.oid NOT IN (SELECT inhparent FROM far)"
    " HAVING EXISTS (SELECT 1 FROM far)";

static int
analyze_all(PGconn *conn)
{
	static const char what[] = "analyze the new database";
	PGresult *rows = pg_query(conn, what, near_sql, 0, NULL);
	int rc = -1;

	if (rows == NULL)
		return -1;
	if (PQntuples(rows) == 0) {
		/* Shared catalogs that we may not look at are warned of. */
		rc = pg_run(conn, what, "ANALYZE");
	} else {
		warning("tables with foreign partitions or heirs are not "
		    "analyzed, which would read those");
		rc = PQgetisnull(rows, 0, 0) ? 0 :
		    pg_run(conn, what, PQgetvalue(rows, 0, 0));
	}
	PQclear(rows);
	return rc;
}

int
restore_analyze(struct restore *r, PGconn *conn)
{
	if (r->load->no_analyze)
		return 0;
	struct buf sql = BUF_INIT;
	const json_t *table;
	size_t i;
	int rc = 0;

	if (r->load->table == NULL)
		return analyze_all(conn);
	json_array_foreach(r->result.tables, i, table) {
		buf_clear(&sql);
		buf_add_string(&sql, "ANALYZE ");
		pg_add_identifier(conn, &sql, report_string(table, "schema"));
		buf_add_byte(&sql, '.');
		pg_add_identifier(conn, &sql, report_string(table, "name"));
		if (rc == 0)
			rc = pg_run(conn, "analyze what was restored",
			    sql.data);
	}
	buf_release(&sql);
	return rc;
}
