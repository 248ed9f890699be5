/* The connections' side of a deal: see deal.h. */
#include "deal_work.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "prog.h"
#include "xalloc.h"

#define TICK 200	/* ms between two looks at the stop flag */

static void
fail_all(struct worker *w)
{
	struct deal *d = w->deal;
	uint64_t one = 1;

	atomic_store(&d->stop, true);
	pthread_mutex_lock(&d->mutex);
	d->failed = true;
	if (d->sqlstate[0] == '\0')
		memcpy(d->sqlstate, rowload_sqlstate(w->rowload),
		    sizeof d->sqlstate);
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->mutex);
	if (io_write_full(d->failed_fd, &one, sizeof one) != 0)
		warning("could not wake up the reader: %m");
}

/* The end of this connection's share of a block. */
static int
end_block(struct worker *w)
{
	uint64_t rows;

	w->open = false;
	if (rowload_end(w->rowload, &rows) != 0)
		return -1;
	if (rows == w->rows)
		return 0;
	if (!atomic_exchange(&w->deal->stop, true))
		fail(PROG_PERMANENT, "cannot load rows into %s: of %" PRIu64
		    " the server took %" PRIu64,
		    rowload_relation(w->rowload), w->rows, rows);
	return -1;
}

static int
load_chunk(struct worker *w, const struct chunk *c)
{
	if (w->open && w->block != c->block && end_block(w) != 0)
		return -1;
	if (!w->open) {
		if (rowload_begin(w->rowload, c->statement.data, c->whole) !=
		    0)
			return -1;
		w->open = true;
		w->block = c->block;
		w->rows = 0;
	}
	if (rowload_put(w->rowload, c->data, c->len) != 0)
		return -1;
	w->rows += c->rows;
	return c->last && c->whole ? end_block(w) : 0;
}

void
deal_wait_tick(struct deal *d)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += TICK * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&d->changed, &d->mutex, &until);
}

/* The next chunk for this connection, or NULL. */
static struct chunk *
next_chunk(struct worker *w)
{
	struct deal *d = w->deal;
	struct chunk **at = &d->first, *c;

	while ((c = *at) != NULL &&
	    (w->bound ? c->chain != w->chain : c->follows))
		at = &c->next;
	if (c == NULL)
		return NULL;
	*at = c->next;
	if (c->next == NULL)
		d->end = at;
	w->bound = c->goes_on;
	w->chain = c->chain;
	if (!w->open)
		d->busy++;
	return c;
}

/* Do without the mutex what has to be done. -1: it failed. */
static int
work_on(struct worker *w, struct chunk *c)
{
	struct deal *d = w->deal;

	pthread_mutex_unlock(&d->mutex);
	int rc = c == NULL ? end_block(w) : load_chunk(w, c);

	if (rc != 0)
		fail_all(w);
	pthread_mutex_lock(&d->mutex);
	if (!w->open)
		d->busy--;
	if (c != NULL) {
		c->next = d->free;
		d->free = c;
	}
	pthread_cond_broadcast(&d->changed);
	return rc;
}

/*
 * Nothing to do: wait. While a COPY is open the server may fail it, which only
 * a look at its connection tells.
 */
static int
idle(struct worker *w)
{
	struct deal *d = w->deal;

	if (!w->open) {
		pthread_cond_wait(&d->changed, &d->mutex);
		return 0;
	}
	deal_wait_tick(d);
	pthread_mutex_unlock(&d->mutex);
	int rc = rowload_put(w->rowload, "", 0);

	if (rc != 0)
		fail_all(w);
	pthread_mutex_lock(&d->mutex);
	return rc;
}

/* A thread: one connection. */
static void *
work(void *context)
{
	struct worker *w = context;
	struct deal *d = w->deal;
	int rc = 0;

	pthread_mutex_lock(&d->mutex);
	while (rc == 0 && !d->ending && !d->failed) {
		struct chunk *c = next_chunk(w);

		if (c != NULL || (w->open && d->draining && d->first == NULL))
			rc = work_on(w, c);
		else
			rc = idle(w);
	}
	pthread_mutex_unlock(&d->mutex);
	return NULL;
}

/* Stop signals are for the thread that reads. */
int
deal_start(struct deal *d)
{
	sigset_t all, before;
	int error = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (unsigned i = 0; i < d->jobs && error == 0; i++) {
		error = pthread_create(&d->workers[i].thread, NULL, work,
		    &d->workers[i]);
		d->workers[i].started = error == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		return 0;
	errno = error;
	return fail(PROG_TEMPORARY, "could not start a thread: %m");
}

int
deal_connect(struct deal *d, const struct deal_setup *setup)
{
	struct rowload_setup rows = {
		.like = setup->like, .role = setup->role,
		.encoding = setup->encoding, .freeze = setup->freeze,
		.stop = &d->stop,
	};

	d->workers = xcalloc(setup->jobs, sizeof *d->workers);
	for (d->jobs = 0; d->jobs < setup->jobs; d->jobs++) {
		struct worker *w = &d->workers[d->jobs];
		bool full = false;

		w->deal = d;
		w->rowload = rowload_open(&rows, d->jobs == 0 ? NULL : &full);
		if (w->rowload == NULL && !full)
			return -1;
		if (full) {
			warning("the server has no more connections: %u "
			    "instead of %u load rows", d->jobs, setup->jobs);
			break;
		}
	}
	return 0;
}

void
deal_stop(struct deal *d)
{
	atomic_store(&d->stop, true);
	pthread_mutex_lock(&d->mutex);
	d->ending = true;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->mutex);
	for (unsigned i = 0; i < d->jobs; i++) {
		if (d->workers[i].started)
			pthread_join(d->workers[i].thread, NULL);
	}
	for (unsigned i = 0; i < d->jobs; i++)
		rowload_close(d->workers[i].rowload);
}
