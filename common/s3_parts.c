#include "s3_parts.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "s3_call.h"
#include "s3xml.h"
#include "xalloc.h"

#define LOOK 100	/* ms between two looks at the stop signal */

enum state {
	FREE,
	FILLING,	/* the caller has it */
	FULL,
	SENDING,
};

struct part {
	enum state state;
	char *data;
	size_t len;
	size_t number;		/* 1.. */
};

struct s3_parts {
	struct s3 *s3;
	const char *key;
	char *upload_id;
	size_t part_size;
	struct part *buffers;
	unsigned buffer_count;
	char **etags;
	size_t count;		/* parts handed over so far */
	pthread_t *threads;
	unsigned thread_count;
	pthread_mutex_t lock;	/* for the states, failed and closing */
	pthread_cond_t changed;
	bool failed;		/* told */
	bool closing;		/* no more parts will come */
	atomic_bool cancel;
};

struct s3_parts *
s3_parts_new(struct s3 *s3, const char *key, size_t part_size,
    unsigned buffers)
{
	struct s3_parts *parts = xcalloc(1, sizeof *parts);
	pthread_condattr_t attributes;

	parts->s3 = s3;
	parts->key = key;
	parts->part_size = part_size;
	parts->buffer_count = buffers;
	parts->buffers = xcalloc(buffers, sizeof *parts->buffers);
	parts->threads = xcalloc(buffers, sizeof *parts->threads);
	pthread_mutex_init(&parts->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&parts->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	return parts;
}

/* With the lock held. */
static struct part *
find(struct s3_parts *parts, enum state state)
{
	struct part *found = NULL;

	/* Of full ones the oldest: they should reach the server in order. */
	for (unsigned i = 0; i < parts->buffer_count; i++) {
		struct part *part = &parts->buffers[i];

		if (part->state == state &&
		    (found == NULL || part->number < found->number))
			found = part;
	}
	return found;
}

/* With the lock held: wait for a change, for a moment. */
static void
wait_a_little(struct s3_parts *parts)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK * 1000000L;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&parts->changed, &parts->lock, &until);
}

/* Of several threads that fail at once, one tells. */
static int
fail_part(struct s3_parts *parts, const struct s3_line *line,
    const struct s3_request *request, const struct s3_answer *answer)
{
	pthread_mutex_lock(&parts->lock);
	bool first = !parts->failed;

	parts->failed = true;
	pthread_mutex_unlock(&parts->lock);
	atomic_store(&parts->cancel, true);
	if (!first)
		return -1;
	return answer->outcome == S3_DONE ?
	    s3_tell_strange(line->s3, request, "has no ETag") :
	    s3_tell(line->s3, request, answer);
}

static int
send_part(struct s3_parts *parts, struct s3_line *line, struct part *part,
    struct s3_answer *answer)
{
	char action[48], number[24];

	snprintf(number, sizeof number, "%zu", part->number);
	snprintf(action, sizeof action, "upload part %s of object", number);
	struct s3_request request = {
		.action = action,
		.method = "PUT",
		.key = parts->key,
		.query = {
			{"partNumber", number},
			{"uploadId", parts->upload_id},
		},
		.query_count = 2,
		.body = part->data,
		.body_len = part->len,
		.cancel = &parts->cancel,
	};
	const char *etag = NULL;

	if (s3_call(line, &request, answer) == S3_DONE)
		etag = http_header(&answer->http, "etag");
	if (etag == NULL || *etag == '\0')
		return fail_part(parts, line, &request, answer);
	char *copy = xstrdup(etag);

	s3xml_unquote(copy);
	pthread_mutex_lock(&parts->lock);
	parts->etags[part->number - 1] = copy;
	part->state = FREE;
	pthread_cond_broadcast(&parts->changed);
	pthread_mutex_unlock(&parts->lock);
	return 0;
}

/* The next full part, now SENDING; NULL: there will be none. */
static struct part *
take_part(struct s3_parts *parts)
{
	struct part *part;

	pthread_mutex_lock(&parts->lock);
	while ((part = find(parts, FULL)) == NULL && !parts->closing &&
	    !parts->failed && !prog_stopping())
		wait_a_little(parts);
	if (parts->failed || prog_stopping())
		part = NULL;
	if (part != NULL)
		part->state = SENDING;
	pthread_mutex_unlock(&parts->lock);
	return part;
}

static void *
work(void *context)
{
	struct s3_parts *parts = context;
	struct s3_line line;
	struct s3_answer answer;
	struct part *part;

	s3_line_open(&line, parts->s3);
	s3_answer_init(&answer);
	while ((part = take_part(parts)) != NULL) {
		if (send_part(parts, &line, part, &answer) != 0)
			break;
	}
	s3_answer_release(&answer);
	s3_line_close(&line);
	pthread_mutex_lock(&parts->lock);
	pthread_cond_broadcast(&parts->changed);
	pthread_mutex_unlock(&parts->lock);
	return NULL;
}

int
s3_parts_start(struct s3_parts *parts, const char *upload_id)
{
	unsigned wanted = parts->buffer_count > 1 ? parts->buffer_count - 1 : 1;
	sigset_t stops, old;
	int error = 0;

	parts->upload_id = xstrdup(upload_id);
	/* The signals are for the thread that reads the input. */
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &stops, &old);
	while (parts->thread_count < wanted && error == 0) {
		error = pthread_create(&parts->threads[parts->thread_count],
		    NULL, work, parts);
		parts->thread_count += error == 0;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (parts->thread_count > 0)
		return 0;
	return fail(PROG_TEMPORARY, "could not start a thread: %s",
	    strerror(error));
}

char *
s3_parts_buffer(struct s3_parts *parts)
{
	struct part *part;

	pthread_mutex_lock(&parts->lock);
	while ((part = find(parts, FREE)) == NULL && !parts->failed &&
	    !prog_stopping())
		wait_a_little(parts);
	if (parts->failed || prog_stopping())
		part = NULL;
	if (part != NULL)
		part->state = FILLING;
	pthread_mutex_unlock(&parts->lock);
	if (part == NULL) {
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
	pthread_mutex_lock(&parts->lock);
	struct part *part = find(parts, FILLING);

	/* Doubling: 1, 2, 4, ... */
	if ((parts->count & (parts->count - 1)) == 0)
		parts->etags = xrealloc_array(parts->etags,
		    parts->count == 0 ? 1 : parts->count * 2,
		    sizeof *parts->etags);
	parts->etags[parts->count++] = NULL;
	part->number = parts->count;
	part->len = len;
	part->state = FULL;
	pthread_cond_broadcast(&parts->changed);
	pthread_mutex_unlock(&parts->lock);
}

static void
join(struct s3_parts *parts)
{
	pthread_mutex_lock(&parts->lock);
	parts->closing = true;
	pthread_cond_broadcast(&parts->changed);
	pthread_mutex_unlock(&parts->lock);
	while (parts->thread_count > 0)
		pthread_join(parts->threads[--parts->thread_count], NULL);
}

int
s3_parts_finish(struct s3_parts *parts)
{
	join(parts);
	if (parts->failed || prog_stopping())
		return fail_quietly(PROG_TEMPORARY);
	return 0;
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
	pthread_mutex_lock(&parts->lock);
	parts->failed = true;
	pthread_mutex_unlock(&parts->lock);
	join(parts);
	for (unsigned i = 0; i < parts->buffer_count; i++)
		busy |= parts->buffers[i].state == SENDING;
	return busy;
}

void
s3_parts_free(struct s3_parts *parts)
{
	if (parts == NULL)
		return;
	s3_parts_cancel(parts);
	for (unsigned i = 0; i < parts->buffer_count; i++)
		free(parts->buffers[i].data);
	for (size_t i = 0; i < parts->count; i++)
		free(parts->etags[i]);
	free(parts->etags);
	free(parts->buffers);
	free(parts->threads);
	free(parts->upload_id);
	pthread_cond_destroy(&parts->changed);
	pthread_mutex_destroy(&parts->lock);
	free(parts);
}
