/* The connections that read rows: the leader's and others on its snapshot. */
#include <stdlib.h>
#include <string.h>

#include "rowcopy_task.h"
#include "pg.h"
#include "prog.h"
#include "xalloc.h"

/*
 * Rows come in the order of the heap, and whole: a range of blocks must be
 * read by its TIDs, and neither by an index nor by several processes.
 */
static const char rows_sql[] =
    "SELECT pg_catalog.set_config(name, 'off', false)"
    " FROM pg_catalog.pg_settings WHERE name IN"
    " ('enable_seqscan', 'enable_indexscan',"
    " 'enable_indexonlyscan', 'enable_bitmapscan');"
    "SET enable_tidscan = on;"
    "SET max_parallel_workers_per_gather = 0";

int
workers_begin(struct rowcopy *copy, struct workers *workers,
    const struct pg_wire_events *events)
{
	struct snapshot *s = copy->snapshot;
	size_t wanted = copy->jobs;

	workers->items = xcalloc(wanted, sizeof workers->items[0]);
	for (workers->count = 0; workers->count < wanted;) {
		struct worker *w = &workers->items[workers->count];

		w->leader = workers->count == 0;
		w->conn = w->leader ? s->conn : NULL;
		int rc = w->leader ? 0 : snapshot_join(s, &w->conn);

		if (rc > 0) {
			warning("the server has no more connections: %zu "
			    "instead of %zu read rows", workers->count,
			    wanted);
			break;
		}
		w->copy = copy;
		workers->count++;
		if (rc == 0)
			rc = pg_run(w->conn, "prepare the session", rows_sql);
		pg_rows_init(&w->rows, w->conn, events, w);
		if (rc != 0)
			return -1;
	}
	snapshot_drop_spare(s);
	return 0;
}

static void
drop_chunks(struct worker *w)
{
	while (w->bytes != NULL) {
		struct chunk *chunk = w->bytes;

		w->bytes = chunk->next;
		output_drop(chunk);
	}
	w->filling = NULL;
}

/* Ask the server to give up what is still under way. */
static void
cancel(const struct workers *workers)
{
	PGconn **busy = xcalloc(workers->count + 1, sizeof(PGconn *));
	size_t n = 0;

	for (size_t i = 0; i < workers->count; i++) {
		if (pg_rows_busy(&workers->items[i].rows))
			busy[n++] = workers->items[i].conn;
	}
	pg_cancel_all(busy, n);
	free(busy);
}

void
workers_end(struct workers *workers)
{
	cancel(workers);
	for (size_t i = 0; i < workers->count; i++) {
		struct worker *w = &workers->items[i];

		drop_chunks(w);
		pg_rows_release(&w->rows);
		if (!w->leader)
			pg_disconnect(w->conn);
		while (w->first != NULL) {
			struct task *task = w->first;

			w->first = task->queued;
			free(task);
		}
	}
	free(workers->items);
}
