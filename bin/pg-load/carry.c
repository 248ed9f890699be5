#include "carry.h"

#include <string.h>

#include "pg.h"
#include "server.h"

static void
add_flags(struct buf *sql, PGconn *conn, const PGresult *old, const char *name)
{
	buf_add_string(sql, "ALTER DATABASE ");
	pg_add_identifier(conn, sql, name);
	buf_addf(sql, " CONNECTION LIMIT %s IS_TEMPLATE %s "
	    "ALLOW_CONNECTIONS %s;\n", server_value(old, 0, "connection_limit"),
	    server_flag(old, 0, "is_template") ? "true" : "false",
	    server_flag(old, 0, "allow_connections") ? "true" : "false");
}

/* No row: the privileges are those of any new database. */
static int
add_privileges(struct buf *sql, PGconn *conn, const PGresult *old,
    const char *name)
{
	const char *oid = server_value(old, 0, "oid");
	PGresult *list = pg_query(conn, "read the privileges",
	    "SELECT privilege_type AS privilege, is_grantable AS grantable,"
	    " CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END"
	    " AS grantee FROM pg_database d, aclexplode(datacl)"
	    " WHERE d.oid = $1::oid", 1, &oid);

	if (list == NULL)
		return -1;
	for (int i = 0; i < PQntuples(list); i++) {
		const char *grantee = server_value(list, i, "grantee");

		if (i == 0) {
			buf_add_string(sql, "REVOKE ALL ON DATABASE ");
			pg_add_identifier(conn, sql, name);
			buf_add_string(sql, " FROM PUBLIC, ");
			pg_add_identifier(conn, sql,
			    server_value(old, 0, "owner"));
			buf_add_string(sql, ";\n");
		}
		buf_addf(sql, "GRANT %s ON DATABASE ",
		    server_value(list, i, "privilege"));
		pg_add_identifier(conn, sql, name);
		buf_add_string(sql, " TO ");
		if (grantee == NULL)
			buf_add_string(sql, "PUBLIC");
		else
			pg_add_identifier(conn, sql, grantee);
		buf_add_string(sql, server_flag(list, i, "grantable") ?
		    " WITH GRANT OPTION;\n" : ";\n");
	}
	PQclear(list);
	return 0;
}

/*
 * The value of such a setting is a list with its own quotes; what the catalog
 * holds must not be quoted a second time. The server's own, marked
 * GUC_LIST_QUOTE in its guc tables, that can be set for a database.
 */
static bool
is_quoted_list(const char *setting)
{
	static const char *const lists[] = {
		"search_path", "temp_tablespaces", "local_preload_libraries",
		"session_preload_libraries",
	};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (strcasecmp(setting, lists[i]) == 0)
			return true;
	}
	return false;
}

static void
add_setting(struct buf *sql, PGconn *conn, const char *role, const char *name,
    const char *setting, const char *value)
{
	bool list = is_quoted_list(setting);

	if (list) {
		buf_add_string(sql, "SELECT pg_catalog.set_config(");
		pg_add_literal(conn, sql, setting);
		buf_add_string(sql, ", ");
		pg_add_literal(conn, sql, value);
		buf_add_string(sql, ", true);\n");
	}
	buf_add_string(sql, "ALTER ");
	if (role != NULL) {
		buf_add_string(sql, "ROLE ");
		pg_add_identifier(conn, sql, role);
		buf_add_string(sql, " IN ");
	}
	buf_add_string(sql, "DATABASE ");
	pg_add_identifier(conn, sql, name);
	buf_add_string(sql, " SET ");
	/* "app.tenant" is two identifiers. */
	const char *dot = strchr(setting, '.');
	struct buf first = BUF_INIT;

	buf_add(&first, setting, dot == NULL ? strlen(setting) :
	    (size_t)(dot - setting));
	pg_add_identifier(conn, sql, first.data);
	buf_release(&first);
	if (dot != NULL) {
		buf_add_byte(sql, '.');
		pg_add_identifier(conn, sql, dot + 1);
	}
	if (list) {
		buf_add_string(sql, " FROM CURRENT;\n");
	} else {
		buf_add_string(sql, " TO ");
		pg_add_literal(conn, sql, value);
		buf_add_string(sql, ";\n");
	}
}

static int
add_settings(struct buf *sql, PGconn *conn, const PGresult *old,
    const char *name)
{
	const char *oid = server_value(old, 0, "oid");
	PGresult *list = pg_query(conn, "read the database's settings",
	    "SELECT CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole) END"
	    " AS role, split_part(s, '=', 1) AS setting,"
	    " substr(s, strpos(s, '=') + 1) AS value"
	    " FROM pg_db_role_setting, unnest(setconfig) s"
	    " WHERE setdatabase = $1::oid", 1, &oid);

	if (list == NULL)
		return -1;
	for (int i = 0; i < PQntuples(list); i++)
		add_setting(sql, conn, server_value(list, i, "role"), name,
		    server_value(list, i, "setting"),
		    server_value(list, i, "value"));
	PQclear(list);
	return 0;
}

int
carry_over(PGconn *conn, const PGresult *old, const char *name)
{
	struct buf sql = BUF_INIT;
	int rc = -1;

	/* Several statements in one query are one transaction. */
	if (add_privileges(&sql, conn, old, name) == 0 &&
	    add_settings(&sql, conn, old, name) == 0) {
		rc = sql.len == 0 ? 0 : pg_run(conn,
		    "carry over the database's settings", sql.data);
	}
	buf_release(&sql);
	return rc;
}

void
carry_add_last(struct buf *sql, PGconn *conn, const char *name,
    const PGresult *old)
{
	const char *comment = PQntuples(old) == 1 ?
	    server_value(old, 0, "comment") : NULL;

	buf_add_string(sql, "COMMENT ON DATABASE ");
	pg_add_identifier(conn, sql, name);
	buf_add_string(sql, " IS ");
	if (comment == NULL)
		buf_add_string(sql, "NULL");
	else
		pg_add_literal(conn, sql, comment);
	buf_add_string(sql, ";\n");
	if (PQntuples(old) == 1)
		add_flags(sql, conn, old, name);
}
