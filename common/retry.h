/*
 * retry: how long and how often something remote is tried again.
 *
 * A time budget that begins with the first failure, waits that double up to a
 * cap, each cut to a random share of itself ("full jitter"), so that many
 * clients do not come back in step.
 */
#ifndef RETRY_H
#define RETRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "io.h"

struct retry {
	uint64_t budget;	/* seconds from the first failure on */
	uint64_t deadline;	/* 0: no failure yet; monotonic ms */
	unsigned count;		/* failures so far */
	bool even_when_stopping;	/* for cleaning up */
	const atomic_bool *cancel;	/* another thread says stop; or NULL */
};

/* {.budget = seconds} begins one; this begins it again after a success. */
void retry_reset(struct retry *);

/*
 * After a failure: wait and return 0, or return -1 when the budget is spent
 * or a stop signal or cancel came. The wait is at least `least` milliseconds,
 * as far as the budget allows. Prints nothing.
 */
int retry_wait(struct retry *, uint64_t least) MUSTUSE;

/* Milliseconds of the monotonic clock. */
uint64_t retry_now(void);

#endif
