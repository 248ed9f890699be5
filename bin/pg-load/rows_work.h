/*
 * rows_work: what one connection of a rows_load does with a unit. Private to
 * rows.c and rows_work.c.
 */
#ifndef ROWS_WORK_H
#define ROWS_WORK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"
#include "object.h"
#include "range.h"
#include "rowload.h"
#include "units.h"

/* What has been loaded of a table. */
struct done {
	uint64_t rows, server_rows, bytes;
};

struct loader {
	struct object *object;
	struct units units;
	struct done *done;	/* one a table */
	struct buf *statements;	/* of tables in pieces, once read */
	atomic_bool stop;
	pthread_mutex_t lock;	/* of what follows, and of done */
	pthread_cond_t changed;
	size_t next;		/* unit */
	unsigned running;	/* workers */
	uint64_t bytes;
};

struct worker {
	struct loader *loader;
	struct rowload *rowload;
	struct range *range;
	pthread_t thread;
	bool started;
	/* of the COPY that runs */
	struct buf statement;
	bool copying;
	uint64_t rows, bytes;
};

/*
 * Load the rows of a piece, or of whole tables, and count them in done. -1:
 * told, or stopped.
 */
int rows_load_piece(struct worker *, const struct unit *) MUSTUSE;
int rows_load_tables(struct worker *, const struct unit *) MUSTUSE;

#endif
