/*
 * pg-lock: run a command while an advisory lock in the database is held.
 *
 * pg-lock --dbname=shop --key=TEXT -- COMMAND ARG...
 *
 * Standard input and output are the command's; its exit status is ours. The
 * lock belongs to the session, so it is gone when this process is, however
 * that ends. A lock that another session holds is exit 111, at once.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "child.h"
#include "digest.h"
#include "opt.h"
#include "pg.h"
#include "prog.h"

#define TICK 250	/* ms between two looks at the command */

static struct pg_options server;
static const char *key;

static const struct opt options[] = {
	PG_OPTION_ROWS(server),
	{"key", 'k', OPT_STRING, &key, "TEXT",
	    "what is locked; equal texts exclude each other", 0, 0},
};

static const struct opt_program program = {
	.name = "pg-lock",
	.synopsis = "[OPTION]... --key=TEXT -- COMMAND [ARG]...",
	.purpose = "Run COMMAND while an advisory lock in a database is held.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_min = 1,
	.operands_max = -1,
	.stop_at_operand = true,
	.notes = "The exit status is that of COMMAND; 111 when another "
	    "session holds the lock.",
};

/* The lock's number: the first 8 bytes of the text's SHA-256, signed. */
static int
lock_number(const char *text, int64_t *number)
{
	struct digest *digest = digest_new();
	char hex[DIGEST_HEX_SIZE];
	int rc = -1;

	if (digest != NULL && digest_add(digest, text, strlen(text)) == 0 &&
	    digest_finish(digest, hex) == 0) {
		hex[16] = '\0';
		*number = (int64_t)strtoull(hex, NULL, 16);
		rc = 0;
	}
	digest_free(digest);
	return rc;
}

static int
tell_holder(PGconn *conn, const char *number)
{
	static const char sql[] =
	    "SELECT l.pid, coalesce(a.application_name, ''), "
	    "coalesce(a.client_addr::text, 'a local socket'), "
	    "coalesce(a.backend_start::text, '') "
	    "FROM pg_catalog.pg_locks l "
	    "JOIN pg_catalog.pg_database d ON d.oid = l.database "
	    "LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
	    "WHERE d.datname = pg_catalog.current_database() "
	    "AND l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
	    "AND (l.classid::bigint << 32) | l.objid::bigint = $1::bigint";
	PGresult *holder = pg_query(conn, "ask who holds the lock", sql, 1,
	    &number);

	if (holder == NULL)
		return -1;
	if (PQntuples(holder) == 0)
		fail(PROG_TEMPORARY, "could not lock \"%s\" in database "
		    "\"%s\": another session held it", key, PQdb(conn));
	else
		fail(PROG_TEMPORARY, "could not lock \"%s\" in database "
		    "\"%s\": held by server process %s (\"%s\", from %s, "
		    "since %s)", key, PQdb(conn), PQgetvalue(holder, 0, 0),
		    PQgetvalue(holder, 0, 1), PQgetvalue(holder, 0, 2),
		    PQgetvalue(holder, 0, 3));
	PQclear(holder);
	return -1;
}

static int
take_lock(PGconn *conn)
{
	char number[32];
	const char *param = number;
	int64_t value;

	if (lock_number(key, &value) != 0)
		return -1;
	snprintf(number, sizeof number, "%" PRId64, value);
	/* The session waits idle for as long as the command runs. */
	if (PQserverVersion(conn) >= 140000 && pg_run(conn,
	    "prepare the session", "SET idle_session_timeout = 0") != 0)
		return -1;
	PGresult *got = pg_query(conn, "take the lock",
	    "SELECT pg_catalog.pg_try_advisory_lock($1::bigint)", 1, &param);

	if (got == NULL)
		return -1;
	bool ours = strcmp(PQgetvalue(got, 0, 0), "t") == 0;

	PQclear(got);
	return ours ? 0 : tell_holder(conn, number);
}

/*
 * Wait for the command, with an eye on the connection: the lock is lost with
 * it, and somebody should hear of that. The command goes on.
 */
static void
watch(const struct child *command, PGconn *conn)
{
	struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};
	siginfo_t end;

	for (;;) {
		end.si_pid = 0;
		if (waitid(P_PID, (id_t)command->pid, &end,
		    WEXITED | WNOHANG | WNOWAIT) != 0 || end.si_pid != 0 ||
		    prog_stopping())
			return;
		if (poll(&fd, 1, TICK) > 0 && (!PQconsumeInput(conn) ||
		    PQstatus(conn) == CONNECTION_BAD)) {
			warning("lost the connection to the server, and the "
			    "lock \"%s\" with it", key);
			fd.fd = -1;	/* poll only sleeps from now on */
		}
	}
}

int
main(int argc, char **argv)
{
	char **operands = opt_parse(&program, argc, argv);
	struct child command = CHILD_INIT;
	PGconn *conn = NULL;
	int rc = -1;

	if (key == NULL || *key == '\0') {
		fail(PROG_PERMANENT, "missing option --key");
		goto out;
	}
	prog_catch_stop();
	conn = pg_connect(&server);
	if (conn == NULL || take_lock(conn) != 0)
		goto out;
	command.argv = (const char *const *)operands;
	if (child_start(&command) != 0)
		goto out;
	watch(&command, conn);
	int status = child_wait(&command);

	/* Whatever the command's status means, it is passed on as it is. */
	rc = status > 0 ? fail_quietly(status) : status;
out:
	pg_disconnect(conn);
	return prog_finish(rc);
}
