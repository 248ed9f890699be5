#include "ordered.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "prog.h"
#include "xalloc.h"

#define STACK_SIZE ((size_t)256 * 1024)	/* bytes; workers are shallow */

struct worker {
	struct ordered *ring;
	void *context;
	pthread_t thread;
};

/*
 * Counters only grow; slot i of the ring is counter % slot_count. Slots from
 * taken to begun-1 are at the workers or done, from begun to submitted-1 wait
 * for one.
 */
struct ordered {
	ordered_work *work;
	void **slots;
	bool *done;
	size_t slot_count;
	size_t submitted, begun, taken;
	bool ending;
	pthread_mutex_t lock;
	pthread_cond_t more;	/* submitted or ending changed */
	pthread_cond_t finished;	/* some done changed */
	struct worker *workers;
	unsigned threads;	/* 0: the owner works */
};

static void *
run(void *opaque)
{
	struct worker *worker = opaque;
	struct ordered *ring = worker->ring;

	pthread_mutex_lock(&ring->lock);
	for (;;) {
		while (ring->begun == ring->submitted && !ring->ending)
			pthread_cond_wait(&ring->more, &ring->lock);
		if (ring->ending)
			break;
		size_t i = ring->begun++ % ring->slot_count;

		pthread_mutex_unlock(&ring->lock);
		ring->work(worker->context, ring->slots[i]);
		pthread_mutex_lock(&ring->lock);
		ring->done[i] = true;
		pthread_cond_signal(&ring->finished);
	}
	pthread_mutex_unlock(&ring->lock);
	return NULL;
}

static int
start_threads(struct ordered *ring, unsigned jobs)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error = 0;

	/* Signals are for the thread that reads and writes. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	while (error == 0 && ring->threads < jobs) {
		error = pthread_create(&ring->workers[ring->threads].thread,
		    &attributes, run, &ring->workers[ring->threads]);
		ring->threads += error == 0;
	}
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* Fewer threads do the same work. */
	if (error != 0 && ring->threads == 0)
		return fail(PROG_TEMPORARY, "could not start a thread");
	return 0;
}

struct ordered *
ordered_new(const struct ordered_setup *setup)
{
	struct ordered *ring = xcalloc(1, sizeof *ring);

	ring->work = setup->work;
	ring->slots = setup->slots;
	ring->slot_count = setup->slot_count;
	ring->done = xcalloc(setup->slot_count, sizeof *ring->done);
	ring->workers = xcalloc(setup->jobs, sizeof *ring->workers);
	for (unsigned i = 0; i < setup->jobs; i++) {
		ring->workers[i].ring = ring;
		ring->workers[i].context = setup->workers[i];
	}
	pthread_mutex_init(&ring->lock, NULL);
	pthread_cond_init(&ring->more, NULL);
	pthread_cond_init(&ring->finished, NULL);
	if (setup->jobs > 1 && start_threads(ring, setup->jobs) != 0) {
		ordered_free(ring);
		return NULL;
	}
	return ring;
}

void
ordered_free(struct ordered *ring)
{
	if (ring == NULL)
		return;
	pthread_mutex_lock(&ring->lock);
	ring->ending = true;
	pthread_cond_broadcast(&ring->more);
	pthread_mutex_unlock(&ring->lock);
	for (unsigned i = 0; i < ring->threads; i++)
		pthread_join(ring->workers[i].thread, NULL);
	pthread_cond_destroy(&ring->finished);
	pthread_cond_destroy(&ring->more);
	pthread_mutex_destroy(&ring->lock);
	free(ring->workers);
	free(ring->done);
	free(ring);
}

void *
ordered_next(struct ordered *ring)
{
	if (ring->submitted - ring->taken == ring->slot_count)
		return NULL;
	return ring->slots[ring->submitted % ring->slot_count];
}

void
ordered_submit(struct ordered *ring)
{
	size_t i = ring->submitted % ring->slot_count;

	if (ring->threads == 0) {
		ring->work(ring->workers[0].context, ring->slots[i]);
		ring->done[i] = true;
		ring->submitted++;
		return;
	}
	pthread_mutex_lock(&ring->lock);
	ring->done[i] = false;
	ring->submitted++;
	pthread_cond_signal(&ring->more);
	pthread_mutex_unlock(&ring->lock);
}

void *
ordered_take(struct ordered *ring, bool wait)
{
	size_t i = ring->taken % ring->slot_count;

	if (ring->taken == ring->submitted)
		return NULL;
	pthread_mutex_lock(&ring->lock);
	while (!ring->done[i] && wait)
		pthread_cond_wait(&ring->finished, &ring->lock);
	bool done = ring->done[i];

	pthread_mutex_unlock(&ring->lock);
	return done ? ring->slots[i] : NULL;
}

void
ordered_release(struct ordered *ring)
{
	ring->taken++;
}

size_t
ordered_slots(unsigned jobs, size_t slot_bytes)
{
	size_t count = jobs == 1 ? 1 : (size_t)jobs + 2;

	if (slot_bytes > ORDERED_SLOT_LARGE &&
	    count > ORDERED_MEMORY / slot_bytes)
		count = ORDERED_MEMORY / slot_bytes;
	return jobs > 1 && count < 2 ? 2 : count;
}
