#include "units.h"

#include <stdlib.h>

#include "report.h"
#include "xalloc.h"

#define UNIT_MIN ((uint64_t)4 * 1024 * 1024)	/* bytes */
#define UNIT_MAX ((uint64_t)64 * 1024 * 1024)
#define GAP_MAX ((uint64_t)64 * 1024)	/* bytes that are read for nothing */
#define UNITS_PER_JOB 8		/* so that all end at about the same time */

static struct unit *
add(struct units *u)
{
	if ((u->count & (u->count - 1)) == 0)
		u->items = xrealloc_array(u->items, u->count == 0 ? 1 :
		    2 * u->count, sizeof *u->items);
	u->items[u->count] = (struct unit){0};
	return &u->items[u->count++];
}

static void
add_pieces(struct units *u, size_t table, uint64_t size, uint32_t frame_bytes)
{
	const struct unit_table *t = &u->tables[table];
	uint64_t from = t->from;

	while (from < t->end) {
		struct unit *unit = add(u);
		uint64_t to = from + size;

		to -= to % frame_bytes;
		/* No crumb is left at the end. */
		if (to <= from || to + size / 2 >= t->end)
			to = t->end;
		*unit = (struct unit){table, 1, true, from, to};
		from = to;
	}
}

static int
larger_first(const void *left, const void *right)
{
	const struct unit *a = left, *b = right;
	uint64_t x = a->to - a->from, y = b->to - b->from;

	if (x != y)
		return x > y ? -1 : 1;
	return a->from < b->from ? -1 : a->from > b->from;
}

static void
take_tables(struct units *u, const json_t *tables)
{
	size_t i;
	json_t *json;

	u->table_count = json_array_size(tables);
	u->tables = xcalloc(u->table_count + 1, sizeof *u->tables);
	json_array_foreach((json_t *)tables, i, json) {
		uint64_t from = (uint64_t)report_number(json, "from");
		uint64_t bytes = (uint64_t)report_number(json, "bytes");

		u->tables[i] = (struct unit_table){json, from, from + bytes,
		    (uint64_t)report_number(json, "rows")};
		u->bytes += bytes;
	}
}

void
units_plan(struct units *u, const json_t *tables, unsigned jobs,
    uint64_t split, uint32_t frame_bytes)
{
	struct unit *last = NULL;

	*u = (struct units){0};
	take_tables(u, tables);
	uint64_t size = u->bytes / jobs / UNITS_PER_JOB;

	size = size < UNIT_MIN ? UNIT_MIN : size > UNIT_MAX ? UNIT_MAX : size;
	for (size_t i = 0; i < u->table_count; i++) {
		const struct unit_table *t = &u->tables[i];
		uint64_t bytes = t->end - t->from;

		if (t->rows == 0)
			continue;
		/* A table in one piece is the better one: its rows can be
		   frozen, and nobody waits for its pages. */
		if (jobs > 1 && bytes > split && bytes > u->bytes / jobs / 2 &&
		    bytes >= 2 * size) {
			add_pieces(u, i, size, frame_bytes);
			last = NULL;
		} else if (last != NULL && t->end - last->from <= size &&
		    t->from - last->to <= GAP_MAX) {
			last->tables = i - last->table + 1;
			last->to = t->end;
		} else {
			last = add(u);
			*last = (struct unit){i, 1, false, t->from, t->end};
		}
	}
	if (u->count > 0)
		qsort(u->items, u->count, sizeof *u->items, larger_first);
}

void
units_release(struct units *u)
{
	free(u->tables);
	free(u->items);
	*u = (struct units){0};
}
