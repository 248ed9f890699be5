#include "progress.h"

#include <inttypes.h>
#include <unistd.h>

#include "buf.h"
#include "prog.h"
#include "text.h"

#define INTERVAL_TERMINAL 1.0	/* seconds */
#define INTERVAL_LOG 10.0	/* seconds */
#define SECONDS_MAX 1e9		/* more than that is no forecast */

static double
now(void)
{
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	return (double)when.tv_sec + (double)when.tv_nsec / 1e9;
}

/* "12 s", "2:05 min", "1:02:05 h". */
static void
add_seconds(struct buf *text, double seconds)
{
	unsigned long whole = (unsigned long)(seconds + 0.5);

	if (whole < 60)
		buf_addf(text, "%lu s", whole);
	else if (whole < 3600)
		buf_addf(text, "%lu:%02lu min", whole / 60, whole % 60);
	else
		buf_addf(text, "%lu:%02lu:%02lu h", whole / 3600,
		    whole / 60 % 60, whole % 60);
}

static void
add_expected(struct buf *text, const struct progress *progress)
{
	buf_add_string(text, " of ");
	text_add_size(text, progress->expected);
	buf_addf(text, " (%d%%)", (int)(100 * (double)progress->bytes /
	    (double)progress->expected));
}

static void
add_left(struct buf *text, const struct progress *progress, double rate)
{
	double left = (double)(progress->expected - progress->bytes) / rate;

	if (!(left < SECONDS_MAX))
		return;
	buf_add_string(text, ", ");
	add_seconds(text, left);
	buf_add_string(text, " left");
}

/* The same in numbers, for programs. */
static void
add_members(struct buf *json, const struct progress *progress, double seconds,
    bool forecast)
{
	double rate = seconds > 0 ? (double)progress->bytes / seconds : 0;

	buf_addf(json, "\"bytes\":%" PRIu64 ",\"seconds\":%.1f,"
	    "\"bytes_per_second\":%.0f", progress->bytes, seconds, rate);
	if (forecast)
		buf_addf(json, ",\"expected_bytes\":%" PRIu64,
		    progress->expected);
	if (forecast && rate > 0)
		buf_addf(json, ",\"seconds_left\":%.0f",
		    (double)(progress->expected - progress->bytes) / rate);
	if (progress->members != NULL)
		buf_addf(json, ",%s", progress->members);
}

static void
tell(const struct progress *progress, double when, bool ended)
{
	struct buf text = BUF_INIT;
	struct buf json = BUF_INIT;
	double seconds = when - progress->start;
	/* More bytes than were expected: the forecast was wrong. */
	bool forecast = !ended && progress->bytes < progress->expected;

	text_add_size(&text, progress->bytes);
	if (forecast)
		add_expected(&text, progress);
	buf_addf(&text, " %s in ", progress->doing);
	add_seconds(&text, seconds);
	if (seconds >= 0.1) {
		double rate = (double)progress->bytes / seconds;

		buf_add_string(&text, ", ");
		text_add_size(&text, (uint64_t)rate);
		buf_add_string(&text, "/s");
		if (forecast)
			add_left(&text, progress, rate);
	}
	if (progress->detail != NULL)
		buf_addf(&text, "; %s", progress->detail);
	add_members(&json, progress, seconds, forecast);
	progress_line(json.data, "%s", text.data);
	buf_release(&json);
	buf_release(&text);
}

void
progress_init(struct progress *progress, bool wanted, const char *doing)
{
	*progress = (struct progress){.wanted = wanted, .doing = doing};
	if (!wanted)
		return;
	progress->interval = isatty(STDERR_FILENO) == 1 ? INTERVAL_TERMINAL :
	    INTERVAL_LOG;
	progress->start = now();
	progress->next = progress->start + progress->interval;
}

void
progress_expect(struct progress *progress, uint64_t bytes)
{
	progress->expected = bytes;
}

void
progress_detail(struct progress *progress, const char *text,
    const char *members)
{
	progress->detail = text;
	progress->members = members;
}

void
progress_add(struct progress *progress, uint64_t bytes)
{
	progress->bytes += bytes;
	if (!progress->wanted)
		return;
	double when = now();

	if (when < progress->next)
		return;
	progress->next = when + progress->interval;
	tell(progress, when, false);
}

void
progress_end(struct progress *progress)
{
	if (progress->wanted)
		tell(progress, now(), true);
}
