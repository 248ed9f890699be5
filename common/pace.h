/*
 * pace: no more than so many bytes a second, of all threads that share it.
 *
 * The bytes of each call take their time on one common clock: whoever comes
 * waits until its own bytes, and all before them, are over. Nothing is saved
 * up while nobody calls, so that a pause is not followed by a burst.
 */
#ifndef PACE_H
#define PACE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct pace {
	uint64_t rate;		/* bytes a second; 0: as fast as it goes */
	pthread_mutex_t lock;	/* for what follows */
	uint64_t free_at;	/* monotonic ns: the bytes so far are over */
};

/* A static `struct pace`; the rate can be set until it is first used. */
#define PACE_INIT {.lock = PTHREAD_MUTEX_INITIALIZER}

/*
 * Of len bytes, so many as should be moved at once: about a tenth of a
 * second's, at least one. pace may be NULL: all of them.
 */
size_t pace_share(const struct pace *, size_t len);

/*
 * Wait until len bytes can go. Ends early at a stop signal, or when cancel
 * (or NULL) is set. pace may be NULL.
 */
void pace_wait(struct pace *, size_t len, const atomic_bool *cancel);

#endif
