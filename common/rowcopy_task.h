/*
 * rowcopy_task: what the parts of rowcopy share: tasks, which together are the
 * rows of all tables in their order, and the connections that carry them out.
 *
 *     task     a query: some small tables, one table, or some of its blocks
 *     part     what a task has of one table
 *     worker   a connection with the tasks that it was given, oldest first,
 *              and the bytes that came for them and were not passed on
 *
 * The tasks of a worker are in that order, so its bytes are too.
 */
#ifndef ROWCOPY_TASK_H
#define ROWCOPY_TASK_H

#include "output.h"
#include "pg_rows.h"
#include "rowcopy.h"

struct part {
	uint64_t bytes, rows;	/* that came */
	uint64_t passed;	/* bytes that went on to the output */
	bool begun;		/* the table's head is in the output */
	bool ended;		/* all came, and the server counted as many */
};

struct task {
	struct task *next;	/* in the order of the rows */
	struct task *queued;	/* the worker's next one */
	struct worker *worker;
	size_t table;		/* index of the first */
	bool opens, closes;	/* it has the first and the last of its rows */
	bool done;		/* the query ended */
	uint64_t size;		/* bytes on disk */
	size_t coming;		/* the part whose rows come now */
	size_t passing;		/* the part that is passed on now */
	size_t count;		/* of parts */
	struct part parts[];
};

struct worker {
	struct rowcopy *copy;
	PGconn *conn;		/* [0]: borrowed from the snapshot */
	struct pg_rows rows;
	bool leader;		/* it has all locks */
	bool miscounted;	/* the two counts of rows differ */
	size_t given;		/* tasks that are not done */
	struct task *first, *last;	/* of those not passed on */
	struct task *current;	/* the one whose rows come */
	struct chunk *bytes, *filling;	/* first and last chunk */
};

/* rowcopy_workers.c: [0] has the leader's connection. */
struct workers {
	struct worker *items;
	size_t count;
};
/* As many as were asked for, or as the server has left. */
int workers_begin(struct rowcopy *, struct workers *,
    const struct pg_wire_events *) MUSTUSE;
/* Cancels what is under way. */
void workers_end(struct workers *);

/* rowcopy_receive.c: its calls have a worker as their context. */
extern const struct pg_wire_events rowcopy_receiving;
/* A chunk with room for what comes next; ahead of its turn if there is one. */
bool worker_has_room(struct worker *, bool ahead);
/* What came, into that room: how many bytes. -1: told. */
ssize_t worker_receive(struct worker *) MUSTUSE;

/*
 * rowcopy_pass.c: the part whose turn it is, as far as its rows came. 1: it is
 * complete. -1: told.
 */
int task_pass_part(struct rowcopy *, struct task *) MUSTUSE;

/* rowcopy_plan.c */
struct plan {
	struct rowcopy *copy;
	uint64_t range;		/* bytes on disk that a task should have */
	bool split;		/* several connections: tables into ranges */
	size_t table;		/* the next one */
	uint64_t block;		/* its next block */
};
bool plan_is_done(const struct plan *);
/* The next task for this worker, which is sent its query. */
struct task *plan_next(struct plan *, struct worker *);

#endif
