/*
 * guard: run a foreign filter in the line and carry the completion mark
 * across it.
 *
 * COMMAND inherits stdin, stdout and stderr. stdout is marked in progress
 * before it starts, and complete only after it ended with status 0 and its
 * input was whole: a marked stdin pipe must be at its end and complete.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "flow.h"
#include "opt.h"
#include "pipemark.h"
#include "prog.h"

#define SIGNAL_MAX 64	/* Linux */

static bool allow_empty;

static const struct opt options[] = {
	{"allow-empty", 0, OPT_FLAG, &allow_empty, NULL,
	    "run COMMAND on an empty unmarked pipe too", 0, 0},
};

static const struct opt_program program = {
	.name = "guard",
	.synopsis = "[OPTION]... -- COMMAND [ARG]... < in > out",
	.purpose = "Run a filter that knows nothing of the completion mark "
	    "(age, zstd, pv)\nand mark its output complete only when it and "
	    "its input were.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_min = 1,
	.operands_max = -1,
	.stop_at_operand = true,
};

static bool
is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/*
 * Once the command reads, nobody can tell an input without a byte from one
 * with many. So wait for the first byte, or the end, and leave it in the pipe.
 */
static int
wait_for_input(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	if (allow_empty || !is_pipe(STDIN_FILENO))
		return 0;
	while (poll(&input, 1, -1) < 0) {
		if (errno != EINTR)
			return fail(PROG_TEMPORARY,
			    "could not wait for standard input: %m");
		if (prog_stopping())
			return -1;
	}
	return (input.revents & POLLIN) != 0 ? 0 : flow_require_upstream(false);
}

static bool
reader_is_gone(void)
{
	struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

/*
 * A foreign program's numbers are its own: 1 is "failed" nearly everywhere,
 * not our "the answer is no". Only what cannot get better by a retry is kept:
 * 100 (a wrapper that knows our codes) and the shell's "cannot be run".
 */
static int
check_status(const char *name, int status)
{
	if (status == 0)
		return 0;
	if (status == 128 + SIGPIPE && reader_is_gone())
		return prog_reader_gone();
	/* 255 is an exit status (ssh's), not a signal. */
	if (status > 128 && status <= 128 + SIGNAL_MAX)
		return fail(PROG_TEMPORARY, "program \"%s\" was killed by "
		    "signal %d (%s)", name, status - 128,
		    strsignal(status - 128));
	return fail(status == PROG_PERMANENT || status == 126 || status == 127 ?
	    PROG_PERMANENT : PROG_TEMPORARY,
	    "program \"%s\" failed with status %d", name, status);
}

/* A marked pipe must have been read to its end by the command. */
static int
check_input(const char *name)
{
	char byte;

	if (pipemark_get(STDIN_FILENO) == PIPEMARK_NONE)
		return 0;
	ssize_t n = flow_read_some(&byte, 1);

	if (n > 0)
		return fail(PROG_PERMANENT, "program \"%s\" succeeded before "
		    "it had read all its input", name);
	return n < 0 ? -1 : flow_require_upstream(true);
}

int
main(int argc, char **argv)
{
	char **command = opt_parse(&program, argc, argv);
	struct child child = CHILD_INIT;
	int rc = -1;

	prog_catch_stop();
	child.argv = (const char *const *)command;
	if (flow_begin() != 0 || wait_for_input() != 0)
		goto out;
	info("running program \"%s\"", command[0]);
	if (child_start(&child) != 0)
		goto out;
	int status = child_wait(&child);

	if (status < 0 || prog_stopping() ||
	    check_status(command[0], status) != 0 ||
	    check_input(command[0]) != 0)
		goto out;
	rc = flow_complete();
out:
	child_kill(&child);
	return prog_finish(rc);
}
