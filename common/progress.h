/*
 * progress: bytes so far and their speed, for people who asked for it.
 *
 * One line a second on a terminal, one every ten seconds elsewhere.
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
	double start, next;	/* seconds of the monotonic clock */
};

void progress_init(struct progress *, bool wanted, const char *doing);
void progress_add(struct progress *, uint64_t bytes);

/* A last line with the total. */
void progress_end(struct progress *);

#endif
