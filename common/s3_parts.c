#include "s3_parts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "part_memory.h"
#include "prog.h"
#include "s3_call.h"
#include "s3xml.h"
#include "xalloc.h"

#define PART_IDLE 120	/* seconds; a slow disk may take long to answer */

struct part {
	struct s3_parts *parts;
	struct part_block *block;
	size_t len;
	size_t number;		/* 1.. */
	char *etag;		/* NULL: not sent, or not well */
	bool begun;		/* the server has heard of it */
	atomic_bool done;	/* its thread needs it no more */
};

struct s3_parts {
	struct s3 *s3;
	const char *key;
	char *upload_id;
	size_t part_size;
	struct part_memory *memory;
	bool own_memory;
	struct part *slots;
	void **slot_list;	/* the same, for the crew */
	unsigned slot_count;
	struct s3_line *lines;	/* one a thread */
	unsigned line_count;
	struct crew *crew;	/* NULL before the start */
	char **etags;		/* by number - 1 */
	size_t etag_room;
	size_t sent;		/* parts handed over */
	size_t count;		/* parts acknowledged: etags */
	atomic_bool cancel;	/* nothing more is sent */
	atomic_bool told;
	atomic_uint slower;	/* times the server said "slow down" */
	pthread_mutex_t lock;	/* for what follows */
	unsigned heeded;	/* of slower */
	unsigned limit;		/* parts under way at once */
	unsigned good;		/* parts since the limit changed */
};

struct s3_parts *
s3_parts_new(struct s3 *s3, const char *key, size_t part_size,
    unsigned buffers, struct part_memory *memory)
{
	struct s3_parts *parts = xcalloc(1, sizeof *parts);

	parts->s3 = s3;
	parts->key = key;
	parts->part_size = part_size;
	parts->own_memory = memory == NULL;
	parts->memory = memory == NULL ? part_memory_new() : memory;
	parts->slot_count = buffers;
	parts->limit = buffers;
	pthread_mutex_init(&parts->lock, NULL);
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
		.body = part->block->data,
		.body_len = part->len,
		.digests = part_block_hash(part->block),
		.idle_seconds = PART_IDLE,
		.cancel = &parts->cancel,
		.told = &parts->told,
		.slower = &parts->slower,
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

/*
 * Half as many parts at once when the server wants less; one more after each
 * round of them that went well.
 */
static void
adapt(struct s3_parts *parts)
{
	unsigned slower = atomic_load(&parts->slower);

	pthread_mutex_lock(&parts->lock);
	unsigned before = parts->limit;

	if (slower != parts->heeded) {
		parts->heeded = slower;
		parts->limit = before > 1 ? before / 2 : 1;
		parts->good = 0;
	} else if (before < parts->slot_count && ++parts->good >= before) {
		parts->limit++;
		parts->good = 0;
	}
	if (parts->limit != before) {
		info("%s parts at once now: %u", parts->limit < before ?
		    "the server wants less; fewer" : "more", parts->limit);
		crew_limit(parts->crew, parts->limit);
	}
	pthread_mutex_unlock(&parts->lock);
}

static void
work(void *worker, void *slot)
{
	struct part *part = slot;
	struct s3_answer answer;

	if (atomic_load(&part->parts->cancel)) {
		atomic_store(&part->done, true);
		return;
	}
	part->begun = true;
	s3_answer_init(&answer);
	part->etag = send_part(worker, part, &answer);
	s3_answer_release(&answer);
	if (part->etag == NULL)
		atomic_store(&part->parts->cancel, true);
	adapt(part->parts);
	atomic_store(&part->done, true);
}

int
s3_parts_start(struct s3_parts *parts, const char *upload_id)
{
	unsigned jobs = parts->slot_count;
	void **workers = xcalloc(jobs, sizeof *workers);
	struct crew_setup setup = {
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
	parts->crew = crew_new(&setup);
	free(workers);
	return parts->crew == NULL ? -1 : 0;
}

/* The memory goes back; the ETag of what was acknowledged to its place. */
static void
collect(struct s3_parts *parts, struct part *part)
{
	if (!atomic_exchange(&part->done, false))
		return;
	part_memory_give(parts->memory, part->block);
	part->block = NULL;
	if (part->etag == NULL)
		return;
	parts->etags[part->number - 1] = part->etag;
	part->etag = NULL;
	part->begun = false;
	parts->count++;
}

static void
collect_all(struct s3_parts *parts)
{
	for (unsigned i = 0; i < parts->slot_count; i++)
		collect(parts, &parts->slots[i]);
}

struct part_block *
s3_parts_buffer(struct s3_parts *parts)
{
	struct part *part = parts->crew == NULL ? &parts->slots[0] :
	    crew_next(parts->crew);

	collect_all(parts);
	if (atomic_load(&parts->cancel) || prog_stopping()) {
		fail_quietly(PROG_TEMPORARY);
		return NULL;
	}
	if (part->block == NULL)
		part->block = part_memory_take(parts->memory,
		    (uint64_t)parts->sent * parts->part_size,
		    parts->part_size);
	return part->block;
}

void
s3_parts_send(struct s3_parts *parts, size_t len)
{
	struct part *part = crew_next(parts->crew);

	if (parts->sent == parts->etag_room) {
		parts->etag_room = parts->etag_room == 0 ? 64 :
		    parts->etag_room * 2;
		parts->etags = xrealloc_array(parts->etags, parts->etag_room,
		    sizeof *parts->etags);
	}
	parts->etags[parts->sent++] = NULL;
	part->number = parts->sent;
	part->len = len;
	crew_submit(parts->crew);
}

int
s3_parts_finish(struct s3_parts *parts)
{
	crew_wait(parts->crew);
	collect_all(parts);
	return parts->count < parts->sent || prog_stopping() ?
	    fail_quietly(PROG_TEMPORARY) : 0;
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
	crew_free(parts->crew);
	parts->crew = NULL;
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
		part_memory_give(parts->memory, parts->slots[i].block);
		free(parts->slots[i].etag);
	}
	for (size_t i = 0; i < parts->sent; i++)
		free(parts->etags[i]);
	if (parts->own_memory)
		part_memory_free(parts->memory);
	free(parts->etags);
	free(parts->lines);
	free(parts->slot_list);
	free(parts->slots);
	free(parts->upload_id);
	pthread_mutex_destroy(&parts->lock);
	free(parts);
}
