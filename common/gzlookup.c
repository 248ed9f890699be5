#include "gzlookup.h"

#include "gzframe.h"
#include "xalloc.h"

#define MEMBER_MIN (GZFRAME_DATA_SIZE + GZFRAME_EMPTY_BODY_SIZE + \
    GZFRAME_TRAILER_SIZE)

static int
refuse(struct gzlookup *lookup, const char *reason)
{
	lookup->reason = reason;
	return 1;
}

/* Frames in index member number i, and the bytes of all members before it. */
static uint32_t
index_count(uint64_t frames, uint64_t i)
{
	uint64_t left = frames - i * GZFRAME_INDEX_MAX;

	return left < GZFRAME_INDEX_MAX ? (uint32_t)left : GZFRAME_INDEX_MAX;
}

static uint64_t
index_offset(uint64_t i)
{
	return i * GZFRAME_INDEX_SIZE(GZFRAME_INDEX_MAX);
}

/* The totals follow from each other, so that no sum below can overflow. */
static int
check_end(const struct gzlookup_file *file, const struct gzframe_end *end,
    struct gzlookup *lookup)
{
	uint64_t frame_bytes = end->frame_bytes;

	if (frame_bytes == 0 || frame_bytes > GZFRAME_KIB_MAX * 1024)
		return refuse(lookup, "its frame size is out of range");
	uint64_t frames = end->uncompressed / frame_bytes +
	    (end->uncompressed % frame_bytes != 0);
	uint64_t full = frames / GZFRAME_INDEX_MAX;
	uint64_t rest = frames % GZFRAME_INDEX_MAX;
	uint64_t index_bytes = index_offset(full) +
	    (rest > 0 ? GZFRAME_INDEX_SIZE(rest) : 0);
	uint64_t before = file->size - GZFRAME_END_SIZE;

	if (end->frames != frames || end->index_count != full + (rest > 0) ||
	    end->index_bytes != index_bytes || index_bytes > before ||
	    end->compressed != before - index_bytes ||
	    end->compressed / MEMBER_MIN < frames)
		return refuse(lookup, "the totals in the end frame are not "
		    "those of a stream of this size");
	return 0;
}

static void
keep_length(struct gzlookup *lookup, uint64_t number, uint32_t length)
{
	/* Room is made as the index comes: the totals may be anything. */
	if (number == lookup->room) {
		lookup->room = number == 0 ? GZFRAME_INDEX_MAX : 2 * number;
		*lookup->lengths = xrealloc_array(*lookup->lengths,
		    lookup->room, sizeof **lookup->lengths);
	}
	(*lookup->lengths)[number] = length;
}

/* Count the lengths of one index member, whose first frame is number. */
static int
count_lengths(struct gzlookup *lookup, const unsigned char *member,
    uint64_t number, uint32_t count)
{
	uint64_t behind = lookup->first + lookup->count;

	for (uint32_t i = 0; i < count && number < behind; i++, number++) {
		uint32_t length = gzframe_index_length(member, i);

		if (length < MEMBER_MIN ||
		    length > GZFRAME_MEMBER_MAX(lookup->frame_bytes))
			return refuse(lookup, "a length in the index is out "
			    "of range");
		if (lookup->lengths != NULL)
			keep_length(lookup, number, length);
		if (number < lookup->first)
			lookup->at += length;
		else
			lookup->length += length;
	}
	return 0;
}

static int
read_index(const struct gzlookup_file *file, uint64_t index_at,
    struct gzlookup *lookup)
{
	unsigned char member[GZFRAME_INDEX_SIZE(GZFRAME_INDEX_MAX)];
	uint64_t behind = lookup->first + lookup->count;

	for (uint64_t i = 0; i * GZFRAME_INDEX_MAX < behind; i++) {
		uint32_t count = index_count(lookup->frames, i), found;
		uint64_t first;

		if (file->read(file->context, index_at + index_offset(i),
		    member, GZFRAME_INDEX_SIZE(count)) != 0)
			return -1;
		if (gzframe_parse_index(member, GZFRAME_INDEX_SIZE(count),
		    &first, &found) != 0)
			return refuse(lookup, "the index is damaged");
		if (first != i * GZFRAME_INDEX_MAX || found != count)
			return refuse(lookup, "the index does not fit the "
			    "frames");
		int rc = count_lengths(lookup, member, first, count);

		if (rc != 0)
			return rc;
	}
	if (lookup->at + lookup->length > index_at ||
	    (behind == lookup->frames &&
	    lookup->at + lookup->length != index_at))
		return refuse(lookup, "the index has other lengths than the "
		    "frames");
	return 0;
}

static int
find(const struct gzlookup_file *file, uint64_t from, uint64_t to,
    struct gzlookup *lookup)
{
	unsigned char last[GZFRAME_END_SIZE];
	struct gzframe_end end;

	if (file->size < sizeof last)
		return refuse(lookup, "it is too short for an end frame");
	if (file->read(file->context, file->size - sizeof last, last,
	    sizeof last) != 0)
		return -1;
	if (gzframe_parse_end(last, &end) != 0)
		return refuse(lookup, "it does not end with an end frame");
	if (check_end(file, &end, lookup) != 0)
		return 1;
	lookup->frames = end.frames;
	lookup->uncompressed = end.uncompressed;
	lookup->frame_bytes = end.frame_bytes;
	lookup->to = to < end.uncompressed ? to : end.uncompressed;
	lookup->from = from < lookup->to ? from : lookup->to;
	if (lookup->from == lookup->to)
		return 0;
	lookup->first = lookup->from / end.frame_bytes;
	lookup->count = (lookup->to - 1) / end.frame_bytes + 1 - lookup->first;
	lookup->offset = lookup->first * end.frame_bytes;
	return read_index(file, end.compressed, lookup);
}

int
gzlookup_find(const struct gzlookup_file *file, uint64_t from, uint64_t to,
    struct gzlookup *lookup)
{
	*lookup = (struct gzlookup){0};
	return find(file, from, to, lookup);
}

int
gzlookup_lengths(const struct gzlookup_file *file, struct gzlookup *lookup,
    uint32_t **lengths)
{
	*lengths = NULL;
	*lookup = (struct gzlookup){.lengths = lengths};
	return find(file, 0, UINT64_MAX, lookup);
}
