#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "pg.h"
#include "pg_text.h"
#include "prog.h"
#include "report.h"
#include "xalloc.h"

#define SERVER_MIN 100000	/* 10: snapshots of a standby, LSN functions */

/*
 * What pg_dump sets, so that rows read here are those that it would write.
 * bytea in hex and plain identifiers are for roles with settings of their own.
 */
int
snapshot_prepare(const struct snapshot *s, PGconn *conn)
{
	static const char settings[] =
	    "SELECT pg_catalog.set_config('search_path', '', false);"
	    "SET standard_conforming_strings = on;"
	    "SET datestyle = ISO;"
	    "SET intervalstyle = postgres;"
	    "SET extra_float_digits = 3;"
	    "SET bytea_output = hex;"
	    "SET quote_all_identifiers = off;"
	    "SET synchronize_seqscans = off;"
	    "SET statement_timeout = 0;"
	    "SET lock_timeout = 0;"
	    "SET idle_in_transaction_session_timeout = 0;"
	    "SET row_security = off;"
	    /* Where the server has these: */
	    "SELECT pg_catalog.set_config(name, '0', false)"
	    " FROM pg_catalog.pg_settings WHERE name IN"
	    " ('transaction_timeout', 'idle_session_timeout', 'jit');"
	    "SELECT pg_catalog.set_config(name, 'view, foreign-table', false)"
	    " FROM pg_catalog.pg_settings"
	    " WHERE name = 'restrict_nonsystem_relation_kind'";
	const char *encoding = s->encoding != NULL ? s->encoding :
	    PQparameterStatus(conn, "server_encoding");

	/* Where the server's system cannot do that, it does without. */
	static const char alive[] = "SET tcp_keepalives_idle = 60;"
	    "SET tcp_keepalives_interval = 10;"
	    "SELECT pg_catalog.set_config(name, '10s', false)"
	    " FROM pg_catalog.pg_settings"
	    " WHERE name = 'client_connection_check_interval'";

	if (PQserverVersion(conn) < SERVER_MIN)
		return fail(PROG_PERMANENT, "cannot read from a server of "
		    "version %s: it must be 10 or newer",
		    PQparameterStatus(conn, "server_version"));
	if (PQsetClientEncoding(conn, encoding) != 0)
		return fail(PROG_PERMANENT, "cannot use the encoding \"%s\": "
		    "%s", encoding, PQerrorMessage(conn));
	PGresult *result = pg_try(conn, "prepare the session", alive, 0, NULL);

	if (result == NULL)
		return -1;
	PQclear(result);
	if (pg_run(conn, "prepare the session", settings) != 0)
		return -1;
	return s->settings == NULL ? 0 :
	    pg_run(conn, "prepare the session", s->settings);
}

void
snapshot_drop_spare(struct snapshot *s)
{
	pg_disconnect(s->spare);
	s->spare = NULL;
}

PGconn *
snapshot_spare(struct snapshot *s)
{
	if (s->spare != NULL)
		return s->spare;
	s->spare = pg_connect_again(s->conn);
	if (s->spare != NULL && snapshot_prepare(s, s->spare) != 0)
		snapshot_drop_spare(s);
	return s->spare;
}

/* The process that serves this very transaction; 0: told. */
static int
serving_process(PGconn *conn)
{
	PGresult *pid = pg_query(conn, "ask for the server's process",
	    "SELECT pg_catalog.pg_backend_pid()", 0, NULL);
	int number = pid == NULL ? 0 :
	    (int)strtol(PQgetvalue(pid, 0, 0), NULL, 10);

	PQclear(pid);
	return number;
}

/*
 * Two connections that are served by the same process, or one by two, are a
 * pooler's that gives a process away after each transaction. A pooler is told
 * by the number of the process, which it makes up.
 */
static int
refuse_pooler(struct snapshot *s)
{
	int ours[3], theirs[2];

	ours[0] = serving_process(s->conn);
	if (ours[0] == 0 || ours[0] == PQbackendPID(s->conn))
		return ours[0] == 0 ? -1 : 0;
	if (snapshot_spare(s) == NULL)
		return -1;
	ours[1] = serving_process(s->conn);
	theirs[0] = serving_process(s->spare);
	ours[2] = serving_process(s->conn);
	theirs[1] = serving_process(s->spare);
	if (ours[1] == 0 || theirs[0] == 0 || ours[2] == 0 || theirs[1] == 0)
		return -1;
	if (ours[0] == ours[1] && ours[1] == ours[2] &&
	    theirs[0] == theirs[1] && ours[2] != theirs[0])
		return 0;
	fail(PROG_PERMANENT, "cannot read through a connection pooler that "
	    "gives each transaction another server process: the snapshot, the "
	    "settings and the locks belong to one");
	hint("connect to the server itself, or to a pool of sessions "
	    "(pgbouncer: pool_mode = session)");
	return -1;
}

#define EXTENSIONS_MAX 4096	/* bytes of their list */
#define FACT(value, name) UTF8_HEX(value) " AS " name

static int
read_facts(struct snapshot *s)
{
	static const char sql[] = "SELECT "
	    FACT("pg_catalog.pg_export_snapshot()", "snapshot") ", "
	    FACT("CASE WHEN pg_catalog.pg_is_in_recovery()"
	    " THEN pg_catalog.pg_last_wal_replay_lsn()"
	    " ELSE pg_catalog.pg_current_wal_lsn() END", "lsn") ", "
	    FACT("pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC',"
	    " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')", "time") ", "
	    FACT("pg_catalog.pg_is_in_recovery()", "standby") ", "
	    FACT("pg_catalog.pg_database_size(d.oid)", "size") ", "
	    FACT("d.datname", "database") ", "
	    FACT("pg_catalog.pg_encoding_to_char(d.encoding)", "encoding") ", "
	    FACT("d.datcollate", "\"collate\"") ", "
	    FACT("d.datctype", "ctype") ", "
	    FACT("CASE pg_catalog.to_jsonb(d)->>'datlocprovider'"
	    " WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END",
	    "provider") ", "
	    FACT("coalesce(pg_catalog.to_jsonb(d)->>'daticulocale',"
	    " pg_catalog.to_jsonb(d)->>'datlocale')", "icu_locale") ", "
	    FACT("pg_catalog.to_jsonb(d)->>'datcollversion'",
	    "collation_version") ", "
	    FACT("(SELECT pg_catalog.json_agg(pg_catalog.json_build_object("
	    "'name', extname, 'version', extversion) ORDER BY extname COLLATE"
	    " \"C\") FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql')",
	    "extensions") ", "
	    FACT("pg_catalog.current_setting('server_version')",
	    "server_version")
	    " FROM pg_catalog.pg_database d"
	    " WHERE d.datname = pg_catalog.current_database()";
	PGresult *facts = pg_query(s->conn, "export a snapshot", sql, 0, NULL);

	if (facts == NULL)
		return -1;
	s->facts = json_object();
	for (int i = 0; i < PQnfields(facts); i++) {
		if (!PQgetisnull(facts, 0, i))
			json_object_set_new(s->facts, PQfname(facts, i),
			    json_from_hex(PQgetvalue(facts, 0, i)));
	}
	s->name = xstrdup(report_string(s->facts, "snapshot"));
	s->standby = strcmp(report_string(s->facts, "standby"), "true") == 0;
	PQclear(facts);
	return 0;
}

int
snapshot_begin(struct snapshot *s, const struct pg_options *server,
    bool deferrable)
{
	s->conn = pg_connect(server);
	if (s->conn == NULL || snapshot_prepare(s, s->conn) != 0)
		return -1;
	if (refuse_pooler(s) != 0)
		return -1;
	if (pg_run(s->conn, "begin a transaction", deferrable ?
	    "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE" :
	    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") != 0)
		return -1;
	return read_facts(s);
}

static int
use_snapshot(const struct snapshot *s, PGconn *conn)
{
	struct buf sql = BUF_INIT;

	buf_add_string(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
	    "SET TRANSACTION SNAPSHOT ");
	pg_add_literal(conn, &sql, s->name);
	int rc = pg_run(conn, "use the snapshot in a second session",
	    sql.data);

	buf_release(&sql);
	return rc;
}

int
snapshot_join(struct snapshot *s, PGconn **conn)
{
	bool full = false;

	*conn = s->spare;
	s->spare = NULL;
	if (*conn == NULL) {
		*conn = pg_connect_more(s->conn, &full);
		if (*conn == NULL)
			return full ? 1 : -1;
		if (snapshot_prepare(s, *conn) != 0)
			return -1;
	}
	return use_snapshot(s, *conn);
}

void
snapshot_release(struct snapshot *s)
{
	snapshot_drop_spare(s);
	pg_disconnect(s->conn);
	free(s->name);
	json_decref(s->facts);
}

json_t *
snapshot_describe(const struct snapshot *s)
{
	static const char *const names[] = {
		"database", "encoding", "collate", "ctype", "provider",
		"icu_locale", "collation_version", "server_version",
	};
	const char *extensions = report_string(s->facts, "extensions");
	json_t *description = json_object();

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		json_t *value = json_object_get(s->facts, names[i]);

		if (value != NULL)
			json_object_set(description, names[i], value);
	}
	/* So many that they would fill a line of the stream are left out. */
	if (extensions[0] != '\0' && strlen(extensions) < EXTENSIONS_MAX)
		json_object_set_new(description, "extensions",
		    json_loads(extensions, 0, NULL));
	return description;
}

void
snapshot_add_report(const struct snapshot *s, json_t *report)
{
	json_object_set_new(report, "database_size_bytes", json_integer(
	    strtoll(report_string(s->facts, "size"), NULL, 10)));
	json_object_set_new(report, "snapshot", json_pack("{s:s, s:s}",
	    "lsn", report_string(s->facts, "lsn"),
	    "time", report_string(s->facts, "time")));
}
