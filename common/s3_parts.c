#include "s3_parts.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ordered.h"
#include "prog.h"
#include "s3_call.h"
#include "s3xml.h"
#include "xalloc.h"

#define PART_IDLE 120	/* seconds; a slow disk may take long to answer */

struct part {
	struct s3_parts *parts;
	char *data;
	size_t len;
	size_t number;		/* 1.. */
	char *etag;		/* NULL: not sent, or not well */
	bool begun;		/* the server has heard of it */
};

struct s3_parts {
	struct s3 *s3;
	const char *key;
	char *upload_id;
	size_t part_size;
	struct part *slots;
	void **slot_list;	/* the same, for the ring */
	unsigned slot_count;
	struct s3_line *lines;	/* one a thread */
	unsigned line_count;
	struct ordered *ring;	/* NULL before the start */
	char **etags;
	size_t sent;		/* parts handed over */
	size_t count;		/* parts acknowledged: etags */
	atomic_bool cancel;	/* nothing more is sent */
	atomic_bool told;
};

struct s3_parts *
s3_parts_new(struct s3 *s3, const char *key, size_t part_size,
    unsigned buffers)
{
	struct s3_parts *parts = xcalloc(1, sizeof *parts);

	parts->s3 = s3;
	parts->key = key;
	parts->part_size = part_size;
	parts->slot_count = buffers;
	parts->slots = xcalloc(buffers, sizeof *parts->slots);
	parts->slot_list = xcalloc(buffers, sizeof *parts->slot_list);
	for (unsigned i = 0; i < buffers; i++) {
		parts->slots[i].parts = parts;
		parts->slot_list[i] = &parts->slots[i];
	}
	return parts;
}

/* A copy of the ETag without quotes, or NULL: told. */
static char *
send_part(struct s3_line *line, const struct part *part,
    struct s3_answer *answer)
{
	struct s3_parts *parts = part->parts;
	char action[48], number[24];

	snprintf(number, sizeof number, "%zu", part->number);
	snprintf(action, sizeof action, "upload part %s of object", number);
	struct s3_request request = {
		.action = action,
		.method = "PUT",
		.key = parts->key,
		.secret = true,
		.query = {
			{"partNumber", number},
			{"uploadId", parts->upload_id},
		},
		.query_count = 2,
		.body = part->data,
		.body_len = part->len,
		.idle_seconds = PART_IDLE,
		.cancel = &parts->cancel,
		.told = &parts->told,
	};

	if (s3_call(line, &request, answer) != S3_DONE) {
		s3_tell(line->s3, &request, answer);
		return NULL;
	}
	const char *etag = http_header(&answer->http, "etag");

	if (etag == NULL || *etag == '\0') {
		s3_tell_strange(line->s3, &request, "has no ETag");
		return NULL;
	}
	char *copy = xstrdup(etag);

	s3xml_unquote(copy);
	return copy;
}

static void
work(void *worker, void *slot)
{
	struct part *part = slot;
	struct s3_answer answer;

	if (atomic_load(&part->parts->cancel))
		return;
	part->begun = true;
	s3_answer_init(&answer);
	part->etag = send_part(worker, part, &answer);
	s3_answer_release(&answer);
	if (part->etag == NULL)
		atomic_store(&part->parts->cancel, true);
}

int
s3_parts_start(struct s3_parts *parts, const char *upload_id)
{
	/* One job would be none beside the caller: two, for two buffers. */
	unsigned jobs = parts->slot_count > 2 ? parts->slot_count - 1 :
	    parts->slot_count;
	void **workers = xcalloc(jobs, sizeof *workers);
	struct ordered_setup setup = {
		.work = work,
		.workers = workers,
		.jobs = jobs,
		.slots = parts->slot_list,
		.slot_count = parts->slot_count,
	};

	parts->upload_id = xstrdup(upload_id);
	parts->lines = xcalloc(jobs, sizeof *parts->lines);
	for (; parts->line_count < jobs; parts->line_count++) {
		struct s3_line *line = &parts->lines[parts->line_count];

		s3_line_open(line, parts->s3);
		workers[parts->line_count] = line;
	}
	parts->ring = ordered_new(&setup);
	free(workers);
	return parts->ring == NULL ? -1 : 0;
}

/* Take the oldest part back from the ring: it was acknowledged, or not. */
static int
collect(struct s3_parts *parts)
{
	struct part *part = ordered_take(parts->ring, true);

	if (part->etag == NULL)
		return fail_quietly(PROG_TEMPORARY);
	/* Doubling: 1, 2, 4, ... */
	if ((parts->count & (parts->count - 1)) == 0)
		parts->etags = xrealloc_array(parts->etags,
		    parts->count == 0 ? 1 : parts->count * 2,
		    sizeof *parts->etags);
	parts->etags[parts->count++] = part->etag;
	part->etag = NULL;
	part->begun = false;
	ordered_release(parts->ring);
	return 0;
}

char *
s3_parts_buffer(struct s3_parts *parts)
{
	struct part *part = parts->ring == NULL ? &parts->slots[0] :
	    ordered_next(parts->ring);

	if (part == NULL && collect(parts) != 0)
		return NULL;
	if (part == NULL)
		part = ordered_next(parts->ring);
	if (atomic_load(&parts->cancel) || prog_stopping()) {
		fail_quietly(PROG_TEMPORARY);
		return NULL;
	}
	if (part->data == NULL)
		part->data = xmalloc(parts->part_size);
	return part->data;
}

void
s3_parts_send(struct s3_parts *parts, size_t len)
{
	struct part *part = ordered_next(parts->ring);

	part->number = ++parts->sent;
	part->len = len;
	ordered_submit(parts->ring);
}

int
s3_parts_finish(struct s3_parts *parts)
{
	while (parts->count < parts->sent) {
		if (collect(parts) != 0)
			return -1;
	}
	return prog_stopping() ? fail_quietly(PROG_TEMPORARY) : 0;
}

char *const *
s3_parts_etags(const struct s3_parts *parts, size_t *count)
{
	*count = parts->count;
	return parts->etags;
}

bool
s3_parts_cancel(struct s3_parts *parts)
{
	bool busy = false;

	atomic_store(&parts->cancel, true);
	ordered_free(parts->ring);
	parts->ring = NULL;
	for (unsigned i = 0; i < parts->slot_count; i++)
		busy |= parts->slots[i].begun && parts->slots[i].etag == NULL;
	return busy;
}

void
s3_parts_free(struct s3_parts *parts)
{
	if (parts == NULL)
		return;
	s3_parts_cancel(parts);
	for (unsigned i = 0; i < parts->line_count; i++)
		s3_line_close(&parts->lines[i]);
	for (unsigned i = 0; i < parts->slot_count; i++) {
		free(parts->slots[i].data);
		free(parts->slots[i].etag);
	}
	for (size_t i = 0; i < parts->count; i++)
		free(parts->etags[i]);
	free(parts->etags);
	free(parts->lines);
	free(parts->slot_list);
	free(parts->slots);
	free(parts->upload_id);
	free(parts);
}
