#include "progress.h"

#include <unistd.h>

#include "buf.h"
#include "prog.h"
#include "text.h"

static double
now(void)
{
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	return (double)when.tv_sec + (double)when.tv_nsec / 1e9;
}

static void
tell(const struct progress *progress, double when)
{
	struct buf text = BUF_INIT;
	double seconds = when - progress->start;

	text_add_size(&text, progress->bytes);
	buf_add_string(&text, " ");
	buf_add_string(&text, progress->doing);
	buf_addf(&text, " in %.0f s", seconds);
	if (seconds >= 0.1) {
		buf_add_string(&text, ", ");
		text_add_size(&text,
		    (uint64_t)((double)progress->bytes / seconds));
		buf_add_string(&text, "/s");
	}
	progress_line("%s", text.data);
	buf_release(&text);
}

void
progress_init(struct progress *progress, bool wanted, const char *doing)
{
	*progress = (struct progress){.wanted = wanted, .doing = doing};
	if (wanted)
		progress->start = progress->next = now();
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
	progress->next = when + (isatty(STDERR_FILENO) == 1 ? 1 : 10);
	if (when > progress->start + 0.5)
		tell(progress, when);
}

void
progress_end(struct progress *progress)
{
	if (progress->wanted)
		tell(progress, now());
}
