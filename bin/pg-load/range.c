#include "range.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec.h"
#include "gzframe.h"
#include "prog.h"
#include "xalloc.h"

#define TICK_NS (100L * 1000 * 1000)	/* between two looks for a stop */

struct slot {
	char *data;
	size_t from, to;	/* what is wanted of it */
};

struct range {
	struct object *object;
	struct store *store;	/* its own connection */
	const atomic_bool *stop;
	struct codec *codec;
	struct slot slots[RANGE_SLOTS];
	unsigned char *member;	/* the frame that comes in */
	/* the thread's, once it runs */
	uint64_t from, to;	/* of the data */
	struct gzframe_check check;
	size_t have;		/* bytes of the member, or of the piece */
	/* between the two */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t filled, taken;	/* slots, ever */
	bool ended, failed;
	atomic_bool cancel;
	/* the caller's */
	pthread_t thread;
	bool running, holding;
};

struct range *
range_new(struct object *object, const atomic_bool *stop)
{
	struct range *r = xcalloc(1, sizeof *r);

	r->object = object;
	r->stop = stop;
	r->store = store_reader(object->store);
	r->codec = codec_new(NULL, 1);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	return r;
}

static void
wait_change(struct range *r)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += TICK_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&r->changed, &r->lock, &until);
}

/* The thread: wait until the next slot is free. NULL: stopped. */
static struct slot *
free_slot(struct range *r)
{
	struct slot *slot = NULL;

	pthread_mutex_lock(&r->lock);
	while (r->filled - r->taken == RANGE_SLOTS &&
	    !atomic_load(&r->cancel) && !prog_stopping())
		wait_change(r);
	if (r->filled - r->taken < RANGE_SLOTS)
		slot = &r->slots[r->filled % RANGE_SLOTS];
	pthread_mutex_unlock(&r->lock);
	if (slot != NULL && slot->data == NULL)
		slot->data = xmalloc(r->object->frame_bytes);
	return slot;
}

/* The slot holds size bytes of the data, the first of which is at offset. */
static void
hand_over(struct range *r, struct slot *slot, uint64_t offset, size_t size)
{
	slot->from = r->from > offset ? (size_t)(r->from - offset) : 0;
	slot->to = r->to < offset + size ? (size_t)(r->to - offset) : size;
	pthread_mutex_lock(&r->lock);
	r->filled++;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static int
damaged(struct range *r, uint64_t frame, const char *reason)
{
	if (atomic_exchange(&r->object->told, true))
		return fail_quietly(PROG_PERMANENT);
	return fail(PROG_PERMANENT, "cannot read object \"%s\": frame %" PRIu64
	    " at byte %" PRIu64 ": %s", r->object->info.url, frame,
	    object_frame_at(r->object, frame), reason);
}

/* A whole member is there: what is it worth? */
static int
take_member(struct range *r, size_t length)
{
	struct gzframe_check *check = &r->check;
	size_t body = length - GZFRAME_DATA_SIZE - GZFRAME_TRAILER_SIZE;
	const unsigned char *trailer = r->member + GZFRAME_DATA_SIZE + body;
	uint64_t frame = check->frames, offset = check->uncompressed;
	struct slot *slot = free_slot(r);
	enum gzframe_kind kind;
	size_t said, size;

	if (slot == NULL)
		return -1;
	if (gzframe_check_begin(check, r->member, &kind, &said) != 0 ||
	    (kind == GZFRAME_DATA &&
	    (gzframe_check_data(check, r->member, &said) != 0 ||
	    gzframe_check_size(check, trailer, &size) != 0)))
		return damaged(r, frame, check->reason);
	if (kind != GZFRAME_DATA || said != length ||
	    (check->short_seen && check->uncompressed != r->object->size))
		return damaged(r, frame, "it is not the one of the index");
	const char *reason = codec_inflate(r->codec, r->member +
	    GZFRAME_DATA_SIZE, body, slot->data, size);

	if (reason == NULL &&
	    codec_crc32(slot->data, size) != gzframe_trailer_crc(trailer))
		reason = "its CRC-32 is wrong";
	if (reason != NULL)
		return damaged(r, frame, reason);
	hand_over(r, slot, offset, size);
	return 0;
}

static int
take_framed(void *context, const void *data, size_t len)
{
	struct range *r = context;
	const unsigned char *at = data;

	atomic_fetch_add(&r->object->bytes_read, len);
	while (len > 0) {
		size_t length = r->object->lengths[r->check.frames];
		size_t n = length - r->have < len ? length - r->have : len;

		memcpy(r->member + r->have, at, n);
		r->have += n;
		at += n;
		len -= n;
		if (r->have < length)
			break;
		r->have = 0;
		if (take_member(r, length) != 0)
			return -1;
	}
	return 0;
}

static int
take_plain(void *context, const void *data, size_t len)
{
	struct range *r = context;
	const char *at = data;

	atomic_fetch_add(&r->object->bytes_read, len);
	while (len > 0) {
		size_t n = len < r->object->frame_bytes ? len :
		    r->object->frame_bytes;
		struct slot *slot = free_slot(r);

		if (slot == NULL)
			return -1;
		memcpy(slot->data, at, n);
		hand_over(r, slot, r->check.uncompressed, n);
		r->check.uncompressed += n;
		at += n;
		len -= n;
	}
	return 0;
}

static void *
read_ahead(void *context)
{
	struct range *r = context;
	struct object *object = r->object;
	struct store_part part = {
		.object = &object->info, .from = r->from, .to = r->to,
		.sink = take_plain, .context = r, .cancel = &r->cancel,
		.told = &object->told,
	};

	r->have = 0;
	r->check = (struct gzframe_check){.uncompressed = r->from};
	if (object->frames) {
		uint64_t first = r->from / object->frame_bytes;
		uint64_t last = (r->to - 1) / object->frame_bytes;

		r->check = (struct gzframe_check){
			.frame_bytes = object->frame_bytes,
			.frames = first,
			.uncompressed = first * object->frame_bytes,
		};
		part.from = object_frame_at(object, first);
		part.to = object_frame_at(object, last + 1);
		part.sink = take_framed;
	}
	int rc = store_get_part(r->store, &part);

	pthread_mutex_lock(&r->lock);
	r->ended = true;
	r->failed = rc != 0;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static void
end(struct range *r)
{
	if (!r->running)
		return;
	atomic_store(&r->cancel, true);
	pthread_mutex_lock(&r->lock);
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	r->running = false;
}

void
range_free(struct range *r)
{
	if (r == NULL)
		return;
	end(r);
	for (size_t i = 0; i < RANGE_SLOTS; i++)
		free(r->slots[i].data);
	free(r->member);
	codec_free(r->codec);
	store_close(r->store);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

int
range_begin(struct range *r, uint64_t from, uint64_t to)
{
	sigset_t all, before;

	end(r);
	if (to > r->object->size)
		to = r->object->size;
	r->from = from;
	r->to = to;
	r->filled = r->taken = 0;
	r->failed = r->holding = false;
	r->ended = from >= to;
	atomic_store(&r->cancel, false);
	if (r->ended)
		return 0;
	if (r->member == NULL && r->object->frames)
		r->member = xmalloc(GZFRAME_MEMBER_MAX(r->object->frame_bytes));
	/* Stop signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&r->thread, NULL, read_ahead, r);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0) {
		errno = error;
		return fail(PROG_TEMPORARY, "could not start a thread: %m");
	}
	r->running = true;
	return 0;
}

ssize_t
range_next(struct range *r, const char **data)
{
	ssize_t n = 0;

	pthread_mutex_lock(&r->lock);
	if (r->holding) {
		r->taken++;
		r->holding = false;
		pthread_cond_signal(&r->changed);
	}
	while (r->filled == r->taken && !r->ended && !prog_stopping() &&
	    !atomic_load(r->stop))
		wait_change(r);
	if (prog_stopping() || atomic_load(r->stop)) {
		n = -1;
	} else if (r->filled > r->taken) {
		const struct slot *slot = &r->slots[r->taken % RANGE_SLOTS];

		*data = slot->data + slot->from;
		n = (ssize_t)(slot->to - slot->from);
		r->holding = true;
	} else if (r->failed) {
		n = -1;
	}
	pthread_mutex_unlock(&r->lock);
	return n;
}
