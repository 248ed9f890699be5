/* counts: the rows of each table, by several connections at once. */
#ifndef COUNTS_H
#define COUNTS_H

#include <poll.h>

#include "stream.h"

struct counter {
	PGconn *conn;
	struct table *table;	/* that it counts; NULL: idle */
};

struct counts {
	struct stream *stream;
	struct counter *items;	/* [0]: the stream's own connection */
	size_t count;
	size_t next;		/* table that nobody counts yet */
};

/* One connection begins; --jobs of them, or as many as the server has left. */
int counts_begin(struct counts *, struct stream *) MUSTUSE;
int counts_join(struct counts *) MUSTUSE;

/* Take what came, ask for more. -1: told. */
int counts_go_on(struct counts *) MUSTUSE;
bool counts_are_done(const struct counts *);

/* What to wait for; returns how many. */
size_t counts_poll(const struct counts *, struct pollfd *fds);

/* Cancels what is under way. */
void counts_end(struct counts *);

#endif
