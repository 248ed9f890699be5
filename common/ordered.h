/*
 * ordered: work on pieces of a stream by several threads, results in order.
 *
 * One thread owns the ring: it fills a slot, submits it, and takes the slots
 * back in the order in which they were submitted. Workers see one slot at a
 * time and nothing else. All slots are made by the caller before the start,
 * so memory does not depend on the stream.
 *
 *     while (more to come) {
 *         if ((slot = ordered_next(ring)) == NULL)
 *             it is full: ordered_take, use, ordered_release, again
 *         fill, ordered_submit
 *     }
 *     while ((slot = ordered_take(ring, true)) != NULL) use, ordered_release
 */
#ifndef ORDERED_H
#define ORDERED_H

#include <stdbool.h>
#include <stddef.h>

#include "io.h"

struct ordered;

/* Works on a slot; worker is that thread's own. Leaves its verdict in slot. */
typedef void ordered_work(void *worker, void *slot);

struct ordered_setup {
	ordered_work *work;
	void **workers;		/* one for each thread; borrowed */
	unsigned jobs;		/* threads; 1: no thread, work is in submit */
	void **slots;		/* borrowed */
	size_t slot_count;	/* of ordered_slots */
};

/* NULL: told. Threads take no signals. */
struct ordered *ordered_new(const struct ordered_setup *);

/* Ends the threads; what was submitted and not taken is dropped. */
void ordered_free(struct ordered *);

/* The slot to fill next, NULL when all are in use. */
void *ordered_next(struct ordered *);
void ordered_submit(struct ordered *);

/*
 * The oldest submitted slot, once its work is done. NULL: nothing is in the
 * ring, or it is not done and wait is false.
 */
void *ordered_take(struct ordered *, bool wait);
void ordered_release(struct ordered *);

/*
 * How many slots of so many bytes each to make for so many threads: one for
 * each thread, one being filled and one being emptied. When slots are large,
 * no more than ORDERED_MEMORY holds, but 2. More threads than slots idle.
 */
#define ORDERED_MEMORY ((size_t)64 * 1024 * 1024)	/* bytes */
#define ORDERED_SLOT_LARGE ((size_t)4 * 1024 * 1024)	/* bytes */
size_t ordered_slots(unsigned jobs, size_t slot_bytes);

#endif
