#include "pace.h"

#include <time.h>

#include "prog.h"

#define SECOND UINT64_C(1000000000)	/* ns */
#define SLICE (SECOND / 10)		/* ns between two looks at the stop */

static uint64_t
monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

size_t
pace_share(const struct pace *pace, size_t len)
{
	if (pace == NULL || pace->rate == 0)
		return len;
	uint64_t share = pace->rate / (SECOND / SLICE);

	if (share == 0)
		share = 1;
	return share < len ? (size_t)share : len;
}

/* When the time of these bytes is over. */
static uint64_t
reserve(struct pace *pace, size_t len)
{
	/* In two steps: no overflow with any length and rate. */
	uint64_t seconds = len / pace->rate;
	uint64_t rest = len % pace->rate;
	uint64_t takes = seconds * SECOND +
	    (uint64_t)((double)rest / (double)pace->rate * (double)SECOND);
	uint64_t now = monotonic();

	pthread_mutex_lock(&pace->lock);
	if (pace->free_at < now)
		pace->free_at = now;
	pace->free_at += takes;
	uint64_t end = pace->free_at;

	pthread_mutex_unlock(&pace->lock);
	return end;
}

void
pace_wait(struct pace *pace, size_t len, const atomic_bool *cancel)
{
	if (pace == NULL || pace->rate == 0 || len == 0)
		return;
	uint64_t end = reserve(pace, len);

	for (uint64_t now = monotonic(); now < end; now = monotonic()) {
		uint64_t slice = end - now < SLICE ? end - now : SLICE;
		struct timespec pause = {
			.tv_sec = (time_t)(slice / SECOND),
			.tv_nsec = (long)(slice % SECOND),
		};

		if (prog_stopping() || (cancel != NULL && atomic_load(cancel)))
			return;
		nanosleep(&pause, NULL);
	}
}
