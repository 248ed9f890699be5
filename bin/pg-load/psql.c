#define _GNU_SOURCE
#include "psql.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pg.h"
#include "pg_child.h"
#include "prog.h"
#include "text.h"

#define PIPE_SIZE (1024 * 1024)	/* bytes; the limit for unprivileged users */
#define SAID_MAX 2000	/* bytes of a line of psql's that are shown */
#define LINES_MAX 60	/* lines that are shown; a statement may be long */

/*
 * "psql:<stdin>:3: ERROR:  42P01: ...": the severity may be in any language,
 * the SQLSTATE between the blanks and the colon is not. Warnings may have that
 * of an error: the last one is the error's, at which psql stops. Whether this
 * may be it.
 */
static bool
note_sqlstate(struct psql *psql, const char *line)
{
	const char *at = strstr(line, ":  ");

	if (!text_starts(line, "psql:") || at == NULL || strlen(at) < 9 ||
	    at[8] != ':' ||
	    strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 ||
	    text_starts(at + 3, "00") || text_starts(at + 3, "01"))
		return false;
	memcpy(psql->sqlstate, at + 3, 5);
	return true;
}

/* With the line of the dump, of which psql may have seen a part alone. */
static void
show(const struct psql *psql, const char *line)
{
	static const char place[] = "psql:<stdin>:";
	char *rest = NULL;
	long long number = text_starts(line, place) ?
	    strtoll(line + strlen(place), &rest, 10) : 0;

	if (number > 0 && *rest == ':')
		warning("%s%lld%s", place, number +
		    (long long)psql->line_offset, rest);
	else
		warning("%s", line + strspn(line, "\t"));
}

/* A thread: pass on what psql says, line by line. */
static void *
listen_to(void *context)
{
	struct psql *psql = context;
	FILE *said = fdopen(psql->said, "r");
	char line[SAID_MAX];
	unsigned lines = 0;
	bool inside = false;	/* behind the first piece of a long line */

	while (said != NULL && fgets(line, sizeof line, said) != NULL) {
		size_t len = strcspn(line, "\n");
		bool ends = line[len] == '\n';

		line[len] = '\0';
		/* Where in the server's source it arose helps nobody. */
		if (!inside && !text_starts(line, "LOCATION:  ")) {
			if (note_sqlstate(psql, line))
				lines = 0;
			if (len > 0 && lines++ < LINES_MAX)
				show(psql, line);
		}
		inside = !ends;
	}
	if (said != NULL)
		fclose(said);
	return NULL;
}

/* Stop signals are for the thread that works. */
static int
start_listening(struct psql *psql)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&psql->listener, NULL, listen_to, psql);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0) {
		errno = error;
		return fail(PROG_TEMPORARY, "could not start a thread: %m");
	}
	psql->listening = true;
	return 0;
}

static int
start_child(struct psql *psql, PGconn *conn, const char *bin_dir,
    bool in_transaction)
{
	static const char *const name[] = {"psql", NULL};
	char *program = pg_child_client("psql",
	    PQserverVersion(conn) / 10000, 0, bin_dir);
	const char **environment = pg_child_environment(conn);
	const char *const argv[] = {
		program, "--no-psqlrc", "--quiet", "--no-password",
		"--echo-errors", "--set=ON_ERROR_STOP=1",
		"--set=VERBOSITY=verbose", in_transaction ?
		"--set=AUTOCOMMIT=off" : "--set=AUTOCOMMIT=on",
		"--file=-", NULL,
	};

	psql->child.argv = argv;
	psql->child.environment = environment;
	int rc = program == NULL || environment == NULL ? -1 :
	    child_start(&psql->child);

	pg_child_environment_free(environment);
	free(program);
	psql->child.argv = name;
	psql->child.environment = NULL;
	return rc;
}

int
psql_start(struct psql *psql, PGconn *conn, const char *bin_dir,
    bool in_transaction)
{
	int in[2] = {-1, -1}, err[2] = {-1, -1};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int rc = -1;

	if (null < 0 || pipe2(in, O_CLOEXEC) != 0 ||
	    pipe2(err, O_CLOEXEC) != 0) {
		fail(PROG_TEMPORARY, "could not make a pipe: %m");
		goto out;
	}
	/* Refused is fine. */
	(void)fcntl(in[1], F_SETPIPE_SZ, PIPE_SIZE);
	psql->child.in = in[0];
	psql->child.out = null;
	psql->child.err = err[1];
	if (start_child(psql, conn, bin_dir, in_transaction) != 0)
		goto out;
	psql->in = in[1];
	psql->err = err[1];
	psql->said = err[0];
	in[1] = err[0] = err[1] = -1;
	rc = start_listening(psql);
out:
	io_close(&in[0]);
	io_close(&in[1]);
	io_close(&err[0]);
	io_close(&err[1]);
	io_close(&null);
	return rc;
}

int
psql_write(struct psql *psql, const void *data, size_t len)
{
	return io_write_full(psql->in, data, len);
}

/* Everything but the child itself. */
static void
release(struct psql *psql)
{
	io_close(&psql->in);
	io_close(&psql->err);
	if (psql->listening)	/* which closes psql->said */
		pthread_join(psql->listener, NULL);
	else
		io_close(&psql->said);
	psql->listening = false;
}

int
psql_finish(struct psql *psql)
{
	io_close(&psql->in);
	io_close(&psql->err);
	int status = child_wait(&psql->child);

	release(psql);
	if (status == 0)
		psql->sqlstate[0] = '\0';
	if (status <= 0 || prog_stopping())
		return status < 0 || prog_stopping() ? -1 : 0;
	if (psql->sqlstate[0] != '\0')
		return fail(pg_exit_code(psql->sqlstate), "could not restore: "
		    "psql stopped at the error above");
	/* 1: an error of its own, 2: it lost the connection, 3: a script. */
	return fail(status == 3 ? PROG_PERMANENT : PROG_TEMPORARY,
	    "could not restore: psql failed with %s %d",
	    status > 128 ? "signal" : "status",
	    status > 128 ? status - 128 : status);
}

void
psql_kill(struct psql *psql)
{
	child_kill(&psql->child);
	release(psql);
}

bool
psql_is_running(const struct psql *psql)
{
	struct pollfd in = {.fd = psql->in, .events = 0};

	return psql->in >= 0 && poll(&in, 1, 0) == 0;
}
