/*
 * progress: bytes so far, their speed, and what is left of them, for people who
 * asked for it.
 *
 *     1.20 GiB of 4.00 GiB (30%) read in 12 s, 102.40 MiB/s, 28 s left
 *
 * One line a second at most on a terminal, each drawn over the one before; one
 * every ten seconds elsewhere. With --log-format=json a line has the numbers as
 * members of their own: bytes, seconds, bytes_per_second, expected_bytes,
 * seconds_left. Speed is the mean since the start. Nothing is
 * told while no byte passes.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
	bool wanted;
	const char *doing;	/* "compressed"; borrowed */
	uint64_t bytes;
	uint64_t expected;	/* bytes in all; 0: not known */
	const char *detail;	/* that ends each line, or NULL; borrowed */
	const char *members;	/* the same for a line of JSON */
	double start, next;	/* seconds of the monotonic clock */
	double interval;	/* seconds */
};

void progress_init(struct progress *, bool wanted, const char *doing);

/* How many bytes are to come in all; 0: that is not known. */
void progress_expect(struct progress *, uint64_t bytes);

/*
 * What ends each line from now on, or NULL: "3 of 12 tables", and the members
 * that say it in JSON: "\"tables_done\":3". Borrowed.
 */
void progress_detail(struct progress *, const char *text, const char *members);

void progress_add(struct progress *, uint64_t bytes);

/* A last line with the total. */
void progress_end(struct progress *);

#endif
