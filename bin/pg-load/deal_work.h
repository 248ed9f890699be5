/*
 * deal_work: the connections of a deal, each a thread that takes chunks.
 * Private to deal.c and deal_work.c.
 */
#ifndef DEAL_WORK_H
#define DEAL_WORK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "deal.h"
#include "io.h"
#include "rowload.h"

struct chunk {
	struct chunk *next;
	char *data;
	size_t len;
	uint64_t rows;		/* that end in it */
	uint64_t block;		/* number of the COPY block */
	struct buf statement;
	bool whole;		/* its connection has all of the table */
	uint64_t chain;		/* the chunks of a chain follow each other
				   through one connection */
	bool follows;		/* it is not the first of its chain */
	bool goes_on;		/* nor the last */
	bool last;		/* of its block */
};

struct worker {
	struct deal *deal;
	struct rowload *rowload;
	pthread_t thread;
	bool started;
	bool open;		/* a COPY, of this block: */
	uint64_t block;
	bool bound;		/* its next chunk is the next of this chain */
	uint64_t chain;
	uint64_t rows;		/* given to it */
};

struct deal {
	/* of the thread that puts rows in */
	struct chunk *filling;	/* or NULL */
	struct buf statement;
	uint64_t block;
	bool cut;		/* the block has more than one chunk */
	uint64_t chain;
	bool follows;		/* the next chunk is of that chain, too */
	uint64_t sent;		/* bytes of the block */
	uint64_t split;
	/* fixed before the threads begin */
	unsigned jobs;
	struct worker *workers;
	size_t chunk_count, chunk_size;
	struct chunk *chunks;
	int failed_fd;
	atomic_bool stop;	/* of the rowloads */
	/* under the mutex */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct chunk *free;
	struct chunk *first, **end;	/* that wait for a connection */
	unsigned busy;		/* workers with a chunk or an open COPY */
	bool draining;		/* end what is open when nothing waits */
	bool ending;
	bool failed;
	char sqlstate[6];
};

/*
 * Connect; fewer than jobs, with a warning, when the server has no more. Sets
 * workers and jobs. -1: told.
 */
int deal_connect(struct deal *, const struct deal_setup *) MUSTUSE;

/* Let the threads begin. -1: told. */
int deal_start(struct deal *) MUSTUSE;

/* End the threads and the sessions, also in the middle of their work. */
void deal_stop(struct deal *);

/* A change, or a moment, under the mutex. */
void deal_wait_tick(struct deal *);

#endif
