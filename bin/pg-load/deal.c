#define _GNU_SOURCE
#include "deal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "deal_work.h"
#include "pg.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define CHUNK_MAX ((size_t)2 * 1024 * 1024)	/* bytes */

struct deal *
deal_new(const struct deal_setup *setup)
{
	struct deal *d = xcalloc(1, sizeof *d);

	d->statement = (struct buf)BUF_INIT;
	d->end = &d->first;
	pthread_mutex_init(&d->mutex, NULL);
	pthread_cond_init(&d->changed, NULL);
	d->failed_fd = eventfd(0, EFD_CLOEXEC);
	if (d->failed_fd < 0)
		fail(PROG_TEMPORARY, "could not make an event: %m");
	if (d->failed_fd < 0 || deal_connect(d, setup) != 0) {
		deal_free(d);
		return NULL;
	}
	d->split = setup->split;
	/* One for each connection, one that waits for it, one to fill; more,
	   so that the others get tables behind one that is not cut. */
	d->chunk_count = 2 * (size_t)d->jobs + 1;
	if (d->chunk_count < DEAL_MEMORY / CHUNK_MAX)
		d->chunk_count = DEAL_MEMORY / CHUNK_MAX;
	d->chunk_size = DEAL_MEMORY / d->chunk_count;
	d->chunks = xcalloc(d->chunk_count, sizeof *d->chunks);
	for (size_t i = 0; i < d->chunk_count; i++) {
		d->chunks[i].statement = (struct buf)BUF_INIT;
		d->chunks[i].data = xmalloc(d->chunk_size);
		d->chunks[i].next = d->free;
		d->free = &d->chunks[i];
	}
	if (deal_start(d) == 0)
		return d;
	deal_free(d);
	return NULL;
}

void
deal_free(struct deal *d)
{
	if (d == NULL)
		return;
	deal_stop(d);
	for (size_t i = 0; i < d->chunk_count; i++) {
		free(d->chunks[i].data);
		buf_release(&d->chunks[i].statement);
	}
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->mutex);
	io_close(&d->failed_fd);
	buf_release(&d->statement);
	free(d->chunks);
	free(d->workers);
	free(d);
}

/* Under the mutex. -1: a stop signal, or it failed. */
static int
wait_change(struct deal *d)
{
	deal_wait_tick(d);
	return d->failed || pg_must_stop() ? -1 : 0;
}

/* An empty chunk, when there is one. NULL: a stop signal, or it failed. */
static struct chunk *
free_chunk(struct deal *d)
{
	struct chunk *c = NULL;

	pthread_mutex_lock(&d->mutex);
	int rc = d->failed ? -1 : 0;

	while (rc == 0 && d->free == NULL)
		rc = wait_change(d);
	if (rc == 0) {
		c = d->free;
		d->free = c->next;
		c->len = 0;
		c->rows = 0;
	}
	pthread_mutex_unlock(&d->mutex);
	return c;
}

static void
submit(struct deal *d, bool goes_on, bool last)
{
	struct chunk *c = d->filling;

	c->block = d->block;
	c->chain = d->follows ? d->chain : ++d->chain;
	c->follows = d->follows;
	c->goes_on = d->follows = goes_on;
	c->last = last;
	c->whole = d->jobs == 1 || (last && !d->cut);
	c->next = NULL;
	buf_clear(&c->statement);
	buf_add(&c->statement, d->statement.data, d->statement.len);
	d->filling = NULL;
	d->cut = true;
	pthread_mutex_lock(&d->mutex);
	*d->end = c;
	d->end = &c->next;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->mutex);
}

/* The chunk is full: all but the row that has not ended goes. */
static int
pass_on(struct deal *d)
{
	struct chunk *c = d->filling;
	struct chunk *next = free_chunk(d);
	const char *eol = memrchr(c->data, '\n', c->len);

	if (next == NULL)
		return -1;
	/* A row longer than a chunk is not kept back, but goes on. */
	if (eol != NULL) {
		next->len = c->len - (size_t)(eol + 1 - c->data);
		c->len -= next->len;
		memcpy(next->data, c->data + c->len, next->len);
	}
	d->sent += c->len;
	submit(d, eol == NULL || d->sent <= d->split, false);
	d->filling = next;
	return 0;
}

int
deal_begin(struct deal *d, const char *statement)
{
	buf_clear(&d->statement);
	buf_add_string(&d->statement, statement);
	d->block++;
	d->cut = false;
	d->sent = 0;
	return 0;
}

int
deal_put(struct deal *d, const char *data, size_t len, uint64_t rows)
{
	while (len > 0) {
		if (d->filling == NULL && (d->filling = free_chunk(d)) == NULL)
			return -1;
		if (d->filling->len == d->chunk_size && pass_on(d) != 0)
			return -1;
		struct chunk *c = d->filling;
		size_t room = d->chunk_size - c->len;
		size_t n = len < room ? len : room;
		uint64_t ended = n == len ? rows : text_lines(data, n);

		memcpy(c->data + c->len, data, n);
		c->len += n;
		c->rows += ended;
		rows -= ended;
		data += n;
		len -= n;
	}
	return 0;
}

int
deal_end(struct deal *d)
{
	if (d->filling != NULL)
		submit(d, false, true);
	return 0;
}

int
deal_wait(struct deal *d)
{
	int rc = 0;

	pthread_mutex_lock(&d->mutex);
	d->draining = true;
	pthread_cond_broadcast(&d->changed);
	while (rc == 0 && (d->first != NULL || d->busy > 0))
		rc = wait_change(d);
	if (d->failed)
		rc = -1;
	d->draining = false;
	pthread_mutex_unlock(&d->mutex);
	return rc;
}

int
deal_failed_fd(const struct deal *d)
{
	return d->failed_fd;
}

unsigned
deal_jobs(const struct deal *d)
{
	return d->jobs;
}

void
deal_sqlstate(struct deal *d, char sqlstate[6])
{
	pthread_mutex_lock(&d->mutex);
	memcpy(sqlstate, d->sqlstate, sizeof d->sqlstate);
	pthread_mutex_unlock(&d->mutex);
}
