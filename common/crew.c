#include "crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "prog.h"
#include "xalloc.h"

#define STACK_SIZE ((size_t)256 * 1024)	/* bytes; workers are shallow */

enum state {
	FREE,
	WAITING,	/* in the queue, for a thread */
	BUSY,
};

struct worker {
	struct crew *crew;
	void *context;
	pthread_t thread;
};

struct crew {
	crew_work *work;
	void **slots;
	enum state *states;
	size_t slot_count;
	size_t *queue;		/* numbers of slots; a ring of slot_count */
	size_t first, waiting;
	size_t given;		/* slot of the owner; slot_count: none */
	unsigned busy, limit;
	bool ending;
	pthread_mutex_t lock;
	pthread_cond_t more;	/* the queue, busy, limit or ending changed */
	pthread_cond_t finished;	/* a slot became free */
	struct worker *workers;
	unsigned threads;	/* 0: the owner works */
};

static void *
run(void *opaque)
{
	struct worker *worker = opaque;
	struct crew *crew = worker->crew;

	pthread_mutex_lock(&crew->lock);
	for (;;) {
		while (!crew->ending && (crew->waiting == 0 ||
		    crew->busy >= crew->limit))
			pthread_cond_wait(&crew->more, &crew->lock);
		if (crew->ending)
			break;
		size_t i = crew->queue[crew->first];

		crew->first = (crew->first + 1) % crew->slot_count;
		crew->waiting--;
		crew->states[i] = BUSY;
		crew->busy++;
		pthread_mutex_unlock(&crew->lock);
		crew->work(worker->context, crew->slots[i]);
		pthread_mutex_lock(&crew->lock);
		crew->busy--;
		crew->states[i] = FREE;
		pthread_cond_signal(&crew->finished);
		pthread_cond_signal(&crew->more);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static int
start_threads(struct crew *crew, unsigned jobs)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error = 0;

	/* Signals are for the owner. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	while (error == 0 && crew->threads < jobs) {
		error = pthread_create(&crew->workers[crew->threads].thread,
		    &attributes, run, &crew->workers[crew->threads]);
		crew->threads += error == 0;
	}
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* Fewer threads do the same work. */
	if (error != 0 && crew->threads == 0)
		return fail(PROG_TEMPORARY, "could not start a thread");
	return 0;
}

struct crew *
crew_new(const struct crew_setup *setup)
{
	struct crew *crew = xcalloc(1, sizeof *crew);

	crew->work = setup->work;
	crew->slots = setup->slots;
	crew->slot_count = setup->slot_count;
	crew->states = xcalloc(setup->slot_count, sizeof *crew->states);
	crew->queue = xcalloc(setup->slot_count, sizeof *crew->queue);
	crew->given = setup->slot_count;
	crew->limit = setup->jobs;
	crew->workers = xcalloc(setup->jobs, sizeof *crew->workers);
	for (unsigned i = 0; i < setup->jobs; i++) {
		crew->workers[i].crew = crew;
		crew->workers[i].context = setup->workers[i];
	}
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->more, NULL);
	pthread_cond_init(&crew->finished, NULL);
	if (setup->jobs > 1 && start_threads(crew, setup->jobs) != 0) {
		crew_free(crew);
		return NULL;
	}
	return crew;
}

void
crew_free(struct crew *crew)
{
	if (crew == NULL)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->ending = true;
	pthread_cond_broadcast(&crew->more);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned i = 0; i < crew->threads; i++)
		pthread_join(crew->workers[i].thread, NULL);
	pthread_cond_destroy(&crew->finished);
	pthread_cond_destroy(&crew->more);
	pthread_mutex_destroy(&crew->lock);
	free(crew->workers);
	free(crew->queue);
	free(crew->states);
	free(crew);
}

static size_t
find_free(const struct crew *crew)
{
	size_t i = 0;

	while (i < crew->slot_count && crew->states[i] != FREE)
		i++;
	return i;
}

void *
crew_next(struct crew *crew)
{
	if (crew->given < crew->slot_count)
		return crew->slots[crew->given];
	pthread_mutex_lock(&crew->lock);
	while ((crew->given = find_free(crew)) == crew->slot_count)
		pthread_cond_wait(&crew->finished, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
	return crew->slots[crew->given];
}

void
crew_submit(struct crew *crew)
{
	size_t i = crew->given;

	crew->given = crew->slot_count;
	if (crew->threads == 0) {
		crew->work(crew->workers[0].context, crew->slots[i]);
		return;
	}
	pthread_mutex_lock(&crew->lock);
	crew->states[i] = WAITING;
	crew->queue[(crew->first + crew->waiting++) % crew->slot_count] = i;
	pthread_cond_signal(&crew->more);
	pthread_mutex_unlock(&crew->lock);
}

void
crew_wait(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	while (crew->waiting > 0 || crew->busy > 0)
		pthread_cond_wait(&crew->finished, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

void
crew_limit(struct crew *crew, unsigned limit)
{
	pthread_mutex_lock(&crew->lock);
	crew->limit = limit;
	pthread_cond_broadcast(&crew->more);
	pthread_mutex_unlock(&crew->lock);
}
