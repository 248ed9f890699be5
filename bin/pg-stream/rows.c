/* The rows: one COPY block a table, written and commented as pg_dump does. */
#include <string.h>

#include "rowcopy.h"
#include "stream.h"

#define LINE_END "\\.\n\n\n"	/* of a block of rows */

static int
begin_table(void *unused, struct table *t)
{
	(void)unused;
	if (output_add(t->head, strlen(t->head)) != 0)
		return -1;
	t->from = output_offset();
	return 0;
}

static int
end_table(void *unused, struct table *t)
{
	(void)unused;
	(void)t;
	return output_add(LINE_END, strlen(LINE_END));
}

uint64_t
rows_memory(const struct settings *settings)
{
	return settings->memory > 0 ? settings->memory :
	    rowcopy_memory(settings->jobs);
}

int
rows_stream(struct stream *s)
{
	static const struct rowcopy_events events = {
		.begin = begin_table, .end = end_table,
	};
	struct rowcopy copy = {.snapshot = &s->snapshot, .tables = s->tables,
	    .count = s->count, .jobs = s->settings->jobs,
	    .memory = rows_memory(s->settings), .events = &events};
	int rc = rowcopy_run(&copy);

	s->row_count = copy.row_count;
	return rc;
}
