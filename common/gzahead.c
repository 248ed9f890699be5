#include "gzahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "prog.h"
#include "xalloc.h"

#define STACK_SIZE ((size_t)256 * 1024)	/* bytes; the worker is shallow */

struct piece {
	unsigned char *data;
	size_t len;
	uint64_t offset;	/* of output */
};

/*
 * Counters only grow; piece i of a ring is counter % GZAHEAD_PIECES. Pieces
 * from taken to given-1 are at the other side.
 */
struct ring {
	struct piece pieces[GZAHEAD_PIECES];
	size_t given, taken;
};

struct gzahead {
	const struct gzread *setup;
	bool threaded;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct ring in, out;
	bool in_held;		/* the worker has in's piece `taken` */
	bool in_ended;		/* nothing follows what in holds */
	bool done, stopped;	/* the worker ended; the caller failed */
	gzahead_work *work;
	void *opaque;
	int rc;			/* of work */
};

static struct piece *
piece_at(struct ring *ring, size_t counter)
{
	return &ring->pieces[counter % GZAHEAD_PIECES];
}

/* --- The worker's side --- */

static ssize_t
read_here(struct gzahead *ahead, unsigned char **data)
{
	*data = ahead->in.pieces[0].data;
	return ahead->setup->source(ahead->setup->context, *data,
	    GZAHEAD_IN_SIZE);
}

ssize_t
gzahead_read(struct gzahead *ahead, unsigned char **data)
{
	struct ring *in = &ahead->in;
	ssize_t n = 0;

	if (!ahead->threaded)
		return read_here(ahead, data);
	pthread_mutex_lock(&ahead->lock);
	in->taken += ahead->in_held;
	ahead->in_held = false;
	pthread_cond_broadcast(&ahead->changed);
	while (in->taken == in->given && !ahead->in_ended && !ahead->stopped)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	if (ahead->stopped) {
		n = -1;
	} else if (in->taken < in->given) {
		ahead->in_held = true;
		*data = piece_at(in, in->taken)->data;
		n = (ssize_t)piece_at(in, in->taken)->len;
	}
	pthread_mutex_unlock(&ahead->lock);
	return n;
}

unsigned char *
gzahead_room(struct gzahead *ahead)
{
	return piece_at(&ahead->out, ahead->out.given)->data;
}

int
gzahead_write(struct gzahead *ahead, uint64_t offset, size_t len)
{
	struct ring *out = &ahead->out;
	struct piece *piece = piece_at(out, out->given);

	if (!ahead->threaded)
		return gzread_pass(ahead->setup, offset, piece->data, len);
	pthread_mutex_lock(&ahead->lock);
	piece->len = len;
	piece->offset = offset;
	out->given++;
	pthread_cond_broadcast(&ahead->changed);
	/* The next room must be free when it is asked for. */
	while (out->given - out->taken == GZAHEAD_PIECES && !ahead->stopped)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	bool stopped = ahead->stopped;

	pthread_mutex_unlock(&ahead->lock);
	return stopped ? -1 : 0;
}

static void *
run_worker(void *opaque)
{
	struct gzahead *ahead = opaque;

	ahead->rc = ahead->work(ahead->opaque, ahead);
	pthread_mutex_lock(&ahead->lock);
	ahead->done = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

/* --- The caller's side; the lock is held --- */

static int
write_piece(struct gzahead *ahead)
{
	const struct piece *piece = piece_at(&ahead->out, ahead->out.taken);

	pthread_mutex_unlock(&ahead->lock);
	int rc = gzread_pass(ahead->setup, piece->offset, piece->data,
	    piece->len);

	pthread_mutex_lock(&ahead->lock);
	ahead->out.taken++;
	return rc;
}

static int
read_piece(struct gzahead *ahead)
{
	struct piece *piece = piece_at(&ahead->in, ahead->in.given);

	pthread_mutex_unlock(&ahead->lock);
	ssize_t n = ahead->setup->source(ahead->setup->context, piece->data,
	    GZAHEAD_IN_SIZE);

	pthread_mutex_lock(&ahead->lock);
	if (n < 0)
		return -1;
	piece->len = (size_t)n;
	ahead->in.given += n > 0;
	ahead->in_ended = (size_t)n < GZAHEAD_IN_SIZE;
	return 0;
}

/* Write what is there, else read, else wait, until the worker is done. */
static int
serve(struct gzahead *ahead)
{
	const struct ring *in = &ahead->in;
	const struct ring *out = &ahead->out;

	for (;;) {
		if (out->taken < out->given) {
			if (write_piece(ahead) != 0)
				return -1;
		} else if (ahead->done) {
			return 0;
		} else if (!ahead->in_ended &&
		    in->given - in->taken < GZAHEAD_PIECES) {
			if (read_piece(ahead) != 0)
				return -1;
		} else {
			pthread_cond_wait(&ahead->changed, &ahead->lock);
			continue;
		}
		pthread_cond_broadcast(&ahead->changed);
	}
}

static int
run_threaded(struct gzahead *ahead)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;

	/* Signals are for the thread that reads and writes. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	int error = pthread_create(&thread, &attributes, run_worker, ahead);

	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		return fail(PROG_TEMPORARY, "could not start a thread");
	pthread_mutex_lock(&ahead->lock);
	int rc = serve(ahead);

	ahead->stopped = rc != 0;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(thread, NULL);
	return rc != 0 ? rc : ahead->rc;
}

static void
free_pieces(struct gzahead *ahead, size_t before)
{
	for (size_t i = 0; i < GZAHEAD_PIECES; i++) {
		if (ahead->in.pieces[i].data != NULL)
			free(ahead->in.pieces[i].data - before);
		free(ahead->out.pieces[i].data);
	}
}

int
gzahead_run(const struct gzread *setup, size_t before, gzahead_work *work,
    void *opaque)
{
	/* The caller's `seen` is told by the worker: it needs one thread. */
	struct gzahead ahead = {
		.setup = setup, .work = work, .opaque = opaque,
		.threaded = setup->jobs > 1 && setup->seen == NULL,
	};
	size_t pieces = ahead.threaded ? GZAHEAD_PIECES : 1;

	for (size_t i = 0; i < pieces; i++) {
		ahead.in.pieces[i].data = (unsigned char *)
		    xmalloc(before + GZAHEAD_IN_SIZE) + before;
		ahead.out.pieces[i].data = xmalloc(GZAHEAD_OUT_SIZE);
	}
	pthread_mutex_init(&ahead.lock, NULL);
	pthread_cond_init(&ahead.changed, NULL);
	int rc = ahead.threaded ? run_threaded(&ahead) : work(opaque, &ahead);

	pthread_cond_destroy(&ahead.changed);
	pthread_mutex_destroy(&ahead.lock);
	free_pieces(&ahead, before);
	return rc;
}
