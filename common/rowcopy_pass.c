/* Rows whose turn it is, from their worker's chunks to where they go. */
#include "rowcopy_task.h"

#define WORTH ((size_t)64 * 1024)	/* bytes; fewer are copied */

/* The first chunk goes out of the worker's hands. */
static struct chunk *
unlink_chunk(struct worker *w)
{
	struct chunk *chunk = w->bytes;

	w->bytes = chunk->next;
	if (w->bytes == NULL)
		w->filling = NULL;
	return chunk;
}

/* Bytes of a part to where they go; a chunk that fills is waited for. */
static int
pass(struct worker *w, struct part *part, struct table *t)
{
	const struct rowcopy *copy = w->copy;
	bool as_they_are = copy->events->rows == NULL;

	while (part->passed < part->bytes) {
		struct chunk *chunk = w->bytes;
		size_t have = chunk->to - chunk->from;
		uint64_t left = part->bytes - part->passed;
		size_t n = have < left ? have : (size_t)left;
		int rc;

		if (!part->ended && chunk == w->filling &&
		    have < CHUNK_SIZE / 2)
			return 0;
		part->passed += n;
		if (n == have && n >= WORTH && as_they_are) {
			if (output_add_chunk(unlink_chunk(w)) != 0)
				return -1;
			continue;
		}
		rc = as_they_are ?
		    output_add(chunk->data + chunk->from, n) :
		    copy->events->rows(copy->context, t,
		    chunk->data + chunk->from, n);
		chunk->from += n;
		if (chunk->from == chunk->to && chunk == w->filling) {
			chunk->from = 0;
			chunk->to = 0;
		} else if (chunk->from == chunk->to) {
			output_drop(unlink_chunk(w));
		}
		if (rc != 0)
			return -1;
	}
	return 0;
}

int
task_pass_part(struct rowcopy *copy, struct task *task)
{
	struct part *part = &task->parts[task->passing];
	struct table *t = &copy->tables[task->table + task->passing];

	if (!part->begun && task->opens &&
	    copy->events->begin(copy->context, t) != 0)
		return -1;
	part->begun = true;
	if (pass(task->worker, part, t) != 0)
		return -1;
	if (!part->ended || part->passed < part->bytes)
		return 0;
	t->rows += part->rows;
	t->bytes += part->bytes;
	copy->row_count += part->rows;
	task->passing++;
	if (!task->closes)
		return 1;
	return copy->events->end(copy->context, t) == 0 ? 1 : -1;
}
