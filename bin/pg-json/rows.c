/*
 * The stream: the rows of each table, as they come, through the converter.
 *
 *     {"a":[		json: a table's first line, a row a line
 *     {"id":1},
 *     {"id":2}
 *     ],
 *     "b":[]}
 *
 *     {"table":"a","row":{"id":1}}	ndjson
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "prog.h"
#include "rowcopy.h"

struct stream {
	struct json *json;
	struct copyjson copy;
	char *line_head;	/* ndjson: before a row */
	size_t opened;		/* groups whose head is in the output */
	size_t parts;		/* of the last one, that were begun */
};

static int
add_text(const char *text)
{
	return output_add(text, strlen(text));
}

static int
open_group(struct stream *s)
{
	struct json *j = s->json;
	struct group *g = &j->groups[s->opened];
	json_t *key = json_string(g->key);
	char *name = json_dumps(key, JSON_ENCODE_ANY);
	struct buf head = BUF_INIT;
	int rc = 0;

	s->copy = (struct copyjson){.columns = g->items, .count = g->count,
	    .first = "\n{", .next = ",\n{", .close = "}"};
	if (j->settings->lines) {
		buf_addf(&head, "{\"table\":%s,\"row\":{", name);
		free(s->line_head);
		s->line_head = buf_detach(&head);
		s->copy.first = s->line_head;
		s->copy.next = s->line_head;
		s->copy.close = "}}\n";
	} else {
		buf_addf(&head, "%s%s:[", s->opened == 0 ? "{" : ",\n", name);
		rc = output_add_buf(&head);
	}
	copyjson_begin(&s->copy);
	g->from = output_offset();
	s->opened++;
	s->parts = 0;
	buf_release(&head);
	free(name);
	json_decref(key);
	return rc;
}

/* All rows of the last group are there. */
static int
close_group(struct stream *s)
{
	struct group *g = &s->json->groups[s->opened - 1];

	g->rows = s->copy.rows;
	g->bytes = output_offset() - g->from;
	if (s->json->settings->lines)
		return 0;
	return add_text(g->rows == 0 ? "]" : "\n]");
}

/* Go on to the next table that has parts, or to the end. */
static int
next_group(struct stream *s)
{
	while (s->opened == 0 ||
	    s->parts == s->json->groups[s->opened - 1].parts) {
		if (s->opened > 0 && close_group(s) != 0)
			return -1;
		if (s->opened == s->json->group_count)
			return 0;
		if (open_group(s) != 0)
			return -1;
	}
	return 0;
}

static int
on_begin(void *context, struct table *t)
{
	struct stream *s = context;

	(void)t;
	if (next_group(s) != 0)
		return -1;
	s->parts++;
	return 0;
}

static int
on_rows(void *context, struct table *t, const char *data, size_t len)
{
	struct stream *s = context;
	const char *end = data + len;

	while (data < end) {
		size_t room;
		char *space = output_space(s->copy.room, &room);

		if (space == NULL)
			return -1;
		ssize_t n = copyjson_take(&s->copy, &data, end, space, room);

		if (n < 0) {
			fail(PROG_PERMANENT, "cannot write table \"%s.%s\" as "
			    "JSON: row %" PRIu64 " has %s", t->schema,
			    t->name, s->copy.rows + 1, s->copy.why);
			hint("pg-stream copies whatever a database holds");
			return -1;
		}
		output_used((size_t)n);
	}
	return 0;
}

static int
on_end(void *context, struct table *t)
{
	struct stream *s = context;

	if (copyjson_is_whole(&s->copy))
		return 0;
	return fail(PROG_BUG, "could not write table \"%s.%s\": its last row "
	    "has no end", t->schema, t->name);
}

static int
check_counts(const struct json *j)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < j->group_count; i++)
		rows += j->groups[i].rows;
	return rows == j->row_count ? 0 : fail(PROG_BUG, "%" PRIu64 " rows "
	    "came, but %" PRIu64 " were written", j->row_count, rows);
}

int
rows_write(struct json *j)
{
	static const struct rowcopy_events events = {
		.begin = on_begin, .rows = on_rows, .end = on_end,
	};
	struct stream s = {.json = j};
	struct rowcopy copy = {.snapshot = &j->snapshot, .tables = j->tables,
	    .count = j->count, .jobs = j->settings->jobs,
	    .memory = j->settings->memory > 0 ? j->settings->memory :
	    rowcopy_memory(j->settings->jobs), .events = &events,
	    .context = &s};
	int rc = rowcopy_run(&copy);

	j->row_count = copy.row_count;
	if (rc == 0 && j->group_count > 0)
		rc = next_group(&s);
	if (rc == 0 && !j->settings->lines)
		rc = add_text(j->group_count == 0 ? "{}\n" : "}\n");
	free(s.line_head);
	return rc == 0 ? check_counts(j) : -1;
}
