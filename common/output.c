#define _GNU_SOURCE
#include "output.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"
#include "prog.h"
#include "progress.h"
#include "xalloc.h"

#define STACK_SIZE ((size_t)128 * 1024)	/* bytes; the writer is shallow */
#define SECOND 1000000000L	/* ns */
#define TICK (SECOND / 5)	/* ns between two looks at the stop flag */
#define RESERVED ((size_t)6)	/* chunks that are not for bytes ahead */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;	/* there is something to write, or an end */
	pthread_cond_t less;	/* a chunk was written, or writing failed */
	struct chunk *first, **last;	/* to be written */
	struct chunk *empty;
	size_t made, empty_count, limit;	/* chunks */
	bool wanted;		/* somebody waits for an empty one */
	bool ended, failed;
	bool done;		/* the writer's last word */
	int wakeup;
} queue = {
	.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER,
	.less = PTHREAD_COND_INITIALIZER, .last = &queue.first, .wakeup = -1,
};
static pthread_t writer;
static struct chunk *open_chunk;	/* that small pieces are added to */
static uint64_t offset;
static struct progress progress;

static void
wake(void)
{
	const uint64_t one = 1;

	/* It fails only when it is awake as never before. */
	(void)!io_write_full(queue.wakeup, &one, sizeof one);
}

/* The next chunk to write, or NULL at the end. */
static struct chunk *
next_chunk(void)
{
	while (queue.first == NULL && !queue.ended)
		pthread_cond_wait(&queue.more, &queue.lock);
	struct chunk *chunk = queue.first;

	if (chunk != NULL) {
		queue.first = chunk->next;
		if (queue.first == NULL)
			queue.last = &queue.first;
	}
	return chunk;
}

static void *
write_chunks(void *unused)
{
	struct chunk *chunk;

	(void)unused;
	pthread_mutex_lock(&queue.lock);
	while ((chunk = next_chunk()) != NULL) {
		pthread_mutex_unlock(&queue.lock);
		int rc = queue.failed ? -1 : flow_write(chunk->data +
		    chunk->from, chunk->to - chunk->from);

		pthread_mutex_lock(&queue.lock);
		if (rc != 0)
			queue.failed = true;
		chunk->next = queue.empty;
		queue.empty = chunk;
		queue.empty_count++;
		pthread_cond_signal(&queue.less);
		if (queue.wanted || queue.failed)
			wake();
		queue.wanted = false;
	}
	queue.done = true;
	pthread_cond_signal(&queue.less);
	pthread_mutex_unlock(&queue.lock);
	return NULL;
}

/*
 * Until the writer has done something, or a moment has passed: a stop signal
 * does not end the wait for a reader that does not read. With the lock held.
 */
static void
await_writer(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += TICK;
	if (until.tv_nsec >= SECOND) {
		until.tv_sec++;
		until.tv_nsec -= SECOND;
	}
	pthread_cond_timedwait(&queue.less, &queue.lock, &until);
}

int
output_begin(uint64_t memory, bool wanted)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	progress_init(&progress, wanted, "read");
	queue.limit = memory / CHUNK_SIZE > CHUNKS_MIN ?
	    (size_t)(memory / CHUNK_SIZE) : CHUNKS_MIN;
	queue.wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue.wakeup < 0)
		return fail(PROG_TEMPORARY, "could not make an event: %m");
	/* Signals are for the thread that reads. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	int error = pthread_create(&writer, &attributes, write_chunks, NULL);

	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 ? 0 : fail(PROG_TEMPORARY, "could not start a "
	    "thread: %s", strerror(error));
}

/* With the lock held. */
static struct chunk *
take_empty(size_t reserved)
{
	struct chunk *chunk = queue.empty;

	if (queue.empty_count + queue.limit - queue.made <= reserved)
		return NULL;
	if (chunk == NULL) {
		queue.made++;
		chunk = xmalloc(sizeof *chunk);
	} else {
		queue.empty = chunk->next;
		queue.empty_count--;
	}
	chunk->next = NULL;
	chunk->from = 0;
	chunk->to = 0;
	return chunk;
}

struct chunk *
output_chunk(bool ahead)
{
	pthread_mutex_lock(&queue.lock);
	struct chunk *chunk = take_empty(ahead ? RESERVED : 1);

	if (chunk == NULL)
		queue.wanted = true;
	pthread_mutex_unlock(&queue.lock);
	return chunk;
}

void
output_drop(struct chunk *chunk)
{
	if (chunk == NULL)
		return;
	pthread_mutex_lock(&queue.lock);
	chunk->next = queue.empty;
	queue.empty = chunk;
	queue.empty_count++;
	pthread_mutex_unlock(&queue.lock);
}

int
output_wakeup(void)
{
	return queue.wakeup;
}

void
output_awake(void)
{
	uint64_t count;

	(void)!io_read_some(queue.wakeup, &count, sizeof count);
}

/* To the writer; with the lock held. */
static void
enqueue(struct chunk *chunk)
{
	chunk->next = NULL;
	*queue.last = chunk;
	queue.last = &chunk->next;
	pthread_cond_signal(&queue.more);
}

/* Hand over what small pieces have made. */
static int
flush(void)
{
	struct chunk *chunk = open_chunk;

	open_chunk = NULL;
	pthread_mutex_lock(&queue.lock);
	if (chunk != NULL)
		enqueue(chunk);
	bool failed = queue.failed;

	pthread_mutex_unlock(&queue.lock);
	return failed || prog_stopping() ? -1 : 0;
}

/* The last chunk is for this alone, so the writer brings one back. */
static int
open_next(void)
{
	if (flush() != 0)
		return -1;
	pthread_mutex_lock(&queue.lock);
	while (!queue.failed && !prog_stopping() &&
	    (open_chunk = take_empty(0)) == NULL)
		await_writer();
	pthread_mutex_unlock(&queue.lock);
	return open_chunk == NULL ? -1 : 0;
}

static void
count(size_t len)
{
	offset += len;
	progress_add(&progress, len);
}

int
output_add(const void *data, size_t len)
{
	const char *at = data;

	count(len);
	while (len > 0) {
		if (open_chunk == NULL || open_chunk->to == CHUNK_SIZE) {
			if (open_next() != 0)
				return -1;
		}
		size_t room = CHUNK_SIZE - open_chunk->to;
		size_t n = len < room ? len : room;

		memcpy(open_chunk->data + open_chunk->to, at, n);
		open_chunk->to += n;
		at += n;
		len -= n;
	}
	return 0;
}

char *
output_space(size_t least, size_t *room)
{
	if ((open_chunk == NULL || CHUNK_SIZE - open_chunk->to < least) &&
	    open_next() != 0)
		return NULL;
	*room = CHUNK_SIZE - open_chunk->to;
	return open_chunk->data + open_chunk->to;
}

void
output_used(size_t len)
{
	count(len);
	open_chunk->to += len;
}

int
output_add_buf(const struct buf *buf)
{
	return output_add(buf->data, buf->len);
}

int
output_add_chunk(struct chunk *chunk)
{
	count(chunk->to - chunk->from);
	int rc = flush();

	pthread_mutex_lock(&queue.lock);
	enqueue(chunk);
	pthread_mutex_unlock(&queue.lock);
	return rc;
}

int
output_add_file(int fd, uint64_t from, uint64_t to)
{
	char piece[16384];

	while (from < to) {
		size_t want = to - from < sizeof piece ? (size_t)(to - from) :
		    sizeof piece;
		ssize_t n = pread(fd, piece, want, (off_t)from);

		if (n <= 0)
			return fail(PROG_BUG, "could not read %zu bytes at "
			    "%" PRIu64 " of a file in memory", want, from);
		if (output_add(piece, (size_t)n) != 0)
			return -1;
		from += (uint64_t)n;
	}
	return 0;
}

void
output_expect(uint64_t bytes, const char *detail, const char *members)
{
	progress_expect(&progress, bytes);
	progress_detail(&progress, detail, members);
}

uint64_t
output_offset(void)
{
	return offset;
}

bool
output_failed(void)
{
	pthread_mutex_lock(&queue.lock);
	bool failed = queue.failed;

	pthread_mutex_unlock(&queue.lock);
	return failed;
}

int
output_end(void)
{
	if (flush() != 0)
		return -1;
	pthread_mutex_lock(&queue.lock);
	queue.ended = true;
	pthread_cond_signal(&queue.more);
	while (!queue.done && !queue.failed && !prog_stopping())
		await_writer();
	bool written = queue.done && !queue.failed;

	pthread_mutex_unlock(&queue.lock);
	if (!written)
		return -1;
	pthread_join(writer, NULL);
	progress_end(&progress);
	return 0;
}
