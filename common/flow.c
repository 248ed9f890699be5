#define _GNU_SOURCE
#include "flow.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipemark.h"
#include "prog.h"

#define PIPE_SIZE (1024 * 1024)	/* bytes; the limit for unprivileged users */

static bool got_bytes;
static bool marked;
static bool unsure;	/* whether the input was all there */

void
flow_begin_sink(void)
{
	/* Larger pipes mean fewer wake-ups; refused is fine. */
	(void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
}

int
flow_begin(void)
{
	flow_begin_sink();
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
	if (pipemark_begin(STDOUT_FILENO) != 0)
		return fail(PROG_TEMPORARY, "cannot append to standard output: "
		    "an earlier writer of this pipe died");
	marked = true;
	return 0;
}

static ssize_t
check_read(ssize_t n)
{
	if (n > 0)
		got_bytes = true;
	if (n < 0 && !prog_stopping())
		return fail(PROG_TEMPORARY,
		    "could not read standard input: %m");
	return n;
}

ssize_t
flow_read(void *data, size_t len)
{
	return check_read(io_read_full(STDIN_FILENO, data, len));
}

ssize_t
flow_read_some(void *data, size_t len)
{
	return check_read(io_read_some(STDIN_FILENO, data, len));
}

int
flow_write(const void *data, size_t len)
{
	if (io_write_full(STDOUT_FILENO, data, len) == 0)
		return 0;
	if (errno == EPIPE)
		return prog_reader_gone();
	if (prog_stopping())
		return -1;
	return fail(PROG_TEMPORARY, "could not write to standard output: %m");
}

uint64_t
flow_input_size(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);

	return at < 0 || at > st.st_size ? 0 : (uint64_t)(st.st_size - at);
}

bool
flow_upstream_is_foreign(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode) &&
	    pipemark_get(STDIN_FILENO) == PIPEMARK_NONE;
}

int
flow_require_upstream(bool allow_empty)
{
	if (prog_stopping())
		return -1;
	if (pipemark_get(STDIN_FILENO) == PIPEMARK_IN_PROGRESS)
		return fail(PROG_TEMPORARY, "the input ended before its writer "
		    "finished: the program before this one failed");
	if (!got_bytes && !allow_empty && flow_upstream_is_foreign())
		return fail(PROG_TEMPORARY, "the input is empty: the program "
		    "before this one may never have started");
	/* For no bytes at all the caller has just vouched. */
	unsure = got_bytes && flow_upstream_is_foreign();
	return 0;
}

int
flow_complete(void)
{
	if (marked && unsure)
		pipemark_clear(STDOUT_FILENO);
	else if (marked)
		pipemark_complete(STDOUT_FILENO);
	return 0;
}
