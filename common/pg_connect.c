#define _GNU_SOURCE
#include "pg_connect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pg_error.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define SETTINGS_MAX 64	/* of a connection; libpq 17 knows 50 */
#define TOO_MANY "53300"	/* SQLSTATE: no connection is left */
#define CANCEL_WAIT 3	/* seconds */
#define TICK 500	/* ms between two looks at the stop flag */
#define END_WAIT 10000	/* ms for the server to end a session */

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

/* full: not NULL when the caller can do with fewer connections. */
static int
fail_to_connect(PGconn *conn, bool *full)
{
	struct buf raw = BUF_INIT;
	struct buf text = BUF_INIT;
	char state[6];

	split_message(PQerrorMessage(conn), &raw, state);
	pg_add_message(&text, raw.data);
	if (full != NULL && strcmp(state, TOO_MANY) == 0) {
		*full = true;
		info("no more connections: %s", text.data);
		goto out;
	}
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
out:
	buf_release(&raw);
	buf_release(&text);
	return -1;
}

/* 0 connected, 1 failed (not told), -1 stopped. */
static int
complete_connection(PGconn *conn)
{
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;

	while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
		struct pollfd fd = {.fd = PQsocket(conn), .events =
		    state == PGRES_POLLING_READING ? POLLIN : POLLOUT};

		if (pg_must_stop())
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
connect_with(const char *const *keys, const char *const *values, int expand,
    bool *full)
{
	PGconn *conn = PQconnectStartParams(keys, values, expand);
	int rc = 1;

	if (conn != NULL && PQstatus(conn) != CONNECTION_BAD) {
		PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
		rc = complete_connection(conn);
	}
	if (rc != 0) {
		if (rc > 0)
			fail_to_connect(conn, full);
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
	/* What stands before dbname, a connection string may set anew. */
	const char *keys[] = {"keepalives_idle", "keepalives_interval",
	    "keepalives_count", "dbname", "host", "port", "user",
	    "fallback_application_name", NULL};
	const char *values[] = {"60", "10", "6", options->dbname,
	    options->host, options->port, options->username, prog_name(),
	    NULL};

	if (check_string(options->dbname) != 0)
		return NULL;
	/* dbname expands first; what the other options say wins over it. */
	return connect_with(keys, values, 1, NULL);
}

PGconn *
pg_connect_more(PGconn *old, bool *full)
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
	PGconn *conn = connect_with(keys, values, 0, full);

	PQconninfoFree(options);
	return conn;
}

PGconn *
pg_connect_again(PGconn *old)
{
	return pg_connect_more(old, NULL);
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
pg_cancel_all(PGconn *const *conns, size_t count)
{
	pthread_t *threads = xcalloc(count + 1, sizeof *threads);
	struct timespec deadline;
	size_t started = 0;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += CANCEL_WAIT;
	for (size_t i = 0; i < count; i++) {
		PGcancel *cancel = PQgetCancel(conns[i]);

		if (cancel == NULL)
			continue;
		if (pthread_create(&threads[started], NULL, cancel_thread,
		    cancel) == 0)
			started++;
		else
			PQfreeCancel(cancel);
	}
	for (size_t i = 0; i < started; i++) {
		if (pthread_timedjoin_np(threads[i], NULL, &deadline) != 0)
			pthread_detach(threads[i]);
	}
	free(threads);
}

void
pg_cancel(PGconn *conn)
{
	pg_cancel_all(&conn, 1);
}

/* The server closes its end when the session and its locks are gone. */
static void
await_end(int fd)
{
	char rest[512];
	struct pollfd end = {.fd = fd, .events = POLLIN};

	while (poll(&end, 1, END_WAIT) == 1 &&
	    io_read_some(fd, rest, sizeof rest) > 0)
		;
}

void
pg_disconnect(PGconn *conn)
{
	int fd = -1;

	if (conn == NULL)
		return;
	if (PQtransactionStatus(conn) == PQTRANS_ACTIVE)
		pg_cancel(conn);
	if (PQstatus(conn) == CONNECTION_OK)
		fd = fcntl(PQsocket(conn), F_DUPFD_CLOEXEC, 0);
	PQfinish(conn);
	if (fd != -1)
		await_end(fd);
	io_close(&fd);
}
