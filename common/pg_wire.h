/*
 * pg_wire: take the rows out of what a PostgreSQL server sends. Pure.
 *
 *     H ... d row d row c C "COPY 2" Z	COPY ... TO STDOUT in text format
 *
 * A message is a type (1 byte), its length without the type (4 bytes, highest
 * first) and a body (PostgreSQL manual: "Message Formats", protocol 3). The
 * server sends one d for each row, and a row is one line. Messages may be cut
 * anywhere; a row is never held, so memory does not depend on its length.
 */
#ifndef PG_WIRE_H
#define PG_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"

/* What was seen, in the order in which it came. */
struct pg_wire_events {
	/* The next bytes are of the current COPY, and end so many rows. */
	void (*rows)(void *context, size_t bytes, uint64_t rows);
	/* A COPY ended; its command tag counted so many. */
	void (*copied)(void *context, uint64_t rows);
	/* The server waits for the next query. */
	void (*ready)(void *context);
};

struct pg_wire {
	/* what an error of the server said; failed: there was one */
	bool failed;
	char state[6];
	struct buf message, detail;
	/* private */
	const struct pg_wire_events *events;
	void *context;
	unsigned char head[5];	/* of the current message */
	size_t head_len;
	uint32_t left;		/* bytes of its body that are to come */
	bool in_copy;
	uint64_t rows;		/* not told yet, as the bytes below */
	size_t bytes;
	struct buf body;	/* of a message that is no row */
};

void pg_wire_init(struct pg_wire *, const struct pg_wire_events *,
    void *context);
void pg_wire_release(struct pg_wire *);

/*
 * The next bytes from the server. Moves what is of rows to their front and
 * returns how much that is. -1: this is no answer to COPY ... TO STDOUT in
 * text format. Prints nothing.
 */
ssize_t pg_wire_take(struct pg_wire *, char *data, size_t len) MUSTUSE;

#endif
