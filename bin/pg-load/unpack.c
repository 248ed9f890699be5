#define _GNU_SOURCE
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pg_child.h"
#include "pgrestore.h"
#include "prog.h"
#include "xalloc.h"

#define PIECE ((size_t)64 * 1024)	/* bytes */
#define PIPE_SIZE (1024 * 1024)	/* bytes; the limit for unprivileged users */

static int
write_psql(void *context, const void *data, size_t len)
{
	return psql_write(context, data, len);
}

/* A thread: its text, but for what the server does not know. */
static void *
sieve(void *context)
{
	struct unpack *u = context;
	char *data = xmalloc(PIECE);
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = io_read_some(u->text, data, PIECE)) != 0)
		rc = n < 0 ? -1 : leaveout_feed(&u->leaveout, data, (size_t)n);
	if (rc == 0)
		rc = leaveout_end(&u->leaveout);
	u->broke = rc != 0;
	/* So that it does not wait for us. */
	io_close(&u->text);
	free(data);
	return NULL;
}

static int
start_sieve(struct unpack *u, bool drops)
{
	sigset_t all, before;

	leaveout_init(&u->leaveout);
	u->leaveout.sink = write_psql;
	u->leaveout.context = u->psql;
	u->leaveout.spare_drops = drops;
	/* Stop signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&u->thread, NULL, sieve, u);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	u->sieves = error == 0;
	errno = error;
	return error == 0 ? 0 : fail(PROG_TEMPORARY,
	    "could not start a thread: %m");
}

static void
join_sieve(struct unpack *u)
{
	struct timespec until;

	if (!u->sieves)
		return;
	do {
		/* It may wait for a psql that waits for a lock. */
		if (prog_stopping())
			child_kill(&u->psql->child);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
	} while (pthread_timedjoin_np(u->thread, NULL, &until) != 0);
	leaveout_release(&u->leaveout);
	u->sieves = false;
}

static int
start_child(struct unpack *u, const struct unpack_setup *setup, int out,
    char *program)
{
	static const char *const name[] = {"pg_restore", NULL};
	const char *argv[] = {
		program, "--exit-on-error", "--file=-", NULL, NULL, NULL, NULL,
		NULL,
	};
	size_t count = 3;

	if (setup->no_owners)
		argv[count++] = "--no-owner";
	if (setup->no_privileges)
		argv[count++] = "--no-privileges";
	if (setup->drops) {
		argv[count++] = "--clean";
		argv[count++] = "--if-exists";
	}
	u->child.argv = argv;
	u->child.out = out;
	u->child.err = u->psql->err;
	int rc = child_start(&u->child);

	u->child.argv = name;
	return rc;
}

int
unpack_start(struct unpack *u, const struct unpack_setup *setup,
    struct psql *psql)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	char *program = pgrestore_program(setup->conn, setup->archive_major,
	    setup->bin_dir);
	int rc = -1;

	u->psql = psql;
	if (program == NULL)
		return -1;
	bool sieves = setup->drops || !pgrestore_suits(setup->conn, program);

	if (pipe2(in, O_CLOEXEC) != 0 ||
	    (sieves && pipe2(out, O_CLOEXEC) != 0)) {
		fail(PROG_TEMPORARY, "could not make a pipe: %m");
		goto out;
	}
	/* Refused is fine. */
	(void)fcntl(in[1], F_SETPIPE_SZ, PIPE_SIZE);
	u->child.in = in[0];
	if (start_child(u, setup, sieves ? out[1] : psql->in, program) != 0)
		goto out;
	u->in = in[1];
	u->text = out[0];
	in[1] = out[0] = -1;
	rc = sieves ? start_sieve(u, setup->drops) : 0;
out:
	io_close(&in[0]);
	io_close(&in[1]);
	io_close(&out[0]);
	io_close(&out[1]);
	free(program);
	return rc;
}

int
unpack_write(struct unpack *u, const void *data, size_t len)
{
	return io_write_full(u->in, data, len);
}

int
unpack_end(struct unpack *u)
{
	io_close(&u->in);
	int status = child_wait(&u->child);

	join_sieve(u);
	if (status == 0)
		return u->broke ? -1 : 0;
	return status < 0 || prog_stopping() || !psql_is_running(u->psql) ?
	    -1 : 1;
}

bool
unpack_runs(const struct unpack *u)
{
	return u->child.pid > 0;
}

void
unpack_kill(struct unpack *u)
{
	io_close(&u->in);
	child_kill(&u->child);
	join_sieve(u);
	io_close(&u->text);
}
