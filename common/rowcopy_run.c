/*
 * The oldest task is passed on as its rows come; those of later tasks are kept
 * until it is their turn, as far as there are chunks for them. Then their
 * connections wait.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "prog.h"
#include "rowcopy_task.h"
#include "xalloc.h"

#define TICK 500		/* ms between two looks at the stop flag */
#define REST 400000L		/* ns for bytes to gather */
#define ENOUGH ((size_t)128 * 1024)	/* bytes of a round; fewer are few */
#define DEPTH ((size_t)2)	/* queries that the server has of a worker */
#define TASKS_MAX ((size_t)32)	/* of each worker, passed on or not */
#define MEMORY ((uint64_t)8 * 1024 * 1024)	/* bytes, and for each job */
#define RANGE_MIN ((uint64_t)512 * 1024)	/* bytes on disk */
#define RANGE_MAX ((uint64_t)16 * 1024 * 1024)

struct run {
	struct rowcopy *copy;
	struct plan plan;
	struct workers workers;
	struct pollfd *fds;	/* of the workers, and the output's */
	struct task *head;	/* the one that is passed on, the oldest */
	struct task **next;	/* where the next one is linked */
	size_t tasks;		/* in all */
	size_t received;	/* bytes, in the last round */
	uint64_t start;		/* offset of the first block in the stream */
	uint64_t size, passed;	/* bytes on disk: of all, and passed on */
	uint64_t expected;	/* bytes of the stream up to the last row */
};

static struct {			/* what the output's lines end in */
	char text[96], members[128];
} told;

static void
give(struct run *run, struct worker *w)
{
	struct task *task = plan_next(&run->plan, w);

	*run->next = task;
	run->next = &task->next;
	run->tasks++;
	if (w->first == NULL)
		w->first = task;
	else
		w->last->queued = task;
	w->last = task;
	if (w->current == NULL)
		w->current = task;
	w->given++;
}

/* One to each, then a second to each, so that no server process waits. */
static void
give_tasks(struct run *run)
{
	size_t limit = TASKS_MAX * run->workers.count;

	for (size_t depth = 1; depth <= DEPTH; depth++) {
		for (size_t i = 0; i < run->workers.count; i++) {
			struct worker *w = &run->workers.items[i];

			if (w->given < depth && run->tasks < limit &&
			    !plan_is_done(&run->plan))
				give(run, w);
		}
	}
}

/* For --progress: what passed, up to some rows of a task that goes on. */
static void
tell(struct run *run, size_t tables, uint64_t rows)
{
	snprintf(told.text, sizeof told.text, "%zu of %zu tables, %" PRIu64
	    " rows", tables, run->copy->count, rows);
	snprintf(told.members, sizeof told.members, "\"tables_done\":%zu,"
	    "\"tables\":%zu,\"rows\":%" PRIu64, tables, run->copy->count,
	    rows);
	output_expect(run->expected, told.text, told.members);
}

/* The rest will be as large for its size on disk as what passed. */
static void
expect(struct run *run, const struct task *task)
{
	uint64_t offset = output_offset();

	run->passed += task->size;
	double each = run->passed == 0 ? 0 : (double)(offset - run->start) /
	    (double)run->passed;
	uint64_t left = run->passed < run->size ?
	    (uint64_t)(each * (double)(run->size - run->passed)) : 0;

	run->expected = offset + left;
	tell(run, task->table + (task->closes ? task->count : 0),
	    run->copy->row_count);
}

/* Pass on all whose turn it is. */
static int
advance(struct run *run)
{
	while (run->head != NULL) {
		struct task *task = run->head;
		int rc = 1;

		while (rc > 0 && task->passing < task->count)
			rc = task_pass_part(run->copy, task);
		if (rc < 0)
			return -1;
		if (task->passing < task->count) {
			tell(run, task->table + task->passing,
			    run->copy->row_count +
			    task->parts[task->passing].rows);
			return 0;
		}
		if (!task->done)
			return 0;
		run->head = task->next;
		if (run->head == NULL)
			run->next = &run->head;
		task->worker->first = task->queued;
		run->tasks--;
		expect(run, task);
		free(task);
	}
	return 0;
}

/*
 * The server sends 8 KB at a time, and to wake us for each costs it and us
 * more than to read them: let some gather.
 */
static void
rest(struct run *run)
{
	static const struct timespec moment = {.tv_nsec = REST};

	if (run->received > 0 && run->received < ENOUGH)
		nanosleep(&moment, NULL);
	run->received = 0;
}

/* Wait until something can be done. */
static int
wait_for_work(struct run *run)
{
	size_t count = run->workers.count;
	int timeout = TICK;

	for (size_t i = 0; i < count; i++) {
		struct worker *w = &run->workers.items[i];
		struct pollfd *fd = &run->fds[i];

		*fd = (struct pollfd){.fd = -1};
		if (!pg_rows_busy(&w->rows) ||
		    !worker_has_room(w, run->head->worker != w))
			continue;
		fd->fd = PQsocket(w->conn);
		fd->events = pg_rows_events(&w->rows);
		if (pg_rows_buffered(&w->rows))
			timeout = 0;
	}
	rest(run);
	run->fds[count] = (struct pollfd){.fd = output_wakeup(),
	    .events = POLLIN};
	if (poll(run->fds, (nfds_t)count + 1, timeout) < 0 && errno != EINTR)
		return fail(PROG_TEMPORARY, "could not wait for the server: "
		    "%m");
	if (run->fds[count].revents != 0)
		output_awake();
	return prog_stopping() || output_failed() ? -1 : 0;
}

static int
run_tasks(struct run *run)
{
	for (;;) {
		give_tasks(run);
		if (run->head == NULL)
			return 0;
		if (wait_for_work(run) != 0)
			return -1;
		for (size_t i = 0; i < run->workers.count; i++) {
			struct worker *w = &run->workers.items[i];

			if (run->fds[i].fd < 0 || (run->fds[i].revents == 0 &&
			    !pg_rows_buffered(&w->rows)))
				continue;
			ssize_t n = worker_receive(w);

			if (n < 0)
				return -1;
			run->received += (size_t)n;
		}
		if (advance(run) != 0)
			return -1;
	}
}

uint64_t
rowcopy_memory(uint64_t jobs)
{
	return MEMORY * (1 + jobs);
}

/* Half of what a connection may keep, for the other half of another task. */
static uint64_t
range_size(const struct rowcopy *copy)
{
	uint64_t size = copy->memory / (2 * copy->jobs);

	return size < RANGE_MIN ? RANGE_MIN : size > RANGE_MAX ? RANGE_MAX :
	    size;
}

int
rowcopy_run(struct rowcopy *copy)
{
	struct run run = {.copy = copy, .plan = {.copy = copy}};
	int rc = -1;

	run.next = &run.head;
	if (workers_begin(copy, &run.workers, &rowcopy_receiving) != 0)
		goto out;
	run.plan.range = range_size(copy);
	run.plan.split = run.workers.count > 1;
	run.fds = xcalloc(run.workers.count + 1, sizeof *run.fds);
	run.start = output_offset();
	for (size_t i = 0; i < copy->count; i++)
		run.size += copy->tables[i].size;
	run.expected = run.start + run.size;
	tell(&run, 0, 0);
	rc = run_tasks(&run);
out:
	if (rc == 0)
		output_expect(0, told.text, told.members);
	workers_end(&run.workers);
	free(run.fds);
	return rc;
}
