#include "swap.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "pg.h"
#include "prog.h"
#include "server.h"

#define TICK_MS 100	/* between two looks for sessions */
#define WHAT "swap the databases"

struct swap {
	PGconn *conn, *helper;
	const struct swap_step *steps;
	size_t count;
	struct buf obstacle;	/* one that could not be told */
};

/* autovacuum's workers are ended by the rename itself. */
static PGresult *
list_sessions(struct swap *s)
{
	struct buf sql = BUF_INIT;

	buf_add_string(&sql, "SELECT pid, usename AS user,"
	    " application_name AS application FROM pg_stat_activity"
	    " WHERE backend_type IS DISTINCT FROM 'autovacuum worker'"
	    " AND datname IN (");
	for (size_t i = 0; i < s->count; i++) {
		if (i > 0)
			buf_add_byte(&sql, ',');
		pg_add_literal(s->helper, &sql, s->steps[i].from);
	}
	buf_add_byte(&sql, ')');
	PGresult *list = pg_query(s->helper, "list the sessions", sql.data, 0,
	    NULL);

	buf_release(&sql);
	return list;
}

/* One that we may not end is noted, not told: it may leave by itself. */
static void
end_session(struct swap *s, const PGresult *list, int row)
{
	const char *pid = server_value(list, row, "pid");
	const char *user = server_value(list, row, "user");
	const char *application = server_value(list, row, "application");
	PGresult *result = PQexecParams(s->helper,
	    "SELECT pg_terminate_backend($1::int)", 1, NULL, &pid, NULL, NULL,
	    0);

	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		info("ended session %s of user \"%s\", application \"%s\"",
		    pid, user == NULL ? "" : user,
		    application == NULL ? "" : application);
	} else {
		buf_clear(&s->obstacle);
		buf_addf(&s->obstacle, "session %s of user \"%s\", application "
		    "\"%s\": ", pid, user == NULL ? "" : user,
		    application == NULL ? "" : application);
		pg_add_message(&s->obstacle, PQresultErrorField(result,
		    PG_DIAG_MESSAGE_PRIMARY) == NULL ?
		    PQerrorMessage(s->helper) :
		    PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
	}
	PQclear(result);
}

static int
end_sessions(struct swap *s)
{
	PGresult *list = list_sessions(s);

	if (list == NULL)
		return -1;
	for (int i = 0; i < PQntuples(list); i++)
		end_session(s, list, i);
	PQclear(list);
	return 0;
}

/*
 * Wait for the answer, ending whoever is in the way. The result, or NULL when
 * the connection broke. After a stop signal the server is asked to give up,
 * but its word is still waited for: it may have been too late.
 */
static PGresult *
wait_result(struct swap *s)
{
	bool cancelled = false;
	PGresult *last = NULL, *next;

	while (PQisBusy(s->conn)) {
		struct pollfd fd = {.fd = PQsocket(s->conn), .events = POLLIN};

		if (prog_stopping() && !cancelled) {
			pg_cancel(s->conn);
			cancelled = true;
		}
		int n = poll(&fd, 1, TICK_MS);

		if (n > 0 && !PQconsumeInput(s->conn))
			return NULL;
		if (n == 0 && !cancelled && end_sessions(s) != 0)
			cancelled = true;
	}
	while ((next = PQgetResult(s->conn)) != NULL) {
		if (PQresultStatus(last) == PGRES_FATAL_ERROR && last != NULL) {
			PQclear(next);
		} else {
			PQclear(last);
			last = next;
		}
	}
	return last;
}

/* 0 done, 1 in use: once more, -1 told. */
static int
try_once(struct swap *s, const char *sql)
{
	int rc = -1;

	if (end_sessions(s) != 0)
		return -1;
	if (PQsendQuery(s->conn, sql) != 1)
		return pg_fail(s->conn, NULL, WHAT);
	PGresult *result = wait_result(s);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (result != NULL && PQresultStatus(result) == PGRES_COMMAND_OK)
		rc = 0;
	else if (state != NULL && strcmp(state, "55006") == 0)
		rc = 1;
	else if (PQstatus(s->conn) == CONNECTION_BAD)
		rc = fail(PROG_TEMPORARY, "lost the connection while swapping: "
		    "it may be done or not; --list-old shows");
	else
		pg_fail(s->conn, result, WHAT);
	if (rc == 1)
		info("still in use: %s",
		    PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
	PQclear(result);
	return rc;
}

static void
add_steps(struct buf *sql, const struct swap *s)
{
	for (size_t i = 0; i < s->count; i++) {
		buf_add_string(sql, "ALTER DATABASE ");
		pg_add_identifier(s->conn, sql, s->steps[i].from);
		buf_add_string(sql, " RENAME TO ");
		pg_add_identifier(s->conn, sql, s->steps[i].to);
		buf_add_string(sql, ";\n");
	}
}

int
swap_databases(PGconn *conn, PGconn *helper, const char *first,
    const struct swap_step *steps, size_t count, uint64_t timeout)
{
	struct swap s = {.conn = conn, .helper = helper, .steps = steps,
	    .count = count, .obstacle = BUF_INIT};
	struct buf sql = BUF_INIT;
	struct timespec now, begin;
	int rc;

	/*
	 * Statements of one query are one transaction, so its end is on disk
	 * only when all that was restored before without waiting is, too.
	 */
	buf_add_string(&sql, "SET LOCAL synchronous_commit = local;\n");
	buf_add_string(&sql, first);
	add_steps(&sql, &s);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		rc = try_once(&s, sql.data);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (rc == 1 && !prog_stopping() &&
	    (uint64_t)(now.tv_sec - begin.tv_sec) < timeout);
	if (rc == 1 && !prog_stopping())
		fail(PROG_TEMPORARY, "could not swap: database \"%s\" is still "
		    "in use%s%s", steps[0].from, s.obstacle.len > 0 ? ": " : "",
		    s.obstacle.data);
	buf_release(&sql);
	buf_release(&s.obstacle);
	return rc == 0 ? 0 : -1;
}
