#define _GNU_SOURCE
#include "pg.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "prog.h"
#include "text.h"

#define SETTINGS_MAX 64	/* of a connection; libpq 17 knows 50 */
#define CANCEL_WAIT 3	/* seconds */
#define TICK 500	/* ms between two looks at the stop flag */

static bool ignore_stop;

void
pg_ignore_stop(void)
{
	ignore_stop = true;
}

static bool
must_stop(void)
{
	return prog_stopping() && !ignore_stop;
}

int
pg_exit_code(const char *sqlstate)
{
	/* Classes of errors that may be gone later. */
	static const char *const later[] = {
		"08", "25P03", "25P04", "40", "53", "55", "57", "58", "72",
		"XX",
	};

	if (sqlstate == NULL || *sqlstate == '\0')
		return PROG_TEMPORARY;
	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		if (text_starts(sqlstate, later[i]))
			return PROG_TEMPORARY;
	}
	return PROG_PERMANENT;
}

void
pg_add_message(struct buf *out, const char *text)
{
	bool first = true;

	while (*text != '\0') {
		size_t len = strcspn(text, "\r\n");
		size_t skip = strspn(text, " \t");

		if (skip < len) {
			buf_add_string(out, first ? "" : "; ");
			buf_add(out, text + skip, len - skip);
			first = false;
		}
		text += len;
		text += strspn(text, "\r\n");
	}
	while (!first && out->data[out->len - 1] == '.')
		out->data[--out->len] = '\0';
}

int
pg_fail(PGconn *conn, const PGresult *result, const char *what)
{
	struct buf text = BUF_INIT;
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *primary =
	    PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result,
	    PG_DIAG_MESSAGE_DETAIL);
	int code = pg_exit_code(state);

	if (must_stop())
		return -1;
	pg_add_message(&text, primary != NULL ? primary :
	    PQerrorMessage(conn));
	if (detail != NULL) {
		buf_add_string(&text, " (");
		pg_add_message(&text, detail);
		buf_add_byte(&text, ')');
	}
	if (text.len == 0)
		buf_add_string(&text, "unexpected answer of the server");
	fail(code, "%s %s: %s", code == PROG_TEMPORARY ? "could not" :
	    "cannot", what, text.data);
	buf_release(&text);
	return -1;
}

/* Notices of the server: chatter, but told with -v. */
static void
on_notice(void *context, const PGresult *result)
{
	struct buf text = BUF_INIT;
	const char *primary =
	    PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	(void)context;
	pg_add_message(&text, primary == NULL ? "" : primary);
	info("server: %s", text.data);
	buf_release(&text);
}

/* A connection string is checked here: libpq's own error would quote it. */
static int
check_string(const char *dbname)
{
	char *error = NULL;
	bool password = false;

	if (dbname == NULL || (strchr(dbname, '=') == NULL &&
	    !text_starts(dbname, "postgres://") &&
	    !text_starts(dbname, "postgresql://")))
		return 0;
	PQconninfoOption *options = PQconninfoParse(dbname, &error);

	PQfreemem(error);
	if (options == NULL)
		return fail(PROG_PERMANENT, "cannot use the value of --dbname: "
		    "it is neither a name nor a connection string");
	for (PQconninfoOption *o = options; o->keyword != NULL; o++) {
		if (strcmp(o->keyword, "password") == 0 && o->val != NULL)
			password = true;
	}
	PQconninfoFree(options);
	if (password)
		warning("the password in --dbname can be seen by other users "
		    "of this machine; use a password file or PGPASSFILE");
	return 0;
}

/*
 * Verbose messages of the server begin "FATAL:  3D000: text" and end in a
 * line "LOCATION: ...": take out the SQLSTATE and that line.
 */
static void
split_message(const char *message, struct buf *text, char state[6])
{
	const char *at = strstr(message, ":  ");
	const char *location = strstr(message, "\nLOCATION:");

	state[0] = '\0';
	if (at != NULL && strlen(at) > 10 && at[8] == ':' &&
	    strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") >= 5) {
		memcpy(state, at + 3, 5);
		state[5] = '\0';
		buf_add(text, message, (size_t)(at - message) + 2);
		message = at + 9;
	}
	buf_add(text, message, location != NULL && location > message ?
	    (size_t)(location - message) : strlen(message));
}

static int
fail_to_connect(PGconn *conn)
{
	struct buf raw = BUF_INIT;
	struct buf text = BUF_INIT;
	char state[6];

	split_message(PQerrorMessage(conn), &raw, state);
	pg_add_message(&text, raw.data);
	int code = PQconnectionNeedsPassword(conn) ? PROG_PERMANENT :
	    pg_exit_code(state);

	fail(code, "%s connect to database \"%s\": %s",
	    code == PROG_TEMPORARY ? "could not" : "cannot",
	    PQdb(conn) == NULL ? "" : PQdb(conn), text.data);
	if (PQconnectionNeedsPassword(conn))
		hint("give the password by a password file (~/.pgpass, "
		    "PGPASSFILE) or by PGPASSWORD");
	else if (state[0] == '\0')
		hint("--host and --port (or PGHOST and PGPORT) say where the "
		    "server is");
	buf_release(&raw);
	buf_release(&text);
	return -1;
}

/* Wait for the socket a moment. -1: a stop signal came. */
static int
wait_socket(PGconn *conn, short events)
{
	struct pollfd fd = {.fd = PQsocket(conn), .events = events};

	if (must_stop())
		return -1;
	if (poll(&fd, 1, TICK) < 0 && errno != EINTR)
		return fail(PROG_TEMPORARY, "could not wait for the server: "
		    "%m");
	return must_stop() ? -1 : 0;
}

/* 0 connected, 1 failed (not told), -1 stopped. */
static int
complete_connection(PGconn *conn)
{
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;

	while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
		struct pollfd fd = {.fd = PQsocket(conn), .events =
		    state == PGRES_POLLING_READING ? POLLIN : POLLOUT};

		if (must_stop())
			return -1;
		int n = poll(&fd, 1, TICK);

		if (n < 0 && errno != EINTR)
			return 1;
		if (n > 0)
			state = PQconnectPoll(conn);
	}
	return state == PGRES_POLLING_OK ? 0 : 1;
}

static PGconn *
connect_with(const char *const *keys, const char *const *values, int expand)
{
	PGconn *conn = PQconnectStartParams(keys, values, expand);
	int rc = 1;

	if (conn != NULL && PQstatus(conn) != CONNECTION_BAD) {
		PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
		rc = complete_connection(conn);
	}
	if (rc != 0) {
		if (rc > 0)
			fail_to_connect(conn);
		PQfinish(conn);
		return NULL;
	}
	PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
	PQsetNoticeReceiver(conn, on_notice, NULL);
	return conn;
}

PGconn *
pg_connect(const struct pg_options *options)
{
	const char *keys[] = {"dbname", "host", "port", "user",
	    "fallback_application_name", NULL};
	const char *values[] = {options->dbname, options->host, options->port,
	    options->username, prog_name(), NULL};

	if (check_string(options->dbname) != 0)
		return NULL;
	/* dbname expands first; what the other options say wins over it. */
	return connect_with(keys, values, 1);
}

PGconn *
pg_connect_again(PGconn *old)
{
	const char *keys[SETTINGS_MAX + 1] = {NULL};
	const char *values[SETTINGS_MAX + 1] = {NULL};
	PQconninfoOption *options = PQconninfo(old);
	size_t n = 0;

	for (const PQconninfoOption *o = options;
	    o != NULL && o->keyword != NULL && n < SETTINGS_MAX; o++) {
		const char *value = strcmp(o->keyword, "host") == 0 ?
		    PQhost(old) : strcmp(o->keyword, "hostaddr") == 0 ?
		    PQhostaddr(old) : strcmp(o->keyword, "port") == 0 ?
		    PQport(old) : strcmp(o->keyword, "password") == 0 ?
		    PQpass(old) : o->val;

		if (value == NULL || *value == '\0' ||
		    strcmp(o->keyword, "service") == 0)
			continue;
		keys[n] = o->keyword;
		values[n++] = value;
	}
	PGconn *conn = connect_with(keys, values, 0);

	PQconninfoFree(options);
	return conn;
}

void
pg_disconnect(PGconn *conn)
{
	if (conn == NULL)
		return;
	if (PQtransactionStatus(conn) == PQTRANS_ACTIVE)
		pg_cancel(conn);
	PQfinish(conn);
}

static void *
cancel_thread(void *cancel)
{
	char error[256];

	if (!PQcancel(cancel, error, sizeof error))
		info("could not cancel a query: %s", error);
	PQfreeCancel(cancel);
	return NULL;
}

/*
 * A cancel is a connection of its own, and a server that is out of reach
 * would hold it up for minutes: then it is left behind.
 */
void
pg_cancel(PGconn *conn)
{
	PGcancel *cancel = PQgetCancel(conn);
	struct timespec deadline;
	pthread_t thread;

	if (cancel == NULL)
		return;
	if (pthread_create(&thread, NULL, cancel_thread, cancel) != 0) {
		PQfreeCancel(cancel);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += CANCEL_WAIT;
	if (pthread_timedjoin_np(thread, NULL, &deadline) != 0)
		pthread_detach(thread);
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
	int sent = count > 0 ? PQsendQueryParams(conn, sql, count, NULL,
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
