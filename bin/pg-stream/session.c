/* The leader's connection: settings, transaction, snapshot, facts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "report.h"
#include "stream.h"
#include "text.h"
#include "xalloc.h"

#define SERVER_MIN 100000	/* 10: snapshots of a standby, LSN functions */

/*
 * What pg_dump sets, so that rows read here are those that it would write.
 * bytea in hex and plain identifiers are for roles with settings of their own.
 */
int
session_prepare(PGconn *conn)
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
	    " ('transaction_timeout', 'idle_session_timeout');"
	    "SELECT pg_catalog.set_config(name, 'view, foreign-table', false)"
	    " FROM pg_catalog.pg_settings"
	    " WHERE name = 'restrict_nonsystem_relation_kind'";
	const char *encoding = PQparameterStatus(conn, "server_encoding");

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
		return fail(PROG_PERMANENT, "cannot use the encoding \"%s\" "
		    "of the database: %s", encoding, PQerrorMessage(conn));
	PGresult *result = pg_try(conn, "prepare the session", alive, 0, NULL);

	if (result == NULL)
		return -1;
	PQclear(result);
	return pg_run(conn, "prepare the session", settings);
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
refuse_pooler(struct stream *s)
{
	int ours[3], theirs[2];

	ours[0] = serving_process(s->conn);
	if (ours[0] == 0 || ours[0] == PQbackendPID(s->conn))
		return ours[0] == 0 ? -1 : 0;
	s->spare = pg_connect_again(s->conn);
	if (s->spare == NULL || session_prepare(s->spare) != 0)
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

json_t *
json_from_hex(const char *hex)
{
	size_t len = strlen(hex) / 2;
	char *bytes = xmalloc(len + 1);
	struct buf text = BUF_INIT;

	if (text_from_hex(hex, bytes, len) != 0)
		len = 0;
	if (text_is_utf8(bytes, len)) {
		buf_add(&text, bytes, len);
	} else {
		/* SQL_ASCII holds anything: take the bytes for Latin-1. */
		for (size_t i = 0; i < len; i++) {
			unsigned char c = (unsigned char)bytes[i];

			if (c >= 0x80) {
				buf_add_byte(&text, (char)(0xc0 | c >> 6));
				c = 0x80 | (c & 0x3f);
			}
			buf_add_byte(&text, (char)c);
		}
	}
	json_t *value = json_stringn(text.data, text.len);

	buf_release(&text);
	free(bytes);
	return value;
}

/* Facts for the stream's first line and the report; by name, NULLs left out. */
static void
take_facts(struct stream *s, const PGresult *facts)
{
	static const char *const in_header[] = {
		"database", "encoding", "collate", "ctype", "provider",
		"icu_locale", "server_version",
	};
	json_t *all = json_object();

	for (int i = 0; i < PQnfields(facts); i++) {
		if (!PQgetisnull(facts, 0, i))
			json_object_set_new(all, PQfname(facts, i),
			    json_from_hex(PQgetvalue(facts, 0, i)));
	}
	s->header = json_object();
	for (size_t i = 0; i < sizeof in_header / sizeof *in_header; i++) {
		json_t *value = json_object_get(all, in_header[i]);

		if (value != NULL)
			json_object_set(s->header, in_header[i], value);
	}
	s->report = report_new();
	json_object_update(s->report, s->header);
	json_object_set_new(s->report, "format",
	    json_string(s->settings->custom ? "custom" : "sql"));
	json_object_set_new(s->report, "database_size_bytes", json_integer(
	    strtoll(report_string(all, "size"), NULL, 10)));
	json_object_set_new(s->report, "snapshot", json_pack("{s:s, s:s}",
	    "lsn", report_string(all, "lsn"),
	    "time", report_string(all, "time")));
	s->snapshot = xstrdup(report_string(all, "snapshot"));
	s->standby = strcmp(report_string(all, "standby"), "true") == 0;
	json_decref(all);
}

#define FACT(value, name) UTF8_HEX(value) " AS " name

static int
read_facts(struct stream *s)
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
	    FACT("pg_catalog.current_setting('server_version')",
	    "server_version")
	    " FROM pg_catalog.pg_database d"
	    " WHERE d.datname = pg_catalog.current_database()";
	PGresult *facts = pg_query(s->conn, "export a snapshot", sql, 0, NULL);

	if (facts == NULL)
		return -1;
	take_facts(s, facts);
	PQclear(facts);
	return 0;
}

/* Both of one release: pg_restore reads what pg_dump writes. */
int
session_check_programs(struct stream *s)
{
	int major = PQserverVersion(s->conn) / 10000;
	char *beside = xstrndup(s->pg_dump,
	    (size_t)(strrchr(s->pg_dump, '/') - s->pg_dump));

	s->pg_restore = pg_child_program("pg_restore", major, beside);
	free(beside);
	if (s->pg_restore == NULL)
		return -1;
	char *version = pg_child_version(s->pg_dump);

	json_object_set_new(s->report, "pg_dump_version",
	    json_string(version));
	free(version);
	s->keyed = pg_child_knows(s->pg_restore, "--restrict-key");
	return 0;
}

int
session_begin(struct stream *s)
{
	s->conn = pg_connect(&s->settings->server);
	if (s->conn == NULL || session_prepare(s->conn) != 0)
		return -1;
	if (refuse_pooler(s) != 0)
		return -1;
	s->environment = pg_child_environment(s->conn);
	if (s->environment == NULL || pg_run(s->conn, "begin a transaction",
	    s->settings->deferrable ?
	    "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE" :
	    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") != 0)
		return -1;
	if (read_facts(s) != 0)
		return -1;
	s->pg_dump = pg_child_program("pg_dump",
	    PQserverVersion(s->conn) / 10000, s->settings->bin_dir);
	return s->pg_dump == NULL ? -1 : 0;
}
