#include "database.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "report.h"
#include "server.h"
#include "text.h"

#define MARK "pgbackpipe: being restored"

PGresult *
database_look(PGconn *conn, const char *name)
{
	/* Columns that not every version has are looked up in j. */
	static const char sql[] =
	    "SELECT d.oid, pg_get_userbyid(datdba) AS owner,"
	    " pg_encoding_to_char(encoding) AS encoding,"
	    " datcollate AS collate, datctype AS ctype,"
	    " coalesce(j->>'datlocprovider', 'c') AS provider,"
	    " coalesce(j->>'datlocale', j->>'daticulocale') AS locale,"
	    " j->>'daticurules' AS rules, spcname AS tablespace,"
	    " shobj_description(d.oid, 'pg_database') AS comment,"
	    " datconnlimit AS connection_limit, datistemplate AS is_template,"
	    " datallowconn AS allow_connections,"
	    " pg_has_role(datdba, 'USAGE') AS owner_is_ours,"
	    " rolcreatedb OR rolsuper AS may_create, rolsuper AS superuser,"
	    " current_user AS current_user"
	    " FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace,"
	    " to_jsonb(d) j, pg_roles r"
	    " WHERE datname = $1 AND rolname = current_user";

	return pg_query(conn, "look at the database", sql, 1, &name);
}

static const char *
described(const json_t *description, const char *key)
{
	const char *value = report_string(description, key);

	return value[0] == '\0' ? NULL : value;
}

struct locale {
	const char *encoding, *collate, *ctype, *provider, *locale, *rules;
};

static struct locale
locale_of_row(const PGresult *row)
{
	return (struct locale){
		.encoding = server_value(row, 0, "encoding"),
		.collate = server_value(row, 0, "collate"),
		.ctype = server_value(row, 0, "ctype"),
		.provider = server_value(row, 0, "provider"),
		.locale = server_value(row, 0, "locale"),
		.rules = server_value(row, 0, "rules"),
	};
}

static struct locale
locale_of_description(const json_t *description)
{
	const char *icu = described(description, "icu_locale");

	return (struct locale){
		.encoding = described(description, "encoding"),
		.collate = described(description, "collate"),
		.ctype = described(description, "ctype"),
		.provider = described(description, "provider"),
		.locale = icu != NULL ? icu :
		    described(description, "locale"),
		.rules = described(description, "icu_rules"),
	};
}

static void
add_option(struct buf *sql, PGconn *conn, const char *word, const char *value)
{
	if (value == NULL)
		return;
	buf_addf(sql, " %s ", word);
	pg_add_literal(conn, sql, value);
}

/* "c", "i", "b" of the catalog, or the words of CREATE DATABASE. */
static void
add_locale(struct buf *sql, PGconn *conn, const struct locale *l)
{
	char provider = l->provider == NULL ? 'c' : l->provider[0];

	add_option(sql, conn, "ENCODING", l->encoding);
	add_option(sql, conn, "LC_COLLATE", l->collate);
	add_option(sql, conn, "LC_CTYPE", l->ctype);
	if (provider == 'i') {
		buf_add_string(sql, " LOCALE_PROVIDER icu");
		add_option(sql, conn, "ICU_LOCALE", l->locale);
		add_option(sql, conn, "ICU_RULES", l->rules);
	} else if (provider == 'b') {
		buf_add_string(sql, " LOCALE_PROVIDER builtin");
		add_option(sql, conn, "BUILTIN_LOCALE", l->locale);
	} else if (PQserverVersion(conn) >= 150000) {
		buf_add_string(sql, " LOCALE_PROVIDER libc");
	}
}

static int
create(PGconn *conn, const char *name, const PGresult *like,
    const struct locale *locale)
{
	struct buf sql = BUF_INIT;

	buf_add_string(&sql, "CREATE DATABASE ");
	pg_add_identifier(conn, &sql, name);
	buf_add_string(&sql, " TEMPLATE template0");
	if (like != NULL) {
		const char *tablespace = server_value(like, 0, "tablespace");

		if (server_flag(like, 0, "owner_is_ours")) {
			buf_add_string(&sql, " OWNER ");
			pg_add_identifier(conn, &sql,
			    server_value(like, 0, "owner"));
		}
		/* To name the default one takes a right that it has not. */
		if (strcmp(tablespace, "pg_default") != 0) {
			buf_add_string(&sql, " TABLESPACE ");
			pg_add_identifier(conn, &sql, tablespace);
		}
	}
	add_locale(&sql, conn, locale);
	int rc = pg_run(conn, "create the new database", sql.data);

	buf_clear(&sql);
	buf_add_string(&sql, "COMMENT ON DATABASE ");
	pg_add_identifier(conn, &sql, name);
	buf_add_string(&sql, " IS '" MARK "'");
	if (rc == 0)
		rc = pg_run(conn, "mark the new database", sql.data);
	buf_release(&sql);
	return rc;
}

int
database_create(PGconn *conn, const char *name, const PGresult *like,
    const json_t *description)
{
	PGresult *template = NULL;
	struct locale locale;
	int rc = -1;

	if (PQntuples(like) == 1) {
		locale = locale_of_row(like);
	} else if (described(description, "encoding") != NULL) {
		like = NULL;
		locale = locale_of_description(description);
	} else {
		like = NULL;
		template = database_look(conn, "template1");
		if (template == NULL)
			goto out;
		if (PQntuples(template) == 0) {
			fail(PROG_PERMANENT, "cannot choose a locale: there is "
			    "no template1");
			goto out;
		}
		locale = locale_of_row(template);
	}
	rc = create(conn, name, like, &locale);
	if (rc != 0 && like == NULL && template == NULL && !prog_stopping())
		hint("the dump wants encoding %s, collation %s; to have "
		    "another, create the empty database first", locale.encoding,
		    locale.collate == NULL ? "of the server" : locale.collate);
out:
	PQclear(template);
	return rc;
}

static int
end_sessions(PGconn *conn, const char *name)
{
	PGresult *result = pg_query(conn, "end the sessions",
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	    " WHERE datname = $1", 1, &name);

	PQclear(result);
	return result == NULL ? -1 : 0;
}

PGresult *
database_subscriptions(PGconn *conn, const char *name)
{
	return pg_query(conn, "list the subscriptions",
	    "SELECT subname AS name FROM pg_subscription s JOIN pg_database d"
	    " ON d.oid = subdbid WHERE datname = $1 ORDER BY 1", 1, &name);
}

/* The server drops no database that has some. */
static void
drop_subscriptions(PGconn *conn, const struct server *server,
    const char *name)
{
	PGresult *list = database_subscriptions(conn, name);
	PGconn *there = PQntuples(list) == 0 ? NULL :
	    server_connect(server, name);
	struct buf sql = BUF_INIT;

	for (int i = 0; there != NULL && i < PQntuples(list); i++) {
		static const char *const words[][2] = {
			{"ALTER SUBSCRIPTION ", " DISABLE; "},
			{"ALTER SUBSCRIPTION ", " SET (slot_name = NONE); "},
			{"DROP SUBSCRIPTION ", "; "},
		};

		for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
			buf_add_string(&sql, words[w][0]);
			pg_add_identifier(there, &sql,
			    server_value(list, i, "name"));
			buf_add_string(&sql, words[w][1]);
		}
	}
	/* Failing is told, and again by the drop. */
	(void)!(sql.len == 0 ? 0 : pg_run(there, "drop the subscriptions of "
	    "the half-restored database", sql.data));
	buf_release(&sql);
	PQclear(list);
	pg_disconnect(there);
}

int
database_drop(PGconn *conn, const struct server *server, const char *name)
{
	struct buf sql = BUF_INIT;

	drop_subscriptions(conn, server, name);
	buf_add_string(&sql, "DROP DATABASE IF EXISTS ");
	pg_add_identifier(conn, &sql, name);
	if (PQserverVersion(conn) >= 130000)
		buf_add_string(&sql, " WITH (FORCE)");
	else if (end_sessions(conn, name) != 0)
		hint("database \"%s\" may have to be dropped by hand", name);
	int rc = pg_run(conn, "drop the half-restored database", sql.data);

	buf_release(&sql);
	return rc;
}

PGresult *
database_relatives(PGconn *conn, const char *name)
{
	struct buf prefix = BUF_INIT;

	name_add_prefix(&prefix, name);
	const char *parameter = prefix.data;
	PGresult *list = pg_query(conn, "list the databases",
	    "SELECT datname AS name,"
	    " coalesce(shobj_description(oid, 'pg_database') = '" MARK "',"
	    " false) AS marked,"
	    " CASE WHEN has_database_privilege(oid, 'CONNECT')"
	    " THEN pg_database_size(oid) END AS size,"
	    " (SELECT count(*) FROM pg_stat_activity a WHERE datid = d.oid)"
	    " AS sessions FROM pg_database d"
	    " WHERE left(datname, length($1)) = $1 ORDER BY datname", 1,
	    &parameter);

	buf_release(&prefix);
	return list;
}

void
database_drop_debris(PGconn *conn, const struct server *server,
    const char *name)
{
	PGresult *list = database_relatives(conn, name);

	for (int i = 0; i < PQntuples(list); i++) {
		const char *other = server_value(list, i, "name");

		if (name_kind_of(name, other, NULL) != NAME_RESTORING)
			continue;
		/* No lock is held on it, and nobody else makes that mark. */
		if (!server_flag(list, i, "marked"))
			warning("database \"%s\" looks like the rest of a "
			    "restore, but lacks its mark: left alone; "
			    "--drop-old drops it", other);
		else if (database_drop(conn, server, other) == 0)
			info("dropped what an earlier run left: database "
			    "\"%s\"", other);
	}
	PQclear(list);
}
