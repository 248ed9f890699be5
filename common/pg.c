#include "pg.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "text.h"

#define TICK 500	/* ms between two looks at the stop flag */

/* Wait for the socket a moment. -1: a stop signal came. */
static int
wait_socket(PGconn *conn, short events)
{
	struct pollfd fd = {.fd = PQsocket(conn), .events = events};

	if (pg_must_stop())
		return -1;
	if (poll(&fd, 1, TICK) < 0 && errno != EINTR)
		return fail(PROG_TEMPORARY, "could not wait for the server: "
		    "%m");
	return pg_must_stop() ? -1 : 0;
}

/* The next result when it is complete. NULL with *rc -1: told or stopped. */
static PGresult *
next_result(PGconn *conn, const char *what, int *rc)
{
	*rc = 0;
	while (PQisBusy(conn)) {
		if (wait_socket(conn, POLLIN) != 0) {
			*rc = -1;
			return NULL;
		}
		if (!PQconsumeInput(conn)) {
			*rc = pg_fail(conn, NULL, what);
			return NULL;
		}
	}
	return PQgetResult(conn);
}

/*
 * All results of what was sent; the last one, or the first that failed. One
 * that begins a COPY is returned at once.
 */
static PGresult *
last_result(PGconn *conn, const char *what)
{
	PGresult *kept = NULL;
	int rc;

	for (;;) {
		PGresult *result = next_result(conn, what, &rc);

		if (rc != 0) {
			PQclear(kept);
			pg_cancel(conn);
			return NULL;
		}
		if (result == NULL)
			return kept;
		if (PQresultStatus(kept) == PGRES_FATAL_ERROR &&
		    kept != NULL) {
			PQclear(result);
			continue;
		}
		PQclear(kept);
		kept = result;
		if (PQresultStatus(kept) == PGRES_COPY_OUT ||
		    PQresultStatus(kept) == PGRES_COPY_IN)
			return kept;
	}
}

bool
pg_worked(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
	    status == PGRES_COPY_OUT || status == PGRES_COPY_IN;
}

PGresult *
pg_try(PGconn *conn, const char *what, const char *sql, int count,
    const char *const *params)
{
	int sent = params != NULL ? PQsendQueryParams(conn, sql, count, NULL,
	    params, NULL, NULL, 0) : PQsendQuery(conn, sql);

	if (sent)
		return last_result(conn, what);
	pg_fail(conn, NULL, what);
	return NULL;
}

PGresult *
pg_query(PGconn *conn, const char *what, const char *sql, int count,
    const char *const *params)
{
	PGresult *result = pg_try(conn, what, sql, count, params);

	if (result == NULL || pg_worked(result))
		return result;
	pg_fail(conn, result, what);
	PQclear(result);
	return NULL;
}

int
pg_run(PGconn *conn, const char *what, const char *sql)
{
	PGresult *result = pg_query(conn, what, sql, 0, NULL);

	if (result == NULL)
		return -1;
	PQclear(result);
	return 0;
}

int
pg_copy_begin(PGconn *conn, const char *what, const char *sql)
{
	PGresult *result = pg_query(conn, what, sql, 0, NULL);
	ExecStatusType status = PQresultStatus(result);

	if (result == NULL)
		return -1;
	PQclear(result);
	if (status != PGRES_COPY_OUT)
		return fail(PROG_BUG, "the statement gave no rows to copy");
	return 0;
}

static ssize_t
end_copy(PGconn *conn, const char *what, uint64_t *rows)
{
	PGresult *result = last_result(conn, what);
	int rc = 0;

	if (result == NULL)
		return -1;
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		rc = pg_fail(conn, result, what);
	else if (text_number(PQcmdTuples(result), rows) != 0)
		rc = fail(PROG_BUG, "the server did not count its rows");
	PQclear(result);
	return rc;
}

ssize_t
pg_copy_row(PGconn *conn, const char *what, char **row, uint64_t *rows)
{
	for (;;) {
		int n = PQgetCopyData(conn, row, 1);

		if (n > 0)
			return n;
		if (n == -1)
			return end_copy(conn, what, rows);
		if (n == -2)
			return pg_fail(conn, NULL, what);
		if (wait_socket(conn, POLLIN) != 0) {
			pg_cancel(conn);
			return -1;
		}
		if (!PQconsumeInput(conn))
			return pg_fail(conn, NULL, what);
	}
}

void
pg_add_identifier(PGconn *conn, struct buf *out, const char *text)
{
	char *quoted = PQescapeIdentifier(conn, text, strlen(text));

	/* Only bytes that are no text in the client's encoding fail. */
	buf_add_string(out, quoted == NULL ? "\"\"" : quoted);
	PQfreemem(quoted);
}

void
pg_add_literal(PGconn *conn, struct buf *out, const char *text)
{
	char *quoted = PQescapeLiteral(conn, text, strlen(text));

	buf_add_string(out, quoted == NULL ? "''" : quoted);
	PQfreemem(quoted);
}
