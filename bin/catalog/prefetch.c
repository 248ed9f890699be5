/* prefetch.c: a ring of answers between the threads and one reader. */
#include "prefetch.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manifest.h"
#include "owner.h"
#include "prog.h"
#include "record.h"
#include "text.h"
#include "xalloc.h"

#define SLOTS 256
#define PREFETCH_BYTES ((uint64_t)16 * 1024 * 1024)

struct slot {
	bool ready;
	int rc;			/* of store_find_bytes, or owner_find */
	struct buf text;
};

/* What is read of an item of the listing: all of it, or its metadata. */
struct wish {
	uint32_t place;
	bool owner;
};

struct prefetch {
	const struct listing *listing;
	size_t max;		/* bytes of a manifest */
	struct wish *wanted;	/* in the order they are asked for */
	size_t wanted_count;
	pthread_t *threads;
	struct store **stores;	/* one each */
	unsigned thread_count;
	pthread_mutex_t lock;	/* for what follows */
	pthread_cond_t changed;
	size_t next;		/* of wanted: the next one to read */
	size_t given;		/* of wanted: handed over or skipped */
	uint64_t bytes;		/* of those between the two */
	bool stop;
	unsigned started;	/* threads that have taken their store */
	struct slot slots[SLOTS];
};

static uint64_t
size_of(const struct prefetch *prefetch, size_t position)
{
	const struct wish *wish = &prefetch->wanted[position];

	return wish->owner ? 0 : prefetch->listing->items[wish->place].size;
}

/* Whether the next one fits beside those that wait to be taken. */
static bool
has_room(const struct prefetch *prefetch)
{
	if (prefetch->next == prefetch->given)
		return true;
	return prefetch->next - prefetch->given < SLOTS && prefetch->bytes +
	    size_of(prefetch, prefetch->next) <= PREFETCH_BYTES;
}

/* Take the next position to read, or wait for room. False: no more. */
static bool
next_position(struct prefetch *prefetch, size_t *position)
{
	while (!prefetch->stop && prefetch->next < prefetch->wanted_count &&
	    !has_room(prefetch))
		pthread_cond_wait(&prefetch->changed, &prefetch->lock);
	if (prefetch->stop || prefetch->next == prefetch->wanted_count)
		return false;
	*position = prefetch->next++;
	prefetch->bytes += size_of(prefetch, *position);
	return true;
}

static int
get(const struct prefetch *prefetch, struct store *store,
    const struct wish *wish, struct buf *text)
{
	const struct listing *listing = prefetch->listing;
	char *url = xasprintf("%s%s", listing->place,
	    listing->items[wish->place].name);
	int rc = wish->owner ? owner_find(store, url, text) :
	    store_find_bytes(store, url, prefetch->max, text);

	free(url);
	return rc;
}

static void *
work(void *context)
{
	struct prefetch *prefetch = context;
	struct buf text = BUF_INIT;
	size_t position;

	pthread_mutex_lock(&prefetch->lock);
	struct store *store = prefetch->stores[prefetch->started++];

	while (next_position(prefetch, &position)) {
		pthread_mutex_unlock(&prefetch->lock);
		int rc = get(prefetch, store, &prefetch->wanted[position],
		    &text);

		pthread_mutex_lock(&prefetch->lock);
		struct slot *slot = &prefetch->slots[position % SLOTS];

		slot->text = text;
		text = (struct buf)BUF_INIT;
		slot->rc = rc;
		slot->ready = true;
		pthread_cond_broadcast(&prefetch->changed);
	}
	pthread_mutex_unlock(&prefetch->lock);
	return NULL;
}

/* What item will be asked for. False: nothing that can be told ahead. */
static bool
find_wish(const struct prefetch *prefetch, const struct listed *item,
    struct wish *wish)
{
	const struct listing *listing = prefetch->listing;
	size_t len = strlen(item->name);
	int64_t when;

	if (record_parse(item->name, &len, &when) != RECORD_NONE)
		return false;
	const struct listed *manifest = listing_find(listing, item->name, len,
	    MANIFEST_SUFFIX);

	wish->owner = manifest == NULL;
	if (manifest != NULL) {
		wish->place = (uint32_t)(manifest - listing->items);
		return manifest->size <= prefetch->max;
	}
	wish->place = (uint32_t)(item - listing->items);
	/* A `.json` is a manifest as a rule, also where its object is gone. */
	return !text_ends(item->name, MANIFEST_SUFFIX);
}

static void
find_wanted(struct prefetch *prefetch)
{
	const struct listing *listing = prefetch->listing;
	size_t size = 0;
	struct wish wish;

	for (size_t i = 0; i < listing->count; i++) {
		if (!find_wish(prefetch, &listing->items[i], &wish))
			continue;
		if (prefetch->wanted_count == size) {
			size = size + size / 2 + 256;
			prefetch->wanted = xrealloc_array(prefetch->wanted,
			    size, sizeof *prefetch->wanted);
		}
		prefetch->wanted[prefetch->wanted_count++] = wish;
	}
}

struct prefetch *
prefetch_new(const struct store *store, const struct listing *listing,
    size_t max, unsigned threads)
{
	struct prefetch *prefetch = xcalloc(1, sizeof *prefetch);

	prefetch->listing = listing;
	prefetch->max = max;
	pthread_mutex_init(&prefetch->lock, NULL);
	pthread_cond_init(&prefetch->changed, NULL);
	find_wanted(prefetch);
	if (threads > prefetch->wanted_count)
		threads = (unsigned)prefetch->wanted_count;
	prefetch->threads = xcalloc(threads + 1, sizeof *prefetch->threads);
	prefetch->stores = xcalloc(threads + 1, sizeof *prefetch->stores);
	for (unsigned i = 0; i < threads; i++)
		prefetch->stores[i] = store_reader(store);
	for (unsigned i = 0; i < threads; i++) {
		int error = pthread_create(&prefetch->threads[i], NULL, work,
		    prefetch);

		if (error != 0 && i == 0) {
			errno = error;
			fail(PROG_TEMPORARY, "could not start a thread: %m");
			prefetch_free(prefetch);
			return NULL;
		}
		if (error != 0)
			break;
		prefetch->thread_count++;
	}
	return prefetch;
}

void
prefetch_free(struct prefetch *prefetch)
{
	if (prefetch == NULL)
		return;
	pthread_mutex_lock(&prefetch->lock);
	prefetch->stop = true;
	pthread_cond_broadcast(&prefetch->changed);
	pthread_mutex_unlock(&prefetch->lock);
	for (unsigned i = 0; i < prefetch->thread_count; i++)
		pthread_join(prefetch->threads[i], NULL);
	for (unsigned i = 0; prefetch->stores[i] != NULL; i++)
		store_close(prefetch->stores[i]);
	for (size_t i = 0; i < SLOTS; i++) {
		if (prefetch->slots[i].ready)
			buf_release(&prefetch->slots[i].text);
	}
	pthread_cond_destroy(&prefetch->changed);
	pthread_mutex_destroy(&prefetch->lock);
	free(prefetch->threads);
	free(prefetch->stores);
	free(prefetch->wanted);
	free(prefetch);
}

/* Wait for the next answer and take it out of the ring. */
static int
take_next(struct prefetch *prefetch, struct buf *text)
{
	struct slot *slot = &prefetch->slots[prefetch->given % SLOTS];

	while (!slot->ready)
		pthread_cond_wait(&prefetch->changed, &prefetch->lock);
	buf_release(text);
	*text = slot->text;
	slot->ready = false;
	prefetch->bytes -= size_of(prefetch, prefetch->given);
	prefetch->given++;
	pthread_cond_broadcast(&prefetch->changed);
	return slot->rc;
}

static int
take(struct prefetch *prefetch, struct wish wish, struct buf *text)
{
	int rc = -2;

	pthread_mutex_lock(&prefetch->lock);
	/* Manifests stand in the order of their objects, not of their own. */
	for (size_t i = prefetch->given; i < prefetch->wanted_count &&
	    i < prefetch->given + SLOTS && rc == -2; i++) {
		if (prefetch->wanted[i].place != wish.place ||
		    prefetch->wanted[i].owner != wish.owner)
			continue;
		while (prefetch->given < i)
			(void)take_next(prefetch, text);
		rc = take_next(prefetch, text);
	}
	pthread_mutex_unlock(&prefetch->lock);
	return rc;
}

int
prefetch_take(struct prefetch *prefetch, const struct listed *item,
    struct buf *text)
{
	struct wish wish = {.place =
	    (uint32_t)(item - prefetch->listing->items)};

	return take(prefetch, wish, text);
}

int
prefetch_take_owner(struct prefetch *prefetch, const struct listed *item,
    struct buf *run_id)
{
	struct wish wish = {
		.place = (uint32_t)(item - prefetch->listing->items),
		.owner = true,
	};

	return take(prefetch, wish, run_id);
}
