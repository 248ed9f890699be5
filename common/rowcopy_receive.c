/* What comes from the server: into chunks, and counted. */
#include <string.h>

#include "prog.h"
#include "rowcopy_task.h"

#define ROOM_MIN ((size_t)32 * 1024)	/* bytes; a smaller rest is no use */
#define LOCKED "55P03"		/* SQLSTATE of a lock that was not to be had */

/* The part whose rows come. NULL: the server answers what was not asked. */
static struct part *
coming(struct worker *w)
{
	struct task *task = w->current;

	if (task != NULL && task->coming < task->count)
		return &task->parts[task->coming];
	w->miscounted = true;
	return NULL;
}

static void
on_rows(void *context, size_t bytes, uint64_t rows)
{
	struct part *part = coming(context);

	if (part == NULL)
		return;
	part->bytes += bytes;
	part->rows += rows;
}

static void
on_copied(void *context, uint64_t rows)
{
	struct worker *w = context;
	struct part *part = coming(w);

	if (part == NULL || part->rows != rows) {
		w->miscounted = true;
		return;
	}
	part->ended = true;
	w->current->coming++;
}

static void
on_ready(void *context)
{
	struct worker *w = context;
	struct task *task = w->current;

	if (task == NULL || task->coming != task->count) {
		w->miscounted = true;
		return;
	}
	task->done = true;
	w->current = task->queued;
	w->given--;
}

const struct pg_wire_events rowcopy_receiving = {
	on_rows, on_copied, on_ready,
};

/* The name of what a worker reads, for "could not ...". */
static void
add_what(struct buf *out, const struct worker *w)
{
	const struct task *task = w->current;
	size_t i = task == NULL ? 0 : task->coming < task->count ?
	    task->coming : task->count - 1;
	const struct table *t = &w->copy->tables[task == NULL ? 0 :
	    task->table + i];

	buf_addf(out, "read table \"%s.%s\"", t->schema, t->name);
}

/* Errors of the server that mean that a name is not what it was. */
static bool
is_changed(const char *state)
{
	static const char *const states[] = {"42P01", "42703", "3F000"};

	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		if (strcmp(state, states[i]) == 0)
			return true;
	}
	return false;
}

static int
fail_worker(struct worker *w)
{
	struct buf what = BUF_INIT;

	add_what(&what, w);
	if (w->miscounted)
		fail(PROG_BUG, "could not %s: the server counted other rows "
		    "than came", what.data);
	else if (is_changed(pg_rows_state(&w->rows)))
		fail(PROG_TEMPORARY, "could not %s: it was dropped, renamed or "
		    "altered since the snapshot", what.data);
	else
		pg_rows_fail(&w->rows, what.data);
	if (strcmp(pg_rows_state(&w->rows), LOCKED) == 0)
		hint("another session waits to change the table; --jobs=1 "
		    "takes no second lock");
	buf_release(&what);
	return -1;
}

bool
worker_has_room(struct worker *w, bool ahead)
{
	if (w->filling != NULL && CHUNK_SIZE - w->filling->to >= ROOM_MIN)
		return true;
	struct chunk *chunk = output_chunk(ahead);

	if (chunk == NULL)
		return false;
	if (w->bytes == NULL)
		w->bytes = chunk;
	else
		w->filling->next = chunk;
	w->filling = chunk;
	return true;
}

ssize_t
worker_receive(struct worker *w)
{
	struct chunk *chunk = w->filling;
	ssize_t n = pg_rows_read(&w->rows, chunk->data + chunk->to,
	    CHUNK_SIZE - chunk->to);

	if (n < 0 || w->miscounted)
		return fail_worker(w);
	chunk->to += (size_t)n;
	return n;
}
