/*
 * The custom stream: pg_dump's own archive as it comes, and the count of rows
 * of each of its tables, taken beside it in the same snapshot under the same
 * locks.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "counts.h"
#include "prog.h"
#include "stream.h"
#include "table_lock.h"
#include "xalloc.h"

#define PIECE ((size_t)64 * 1024)	/* bytes */
#define TICK 500	/* ms between two looks at the stop flag */

/* A piece of the archive. 1: that was all. */
static int
pass(int in)
{
	char piece[PIECE];
	ssize_t n = io_read_some(in, piece, sizeof piece);

	if (n < 0)
		return prog_stopping() ? -1 : fail(PROG_TEMPORARY,
		    "could not read from pg_dump: %m");
	return n == 0 ? 1 : output_add(piece, (size_t)n);
}

/* The end of pg_dump: what it says of a failure comes before our own. */
static int
end_dump(struct pg_child *child, int *in)
{
	io_close(in);
	return pg_child_end(child);
}

/*
 * The archive and the counts, side by side. The others begin to count once
 * pg_dump writes: then it has its connection, and reads rows.
 */
static int
pass_and_count(struct counts *c, struct pg_child *child, int *in,
    struct pollfd *fds)
{
	bool began = false;
	int rc = 0;

	while (rc == 0 && (*in >= 0 || !counts_are_done(c))) {
		size_t n = counts_poll(c, fds);

		fds[n] = (struct pollfd){.fd = *in, .events = POLLIN};
		if (poll(fds, (nfds_t)n + 1, TICK) < 0 && errno != EINTR)
			return fail(PROG_TEMPORARY, "could not wait for the "
			    "server: %m");
		if (prog_stopping())
			return -1;
		if (fds[n].revents != 0)
			rc = pass(*in);
		if (rc > 0)
			rc = end_dump(child, in);
		if (rc == 0)
			rc = fds[n].revents != 0 && !began ? counts_join(c) :
			    counts_go_on(c);
		began = began || fds[n].revents != 0;
	}
	return rc;
}

static int
dump(struct stream *s)
{
	struct pg_child child = PG_CHILD_INIT;
	struct arguments a = {0};
	struct counts counts = {0};
	struct pollfd *fds = xcalloc(s->settings->jobs + 1, sizeof *fds);
	int in = -1;
	int rc = -1;

	arguments_add_dump(&a, s);
	arguments_add_selection(&a, s);
	arguments_add(&a, "--format=custom");
	if (s->settings->data_only)
		arguments_add(&a, "--data-only");
	if (s->settings->compress != NULL) {
		arguments_add(&a, "--compress");
		arguments_add(&a, s->settings->compress);
	}
	/* It may be the last one that the server has. */
	snapshot_drop_spare(&s->snapshot);
	in = dump_to_pipe(s, &a, &child);
	if (in < 0)
		goto out;
	if (counts_begin(&counts, s) == 0)
		rc = pass_and_count(&counts, &child, &in, fds);
out:
	pg_child_kill(&child);
	counts_end(&counts);
	free(fds);
	io_close(&in);
	arguments_release(&a);
	return rc;
}

int
custom_stream(struct stream *s)
{
	struct restoring list = RESTORING_INIT;
	int toc = -1;

	if (tables_list(s) != 0 || archive_make(s, ARCHIVE_SCHEMA) != 0)
		return -1;
	if (archive_start_list(s, &list) == 0)
		toc = archive_end(&list);
	archive_release(&list);
	if (toc < 0 || tables_select(s, toc) != 0 ||
	    tables_lock(&s->snapshot, s->tables, s->count,
	    s->settings->snapshot.lock_timeout) != 0 ||
	    tables_describe(s) != 0)
		return -1;
	return dump(s);
}
