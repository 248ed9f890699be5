#include "retry.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "prog.h"

#define WAIT_FIRST 200		/* ms, before the random cut */
#define WAIT_MAX 30000		/* ms */
#define SLICE 100		/* ms between two looks at the stop signal */

uint64_t
retry_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
retry_reset(struct retry *retry)
{
	retry->deadline = 0;
	retry->count = 0;
}

static uint64_t
random_below(uint64_t limit)
{
	uint64_t number;

	if (getrandom(&number, sizeof number, GRND_NONBLOCK) !=
	    (ssize_t)sizeof number)
		number = retry_now();
	return number % limit;
}

static bool
must_stop(const struct retry *retry)
{
	return (prog_stopping() && !retry->even_when_stopping) ||
	    (retry->cancel != NULL && atomic_load(retry->cancel));
}

int
retry_wait(struct retry *retry, uint64_t least)
{
	uint64_t now = retry_now();
	uint64_t wait = WAIT_FIRST;

	if (retry->count == 0)
		retry->deadline = now + retry->budget * 1000;
	for (unsigned i = 0; i < retry->count && wait < WAIT_MAX; i++)
		wait *= 2;
	retry->count++;
	wait = 1 + random_below(wait < WAIT_MAX ? wait : WAIT_MAX);
	if (wait < least)
		wait = least;
	if (now >= retry->deadline)
		return -1;
	/* The last try comes when the time is up, not before. */
	if (wait > retry->deadline - now)
		wait = retry->deadline - now;
	for (uint64_t end = now + wait; now < end; now = retry_now()) {
		uint64_t slice = end - now < SLICE ? end - now : SLICE;
		struct timespec pause = {
			.tv_nsec = (long)slice * 1000000,
		};

		if (must_stop(retry))
			return -1;
		nanosleep(&pause, NULL);
	}
	return must_stop(retry) ? -1 : 0;
}
