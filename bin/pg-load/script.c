#include "script.h"

#include "count.h"
#include "pg.h"

/*
 * A deferred trigger runs before any COMMIT; until it is told that all was
 * checked it refuses. So not even a COMMIT in the dump itself can end the
 * transaction early.
 */
static const char guard[] =
    "CREATE TEMPORARY TABLE pgbackpipe_load (checked boolean) ON COMMIT DROP; "
    "CREATE FUNCTION pg_temp.pgbackpipe_load() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN IF NOT (SELECT checked FROM pg_temp.pgbackpipe_load) THEN RAISE"
    " EXCEPTION ''the dump ends the transaction that it is restored in'';"
    " END IF; RETURN NULL; END'; "
    "CREATE CONSTRAINT TRIGGER pgbackpipe_load AFTER INSERT ON"
    " pg_temp.pgbackpipe_load DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    " EXECUTE PROCEDURE pg_temp.pgbackpipe_load(); "
    "INSERT INTO pg_temp.pgbackpipe_load VALUES (false); ";

void
script_add_begin(struct buf *sql, PGconn *conn, const char *role,
    bool in_transaction)
{
	/* The swap's own commit brings all of it to disk. */
	if (!in_transaction)
		buf_add_string(sql, "SET synchronous_commit = off; ");
	buf_add_string(sql, "SET client_min_messages = warning; "
	    "SET statement_timeout = 0; "
	    "SET idle_in_transaction_session_timeout = 0; ");
	if (PQserverVersion(conn) >= 140000)
		buf_add_string(sql, "SET idle_session_timeout = 0; ");
	if (PQserverVersion(conn) >= 170000)
		buf_add_string(sql, "SET transaction_timeout = 0; ");
	if (role != NULL) {
		buf_add_string(sql, "SET ROLE ");
		pg_add_identifier(conn, sql, role);
		buf_add_string(sql, "; ");
	}
	if (in_transaction)
		buf_add_string(sql, guard);
}

void
script_add_end(struct buf *sql, PGconn *conn, const json_t *tables)
{
	/* The check is no part of the dump: psql need not show it. */
	buf_add_string(sql, "\n\\set ECHO none\n"
	    "SET client_encoding = 'UTF8';\n");
	count_add_check(sql, conn, tables);
	buf_add_string(sql,
	    "UPDATE pg_temp.pgbackpipe_load SET checked = true;\nCOMMIT;\n");
}
