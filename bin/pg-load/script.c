#include "script.h"

#include <inttypes.h>

#include "count.h"
#include "pg.h"
#include "xalloc.h"

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

static struct {
	bool synchronous_commit;
	uint64_t maintenance_work_mem;
} tuning;

void
script_tune(bool synchronous_commit, uint64_t maintenance_work_mem)
{
	tuning.synchronous_commit = synchronous_commit;
	tuning.maintenance_work_mem = maintenance_work_mem;
}

char *
script_options(void)
{
	/* The swap's own commit brings all of it to disk. */
	const char *commit = tuning.synchronous_commit ?
	    "-c default_transaction_read_only=off" :
	    "-c default_transaction_read_only=off -c synchronous_commit=off";

	return tuning.maintenance_work_mem == 0 ? xstrdup(commit) :
	    xasprintf("%s -c maintenance_work_mem=%" PRIu64 "kB", commit,
	    tuning.maintenance_work_mem);
}

void
script_add_begin(struct buf *sql, PGconn *conn, const char *role,
    bool in_transaction)
{
	/* In the live database, it is the user's to lift that. */
	if (!in_transaction)
		buf_add_string(sql,
		    "SET default_transaction_read_only = off; ");
	if (!in_transaction && !tuning.synchronous_commit)
		buf_add_string(sql, "SET synchronous_commit = off; ");
	buf_add_string(sql, "SET client_min_messages = warning; "
	    "SET statement_timeout = 0; "
	    "SET idle_in_transaction_session_timeout = 0; ");
	if (tuning.maintenance_work_mem > 0)
		buf_addf(sql, "SET maintenance_work_mem = '%" PRIu64 "kB'; ",
		    tuning.maintenance_work_mem);
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
	count_add_checks(sql, conn, tables);
	buf_add_string(sql,
	    "UPDATE pg_temp.pgbackpipe_load SET checked = true;\nCOMMIT;\n");
}
