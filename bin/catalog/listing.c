/* listing.c: names in pieces of memory, 24 bytes and the name an object. */
#include "listing.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define PIECE ((size_t)256 * 1024)	/* bytes; longer than any name */

static const char *
keep_name(struct listing *listing, const char *name)
{
	size_t len = strlen(name) + 1;

	if (listing->piece_count == 0 || listing->piece_used + len > PIECE) {
		listing->pieces = xrealloc_array(listing->pieces,
		    listing->piece_count + 1, sizeof *listing->pieces);
		listing->pieces[listing->piece_count++] =
		    xmalloc(len > PIECE ? len : PIECE);
		listing->piece_used = 0;
	}
	char *at = listing->pieces[listing->piece_count - 1] +
	    listing->piece_used;

	memcpy(at, name, len);
	listing->piece_used += len;
	return at;
}

static bool
is_hidden(const char *name)
{
	return name[0] == '.' || strstr(name, "/.") != NULL ||
	    text_ends(name, "/") || name[0] == '\0';
}

static int
see(void *context, const struct store_object *object)
{
	struct listing *listing = context;
	size_t len = strlen(listing->place);

	if (strncmp(object->url, listing->place, len) != 0)
		return fail(PROG_BUG, "the list of \"%s\" holds \"%s\"",
		    listing->place, object->url);
	if (is_hidden(object->url + len))
		return 0;
	if (listing->count == listing->size) {
		listing->size = listing->size + listing->size / 2 + 256;
		listing->items = xrealloc_array(listing->items,
		    listing->size, sizeof *listing->items);
	}
	listing->items[listing->count++] = (struct listed){
		.name = keep_name(listing, object->url + len),
		.size = object->size,
		.modified = (int64_t)object->modified.tv_sec * 1000000 +
		    object->modified.tv_nsec / 1000,
	};
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct listed *)a)->name,
	    ((const struct listed *)b)->name);
}

/* A server that lists a key twice must not make two backups of it. */
static void
drop_doubles(struct listing *listing)
{
	size_t kept = 0;

	for (size_t i = 0; i < listing->count; i++) {
		if (kept == 0 || strcmp(listing->items[kept - 1].name,
		    listing->items[i].name) != 0)
			listing->items[kept++] = listing->items[i];
	}
	listing->count = kept;
}

int
listing_read(struct listing *listing, struct store *store, const char *url)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	/* The root is "file:///", also without its slashes. */
	listing->place = strncmp(url, "file:", len) == 0 ?
	    xstrdup("file:///") : xasprintf("%.*s/", (int)len, url);
	if (store_list(store, url, STORE_OBJECTS, see, listing) != 0)
		return -1;
	if (listing->count > 0)
		qsort(listing->items, listing->count, sizeof *listing->items,
		    by_name);
	drop_doubles(listing);
	return 0;
}

void
listing_release(struct listing *listing)
{
	for (size_t i = 0; i < listing->piece_count; i++)
		free(listing->pieces[i]);
	free(listing->pieces);
	free(listing->items);
	free(listing->place);
}

size_t
listing_seek(const struct listing *listing, const char *name)
{
	size_t low = 0;
	size_t high = listing->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(listing->items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct listed *
listing_find(const struct listing *listing, const char *name, size_t len,
    const char *suffix)
{
	struct buf whole = BUF_INIT;

	buf_add(&whole, name, len);
	buf_add_string(&whole, suffix);
	size_t at = listing_seek(listing, whole.data);
	struct listed *found = at < listing->count &&
	    strcmp(listing->items[at].name, whole.data) == 0 ?
	    &listing->items[at] : NULL;

	buf_release(&whole);
	return found;
}
