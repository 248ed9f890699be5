/*
 * crew: work on pieces by several threads, done in any order. (See ordered for
 * results in order.)
 *
 * One thread, the owner, fills a slot and submits it; it gets the slot back
 * from crew_next when the work is done, whichever is done first: a piece that
 * takes long holds no other slot. All slots are made by the caller before the
 * start, so memory does not depend on the stream.
 *
 *     while (more to come) { slot = crew_next; fill it; crew_submit }
 *     crew_wait
 */
#ifndef CREW_H
#define CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "io.h"

struct crew;

/* Works on a slot; worker is that thread's own. Leaves its verdict in slot. */
typedef void crew_work(void *worker, void *slot);

struct crew_setup {
	crew_work *work;
	void **workers;		/* one for each thread; borrowed */
	unsigned jobs;		/* threads; 1: no thread, work is in submit */
	void **slots;		/* borrowed */
	size_t slot_count;
};

/* NULL: told. Threads take no signals. */
struct crew *crew_new(const struct crew_setup *);

/*
 * Ends the threads when their work is done; what was submitted and not begun is
 * dropped.
 */
void crew_free(struct crew *);

/*
 * A slot that nobody works on; waits for one. The same until it is submitted,
 * the first of all at the beginning.
 */
void *crew_next(struct crew *);

/* The slot that crew_next gave. */
void crew_submit(struct crew *);

/* Until no slot is worked on. */
void crew_wait(struct crew *);

/*
 * Work begins only while fewer than so many (at least 1) are under way. Any
 * thread may call it.
 */
void crew_limit(struct crew *, unsigned limit);

#endif
