#include "load.h"

#include <string.h>

#include "database.h"
#include "pg.h"
#include "prog.h"

int
load_connect(struct load *l)
{
	/* One cannot rename the database that one is in. */
	if (strcmp(l->maintenance, l->server.database) == 0 ||
	    (l->into != NULL && strcmp(l->maintenance, l->into) == 0))
		l->maintenance = "template1";
	l->conn = server_connect(&l->server, l->maintenance);
	return l->conn == NULL ? -1 : 0;
}

int
load_lock(struct load *l, const char *name)
{
	struct buf key = BUF_INIT;

	buf_addf(&key, "%lld", (long long)name_lock_key(name));
	const char *parameter = key.data;
	PGresult *result = pg_query(l->conn, "take the lock",
	    "SELECT pg_try_advisory_lock($1::int8) AS locked", 1, &parameter);
	int rc = result == NULL ? -1 : 0;

	if (rc == 0 && !server_flag(result, 0, "locked")) {
		PGresult *holder = pg_query(l->conn, "find the lock's holder",
		    "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"
		    " AND granted AND objsubid = 1 AND database = (SELECT oid "
		    "FROM pg_database WHERE datname = current_database())"
		    " AND (classid::int8 << 32 | objid::int8) = $1::int8", 1,
		    &parameter);

		rc = fail(PROG_TEMPORARY, "another restore of \"%s\" runs "
		    "(server process %s)", name, PQntuples(holder) > 0 ?
		    server_value(holder, 0, "pid") : "unknown");
		PQclear(holder);
	}
	PQclear(result);
	buf_release(&key);
	return rc;
}

int
load_choose_old(struct load *l, struct buf *out, enum name_kind kind)
{
	time_t now = l->old_time.tv_sec != 0 ? l->old_time.tv_sec : time(NULL);

	for (unsigned try = 1; try <= 9; try++) {
		buf_clear(out);
		name_add_old(out, l->server.database, kind, now, try);
		PGresult *taken = database_look(l->conn, out->data);
		int rows = PQntuples(taken);

		PQclear(taken);
		if (taken == NULL)
			return -1;
		if (rows == 0)
			return 0;
	}
	return fail(PROG_TEMPORARY, "could not find a free name for the old "
	    "database: \"%s\" is taken", out->data);
}

/* One word for a shell, whatever it holds. */
static void
add_word(struct buf *out, const char *word)
{
	bool plain = *word != '\0';
	bool control = false;

	for (const char *c = word; *c != '\0'; c++) {
		plain = plain && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"
		    "MNOPQRSTUVWXYZ0123456789_-./:=@%+,", *c) != NULL;
		control = control || (unsigned char)*c < 0x20 || *c == 0x7f;
	}
	if (!plain)
		buf_add_string(out, control ? "$'" : "'");
	for (const char *c = word; *c != '\0'; c++) {
		if (control && ((unsigned char)*c < 0x20 || *c == 0x7f))
			buf_addf(out, "\\%03o", (unsigned)*c);
		else if (control && (*c == '\\' || *c == '\''))
			buf_addf(out, "\\%c", *c);
		else if (!plain && *c == '\'')
			buf_add_string(out, "'\\''");
		else
			buf_add_byte(out, *c);
	}
	if (!plain)
		buf_add_byte(out, '\'');
}

static void
add_option(struct buf *out, const char *option, const char *value)
{
	struct buf word = BUF_INIT;

	buf_add_string(&word, option);
	if (value != NULL)
		buf_addf(&word, "=%s", value);
	buf_add_byte(out, ' ');
	add_word(out, word.data);
	buf_release(&word);
}

void
load_add_command(struct buf *out, const struct load *l, const char *option,
    const char *value)
{
	const struct pg_options *given = &l->server.options;
	bool elsewhere = l->server.settings.len > 0;
	struct buf name = BUF_INIT;

	buf_add_string(out, prog_name());
	server_add_dbname(&name, l->server.database);
	add_option(out, "--dbname", name.data);
	if (elsewhere || given->host != NULL)
		add_option(out, "--host", PQhost(l->conn));
	if (elsewhere || given->port != NULL)
		add_option(out, "--port", PQport(l->conn));
	if (elsewhere || given->username != NULL)
		add_option(out, "--username", PQuser(l->conn));
	if (strcmp(l->maintenance, "postgres") != 0 &&
	    strcmp(l->server.database, "postgres") != 0)
		add_option(out, "--maintenance-dbname", l->maintenance);
	add_option(out, option, value);
	buf_release(&name);
}
