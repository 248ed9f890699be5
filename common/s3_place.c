#include "s3_place.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define EMPTY_MAX 10000		/* pages; a filter may leave some empty */

void
s3_place_release(struct s3_place *place)
{
	free(place->token);
	free(place->marker);
	free(place->id_marker);
	free(place->landmark);
	*place = (struct s3_place){.token = NULL};
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static char *
copy_text(const char *text)
{
	return text == NULL ? NULL : xstrdup(text);
}

/* Prefixes stand before or behind the objects, each in order. */
static const struct s3xml_item *
last_item(const struct s3xml_list *list)
{
	const struct s3xml_item *last = &list->items[list->count - 1];

	for (size_t i = 0; i < list->count; i++) {
		const struct s3xml_item *item = &list->items[i];

		if (item->prefix != last->prefix &&
		    strcmp(item->key, last->key) > 0)
			last = item;
	}
	return last;
}

/*
 * Whether we have seen this page before: no two pages begin with the same
 * entry. The landmark moves ahead at 1, 2, 4, 8 ... pages (Brent), so that a
 * circle of any length is found, in constant memory.
 */
static bool
goes_round(struct s3_place *place, const struct s3xml_list *list)
{
	if (list->count == 0)
		return ++place->empty == EMPTY_MAX;
	place->empty = 0;
	const struct s3xml_item *item = &list->items[0];
	char *first = xasprintf("%s\n%s", item->key, item->version == NULL ?
	    item->id : item->version);
	bool seen = same(first, place->landmark);

	place->pages++;
	if ((place->pages & (place->pages - 1)) == 0) {
		free(place->landmark);
		place->landmark = first;
	} else {
		free(first);
	}
	return seen;
}

int
s3_place_move(struct s3_place *place, const struct s3xml_list *list)
{
	if (goes_round(place, list))
		return -1;
	if (!list->truncated)
		return 0;
	char *token = copy_text(list->token);
	char *marker = copy_text(list->marker);
	char *id_marker = copy_text(list->id_marker);

	/* V1 without a delimiter: the last entry is the marker. With one the
	   server should say it; else it is the last in order. */
	if (marker == NULL && token == NULL && list->count > 0) {
		const struct s3xml_item *last = last_item(list);

		marker = xstrdup(last->key);
		free(id_marker);
		id_marker = copy_text(last->version);
	}
	bool stuck = (token == NULL && marker == NULL) ||
	    (same(token, place->token) && same(marker, place->marker) &&
	    same(id_marker, place->id_marker));

	free(place->token);
	free(place->marker);
	free(place->id_marker);
	place->token = token;
	place->marker = marker;
	place->id_marker = id_marker;
	return stuck ? -1 : 1;
}
