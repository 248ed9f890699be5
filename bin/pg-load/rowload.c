#include "rowload.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "buf.h"
#include "pg.h"
#include "prog.h"
#include "script.h"
#include "text.h"
#include "xalloc.h"

#define TICK 200	/* ms between two looks at the stop flags */
/*
 * Bytes given to libpq at once: it sends as much by one send(2), and its
 * buffer grows to twice of it at most.
 */
#define PIECE ((size_t)64 * 1024)
#define FROM_STDIN " FROM stdin;"

struct rowload {
	PGconn *conn;
	bool freeze;
	atomic_bool *stop;
	bool refused;		/* it was seen to say so */
	bool in_transaction;
	struct buf statement;	/* as in the dump, without its \n */
	struct buf relation;	/* of it, quoted as there */
	char sqlstate[6];
};

static bool
stopped(const struct rowload *rl)
{
	return pg_must_stop() || atomic_load(rl->stop);
}

/* The first failure is told; those that it causes elsewhere are not. */
static int
tell(struct rowload *rl, const PGresult *result)
{
	const char *primary =
	    PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
	const char *detail =
	    PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	struct buf what = BUF_INIT;
	struct buf where = BUF_INIT;

	if (stopped(rl) || atomic_exchange(rl->stop, true))
		return -1;
	memcpy(rl->sqlstate, state != NULL && strlen(state) == 5 ? state : "",
	    state != NULL && strlen(state) == 5 ? 6 : 1);
	buf_addf(&what, "load rows into %s", rl->relation.data);
	if (detail != NULL)
		buf_addf(&where, "%s\n", detail);
	if (context != NULL)
		buf_addf(&where, "%s\n", context);
	buf_addf(&where, "statement: %s", rl->statement.data);
	pg_fail_fields(state, primary != NULL ? primary :
	    PQerrorMessage(rl->conn), where.data, what.data);
	buf_release(&what);
	buf_release(&where);
	return -1;
}

/* Wait for the socket a moment; events that came, -1: we must stop. */
static int
wait_socket(struct rowload *rl, short events, int timeout)
{
	struct pollfd fd = {.fd = PQsocket(rl->conn), .events = events};

	if (stopped(rl))
		return -1;
	int n = poll(&fd, 1, timeout);

	if (n < 0 && errno != EINTR) {
		if (!atomic_exchange(rl->stop, true))
			fail(PROG_TEMPORARY, "could not wait for the server: "
			    "%m");
		return -1;
	}
	return stopped(rl) ? -1 : n <= 0 ? 0 : fd.revents;
}

/* The next result when it is there; it may be NULL. -1: told or stopped. */
static int
next_result(struct rowload *rl, PGresult **result)
{
	*result = NULL;
	while (PQisBusy(rl->conn)) {
		if (wait_socket(rl, POLLIN, TICK) < 0)
			return -1;
		if (!PQconsumeInput(rl->conn))
			return tell(rl, NULL);
	}
	*result = PQgetResult(rl->conn);
	return 0;
}

/*
 * All results of what was sent, up to one that begins a COPY. The last one is
 * for the caller to clear. NULL: told or stopped.
 */
static PGresult *
last_result(struct rowload *rl)
{
	PGresult *kept = NULL;
	PGresult *result;

	while (PQresultStatus(kept) != PGRES_COPY_IN || kept == NULL) {
		if (next_result(rl, &result) != 0) {
			PQclear(kept);
			return NULL;
		}
		if (result == NULL)
			break;
		PQclear(kept);
		kept = result;
		if (!pg_worked(kept)) {
			tell(rl, kept);
			PQclear(kept);
			return NULL;
		}
	}
	return kept;
}

/* Statements; the result is the last one's. NULL: told or stopped. */
static PGresult *
run(struct rowload *rl, const char *sql)
{
	if (stopped(rl))
		return NULL;
	if (!PQsendQuery(rl->conn, sql)) {
		tell(rl, NULL);
		return NULL;
	}
	return last_result(rl);
}

/* What a dump sets at its head and what its rows depend on. */
static int
prepare(struct rowload *rl, const struct rowload_setup *setup)
{
	struct buf sql = BUF_INIT;

	script_add_begin(&sql, rl->conn, setup->role, false);
	buf_add_string(&sql, "SET lock_timeout = 0; SET row_security = off; "
	    "SET search_path = ''; SET xmloption = content; "
	    "SET client_encoding = ");
	pg_add_literal(rl->conn, &sql, setup->encoding);
	int rc = pg_run(rl->conn, "prepare the session", sql.data);

	buf_release(&sql);
	return rc;
}

struct rowload *
rowload_open(const struct rowload_setup *setup, bool *full)
{
	PGconn *conn = pg_connect_more(setup->like, full);

	if (conn == NULL)
		return NULL;
	struct rowload *rl = xcalloc(1, sizeof *rl);

	*rl = (struct rowload){
		.conn = conn, .freeze = setup->freeze, .stop = setup->stop,
		.statement = BUF_INIT, .relation = BUF_INIT,
	};
	if (prepare(rl, setup) == 0)
		return rl;
	rowload_close(rl);
	return NULL;
}

void
rowload_close(struct rowload *rl)
{
	if (rl == NULL)
		return;
	pg_disconnect(rl->conn);
	buf_release(&rl->statement);
	buf_release(&rl->relation);
	free(rl);
}

/* Behind one name, quoted or not. */
static const char *
skip_name(const char *at)
{
	if (*at != '"')
		return at + strcspn(at, ". (");
	for (at++; *at != '\0'; at++) {
		if (*at == '"' && *++at != '"')
			break;
	}
	return at;
}

/* Take the dump's line apart. Whether it is one that pg_dump writes. */
static bool
take_statement(struct rowload *rl, const char *statement)
{
	size_t len = strlen(statement);

	while (len > 0 && statement[len - 1] == '\n')
		len--;
	buf_clear(&rl->statement);
	buf_clear(&rl->relation);
	buf_add(&rl->statement, statement, len);
	const char *begin = rl->statement.data + strlen("COPY ");

	if (!text_starts(rl->statement.data, "COPY ") ||
	    len < strlen("COPY " FROM_STDIN) || strcmp(rl->statement.data +
	    len - strlen(FROM_STDIN), FROM_STDIN) != 0)
		return false;
	const char *end = skip_name(begin);

	if (*end == '.')
		end = skip_name(end + 1);
	buf_add(&rl->relation, begin, (size_t)(end - begin));
	return true;
}

/* Whether rows can be frozen there. -1: told or stopped. */
static int
may_freeze(struct rowload *rl)
{
	struct buf sql = BUF_INIT;

	/*
	 * 2 is the heap's own access method (pg_am.dat). Whatever is in a
	 * table already, an extension's rows perhaps, must stay.
	 */
	buf_add_string(&sql, "SELECT relkind = 'r' AND relam = 2 AND "
	    "NOT EXISTS (SELECT FROM ONLY ");
	buf_add_string(&sql, rl->relation.data);
	buf_add_string(&sql, ") FROM pg_catalog.pg_class "
	    "WHERE oid = pg_catalog.to_regclass(");
	pg_add_literal(rl->conn, &sql, rl->relation.data);
	buf_add_byte(&sql, ')');
	PGresult *result = run(rl, sql.data);
	int may = result == NULL ? -1 : PQntuples(result) == 1 &&
	    PQgetvalue(result, 0, 0)[0] == 't';

	PQclear(result);
	buf_release(&sql);
	return may;
}

int
rowload_begin(struct rowload *rl, const char *statement, bool whole)
{
	struct buf sql = BUF_INIT;
	bool known = take_statement(rl, statement);
	int freeze = known && whole && rl->freeze ? may_freeze(rl) : 0;

	if (freeze < 0)
		return -1;
	if (freeze) {
		buf_addf(&sql, "BEGIN; TRUNCATE ONLY %s; ", rl->relation.data);
		buf_add(&sql, rl->statement.data, rl->statement.len - 1);
		buf_add_string(&sql, " WITH (FREEZE)");
	} else {
		buf_add_string(&sql, rl->statement.data);
	}
	PGresult *result = run(rl, sql.data);

	buf_release(&sql);
	if (result == NULL)
		return -1;
	bool copying = PQresultStatus(result) == PGRES_COPY_IN;

	PQclear(result);
	rl->in_transaction = freeze;
	if (!copying && !atomic_exchange(rl->stop, true))
		fail(PROG_PERMANENT, "cannot load rows: the server takes none "
		    "for the statement \"%s\"", rl->statement.data);
	return copying && PQsetnonblocking(rl->conn, 1) == 0 ? 0 : -1;
}

/*
 * libpq tells no error before the end of a COPY, for which there may be
 * gigabytes to go; so what the server says meanwhile is looked at before libpq
 * reads it. Encrypted, it is seen at that end.
 */
static int
hear(struct rowload *rl, int events)
{
	char type = 0;

	if ((events & POLLIN) == 0 || rl->refused)
		return 0;
	if (!PQsslInUse(rl->conn) && !PQgssEncInUse(rl->conn)) {
		ssize_t n = recv(PQsocket(rl->conn), &type, 1, MSG_PEEK |
		    MSG_DONTWAIT);

		rl->refused = n == 0 || (n == 1 && type == 'E');
	}
	/* A notice, or a parameter: libpq knows what to do with it. */
	if (!rl->refused && !PQconsumeInput(rl->conn))
		return tell(rl, NULL);
	return 0;
}

/* Until all that libpq holds is on its way. */
static int
flush(struct rowload *rl)
{
	int rc;

	while ((rc = PQflush(rl->conn)) > 0) {
		int events = wait_socket(rl, rl->refused ? POLLOUT :
		    POLLIN | POLLOUT, TICK);

		if (events < 0 || hear(rl, events) != 0)
			return -1;
	}
	return rc == 0 ? 0 : tell(rl, NULL);
}

/* End the COPY; *result is its verdict, good. -1: told or stopped. */
static int
copy_end(struct rowload *rl, PGresult **result)
{
	PGresult *rest;

	if (PQputCopyEnd(rl->conn, NULL) != 1)
		return tell(rl, NULL);
	if (flush(rl) != 0 || next_result(rl, result) != 0)
		return -1;
	if (*result == NULL || !pg_worked(*result)) {
		tell(rl, *result);
		PQclear(*result);
		return -1;
	}
	while (next_result(rl, &rest) == 0 && rest != NULL)
		PQclear(rest);
	return stopped(rl) || PQsetnonblocking(rl->conn, 0) != 0 ? -1 : 0;
}

/* Whether the server still takes rows. -1: it does not, or we must stop. */
static int
check(struct rowload *rl)
{
	PGresult *result = NULL;
	int events = wait_socket(rl, POLLIN, 0);

	if (events < 0 || hear(rl, events) != 0)
		return -1;
	if (!rl->refused)
		return 0;
	if (copy_end(rl, &result) == 0)
		PQclear(result);
	return -1;
}

int
rowload_put(struct rowload *rl, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0 && check(rl) == 0) {
		size_t n = len < PIECE ? len : PIECE;

		if (PQputCopyData(rl->conn, at, (int)n) != 1)
			return tell(rl, NULL);
		if (flush(rl) != 0)
			return -1;
		at += n;
		len -= n;
	}
	return len > 0 ? -1 : check(rl);
}

static int
commit(struct rowload *rl)
{
	PGresult *result = run(rl, "COMMIT");

	PQclear(result);
	rl->in_transaction = false;
	return result == NULL ? -1 : 0;
}

int
rowload_end(struct rowload *rl, uint64_t *rows)
{
	PGresult *result = NULL;

	if (copy_end(rl, &result) != 0)
		return -1;
	int rc = text_number(PQcmdTuples(result), rows);

	PQclear(result);
	if (rc != 0)
		return fail(PROG_BUG, "the server did not count its rows");
	return rl->in_transaction ? commit(rl) : 0;
}

const char *
rowload_relation(const struct rowload *rl)
{
	return rl->relation.data;
}

const char *
rowload_sqlstate(const struct rowload *rl)
{
	return rl->sqlstate;
}
