#include "server.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

/* key='value', quoted as libpq wants it. */
static void
add_setting(struct buf *out, const char *key, const char *value)
{
	buf_addf(out, "%s='", key);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buf_add_byte(out, '\\');
		buf_add_byte(out, *value);
	}
	buf_add_string(out, "' ");
}

static int
take_settings(struct server *server, const PQconninfoOption *o)
{
	for (; o->keyword != NULL; o++) {
		if (o->val == NULL)
			continue;
		if (strcmp(o->keyword, "dbname") == 0) {
			server->database = xstrdup(o->val);
		} else if (strcmp(o->keyword, "password") == 0) {
			warning("the password in --dbname can be seen by other "
			    "users of this machine; use a password file or "
			    "PGPASSFILE");
			if (setenv("PGPASSWORD", o->val, 1) != 0)
				return fail(PROG_TEMPORARY,
				    "could not set the password: %m");
		} else {
			add_setting(&server->settings, o->keyword, o->val);
		}
	}
	return 0;
}

static bool
is_conninfo(const char *text)
{
	return strchr(text, '=') != NULL ||
	    text_starts(text, "postgresql://") ||
	    text_starts(text, "postgres://");
}

void
server_add_dbname(struct buf *out, const char *database)
{
	struct buf setting = BUF_INIT;

	add_setting(&setting, "dbname", database);
	if (is_conninfo(database))	/* without the blank at the end */
		buf_add(out, setting.data, setting.len - 1);
	else
		buf_add_string(out, database);
	buf_release(&setting);
}

int
server_parse(struct server *server)
{
	const char *dbname = server->options.dbname;
	char *error = NULL;
	int rc = 0;

	if (dbname == NULL)
		dbname = getenv("PGDATABASE");
	/* PGDATABASE is a name, whatever it looks like. */
	if (dbname != NULL && dbname == server->options.dbname &&
	    is_conninfo(dbname)) {
		/* libpq's own error would quote a password. */
		PQconninfoOption *parsed = PQconninfoParse(dbname, &error);

		PQfreemem(error);
		if (parsed == NULL) {
			fail(PROG_PERMANENT, "cannot use the value of --dbname:"
			    " it is neither a name nor a connection string");
			hint("a name that holds \"=\" is written --dbname=\""
			    "dbname='...'\"");
			return -1;
		}
		rc = take_settings(server, parsed);
		PQconninfoFree(parsed);
	} else if (dbname != NULL) {
		server->database = xstrdup(dbname);
	}
	if (rc == 0 && (server->database == NULL ||
	    server->database[0] == '\0'))
		rc = fail(PROG_PERMANENT, "--dbname must name the database");
	return rc;
}

void
server_release(struct server *server)
{
	free(server->database);
	buf_release(&server->settings);
}

PGconn *
server_connect(const struct server *server, const char *database)
{
	static const char calm[] = "SET search_path = ''; "
	    "SET statement_timeout = 0; SET lock_timeout = 0; "
	    "SET idle_in_transaction_session_timeout = 0; "
	    "SET default_transaction_read_only = off; "
	    "SELECT set_config(name, '0', false) FROM pg_settings "
	    "WHERE name IN ('idle_session_timeout', 'transaction_timeout')";
	struct buf conninfo = BUF_INIT;
	struct pg_options options = server->options;

	/* Idle for hours while a dump goes in; what is given wins. */
	add_setting(&conninfo, "keepalives_idle", "60");
	buf_add_string(&conninfo, server->settings.data);
	add_setting(&conninfo, "dbname", database);
	add_setting(&conninfo, "client_encoding", "UTF8");
	options.dbname = conninfo.data;
	PGconn *conn = pg_connect(&options);

	buf_release(&conninfo);
	if (conn != NULL && pg_run(conn, "prepare the session", calm) != 0) {
		pg_disconnect(conn);
		conn = NULL;
	}
	return conn;
}

void
server_drain(PGconn *conn)
{
	PGresult *result;

	while ((result = PQgetResult(conn)) != NULL)
		PQclear(result);
}

const char *
server_value(const PGresult *result, int row, const char *column)
{
	int number = PQfnumber(result, column);

	return PQgetisnull(result, row, number) ? NULL :
	    PQgetvalue(result, row, number);
}

bool
server_flag(const PGresult *result, int row, const char *column)
{
	const char *value = server_value(result, row, column);

	return value != NULL && value[0] == 't';
}
