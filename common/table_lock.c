/*
 * A snapshot does not protect from all: a table that was truncated or
 * rewritten looks empty to it, and names are looked up anew.
 */
#include "table_lock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg.h"
#include "prog.h"

/* Tables in one statement; the end of each looks at all locks so far. */
#define LOCK_BATCH 2000
#define DROPPED "42P01"	/* SQLSTATE of a relation that is not there */

/*
 * "LOCK TABLE ONLY a, ONLY b ... IN ACCESS SHARE MODE" for some tables, with
 * their names as the snapshot sees them.
 */
static int
add_lock_statement(struct snapshot *s, const struct table *tables, size_t count,
    struct buf *sql)
{
	static const char names_sql[] =
	    "SELECT pg_catalog.string_agg(pg_catalog.format('ONLY %I.%I',"
	    " n.nspname, c.relname), ', ') FROM pg_catalog.pg_class c"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE c.oid = ANY ($1::oid[])";
	struct buf oids = BUF_INIT;

	for (size_t i = 0; i < count; i++)
		buf_addf(&oids, "%c%u", i == 0 ? '{' : ',', tables[i].oid);
	buf_add_byte(&oids, '}');
	const char *param = oids.data;
	PGresult *names = pg_query(s->conn, "read names of tables", names_sql,
	    1, &param);

	buf_release(&oids);
	if (names == NULL)
		return -1;
	buf_addf(sql, "LOCK TABLE %s IN ACCESS SHARE MODE",
	    PQgetvalue(names, 0, 0));
	PQclear(names);
	return 0;
}

static int
lock_one(struct snapshot *s, const struct table *t)
{
	struct buf sql = BUF_INIT;
	struct buf what = BUF_INIT;
	PGresult *result = NULL;
	int rc = -1;

	buf_addf(&what, "lock table \"%s.%s\"", t->schema, t->name);
	if (add_lock_statement(s, t, 1, &sql) == 0)
		result = pg_try(s->conn, what.data, sql.data, 0, NULL);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (result != NULL && pg_worked(result))
		rc = 0;
	else if (state != NULL && strcmp(state, DROPPED) == 0)
		fail(PROG_TEMPORARY, "could not lock table \"%s.%s\": it was "
		    "dropped or renamed since the snapshot", t->schema,
		    t->name);
	else if (result != NULL)
		pg_fail(s->conn, result, what.data);
	PQclear(result);
	buf_release(&sql);
	buf_release(&what);
	return rc;
}

/*
 * All of a batch at once if nobody is in the way; else one by one, with
 * waiting, so that a message can name the table.
 */
static int
lock_batch(struct snapshot *s, const struct table *tables, size_t count)
{
	struct buf sql = BUF_INIT;
	PGresult *result = NULL;
	int rc = -1;

	buf_add_string(&sql, "SAVEPOINT batch; ");
	if (add_lock_statement(s, tables, count, &sql) != 0)
		goto out;
	buf_add_string(&sql, " NOWAIT");
	result = pg_try(s->conn, "lock tables", sql.data, 0, NULL);
	if (result == NULL)
		goto out;
	if (pg_worked(result)) {
		rc = pg_run(s->conn, "lock tables", "RELEASE batch");
		goto out;
	}
	if (pg_run(s->conn, "lock tables",
	    "ROLLBACK TO batch; RELEASE batch") != 0)
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (lock_one(s, &tables[i]) != 0)
			goto out;
	}
	rc = 0;
out:
	PQclear(result);
	buf_release(&sql);
	return rc;
}

/* One line for each table, with all that must not have changed. */
static const char state_sql[] = "COPY (SELECT c.oid, n.nspname, c.relname,"
    " c.relfilenode, c.relkind, (SELECT pg_catalog.string_agg("
    "a.attnum || ' ' || a.atttypid || ' ' || a.attname, ',' ORDER BY a.attnum)"
    " FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
    " AND a.attnum > 0 AND NOT a.attisdropped)"
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' ORDER BY c.oid)"
    " TO STDOUT";

struct states {
	PGconn *conn;
	char *line;	/* of the current table; NULL: no more */
	unsigned oid;
	uint64_t rows;
};

static int
next_state(struct states *states)
{
	PQfreemem(states->line);
	states->line = NULL;
	ssize_t n = pg_copy_row(states->conn, "read the state of tables",
	    &states->line, &states->rows);

	if (n <= 0) {
		states->line = NULL;
		return (int)n;
	}
	states->oid = (unsigned)strtoul(states->line, NULL, 10);
	return 0;
}

static const struct table *
find_table(const struct table *tables, size_t count, unsigned oid)
{
	for (size_t i = 0; i < count; i++) {
		if (tables[i].oid == oid)
			return &tables[i];
	}
	return NULL;
}

/* Both go by OID: a table of the snapshot must be there now, and the same. */
static int
compare(const struct table *tables, size_t count, struct states *then,
    struct states *now)
{
	if (next_state(then) != 0 || next_state(now) != 0)
		return -1;
	while (then->line != NULL) {
		bool same = now->line != NULL &&
		    strcmp(then->line, now->line) == 0;

		if (now->line != NULL && now->oid < then->oid) {
			if (next_state(now) != 0)
				return -1;
			continue;
		}
		const struct table *t = same ? NULL :
		    find_table(tables, count, then->oid);

		if (t != NULL)
			return fail(PROG_TEMPORARY, "could not read table "
			    "\"%s.%s\": it was changed (truncated, rewritten, "
			    "renamed or altered) since the snapshot",
			    t->schema, t->name);
		if (next_state(then) != 0)
			return -1;
	}
	while (now->line != NULL) {
		if (next_state(now) != 0)
			return -1;
	}
	return 0;
}

/* The second connection sees what is true now, under our locks. */
static int
check_states(struct snapshot *s, const struct table *tables, size_t count)
{
	struct states then = {.conn = s->conn};
	struct states now = {.conn = NULL};
	int rc = -1;

	now.conn = snapshot_spare(s);
	if (now.conn == NULL)
		return -1;
	if (pg_copy_begin(then.conn, "read the state of tables",
	    state_sql) == 0 &&
	    pg_copy_begin(now.conn, "read the state of tables",
	    state_sql) == 0)
		rc = compare(tables, count, &then, &now);
	PQfreemem(then.line);
	PQfreemem(now.line);
	return rc;
}

int
tables_lock(struct snapshot *s, const struct table *tables, size_t count,
    uint64_t timeout)
{
	struct buf sql = BUF_INIT;
	int rc = 0;

	buf_addf(&sql, "SET lock_timeout = %" PRIu64, timeout * 1000);
	rc = pg_run(s->conn, "set the lock time-out", sql.data);
	buf_release(&sql);
	for (size_t i = 0; i < count && rc == 0; i += LOCK_BATCH)
		rc = lock_batch(s, &tables[i], count - i < LOCK_BATCH ?
		    count - i : LOCK_BATCH);
	return rc != 0 || count == 0 ? rc : check_states(s, tables, count);
}

void
table_lock_begin(struct buf *sql)
{
	buf_add_string(sql, "SAVEPOINT locks;");
}

void
table_lock_add(struct buf *sql, const struct table *t)
{
	buf_addf(sql, "LOCK TABLE ONLY %s IN ACCESS SHARE MODE NOWAIT;",
	    t->relation);
}

void
table_lock_end(struct buf *sql)
{
	buf_add_string(sql,
	    "ROLLBACK TO SAVEPOINT locks; RELEASE SAVEPOINT locks;");
}
