/*
 * object: a dump in a store, read by ranges of its uncompressed data.
 *
 * It must be a stream of pg-stream, as gzip frames or as it is: its tail tells
 * where every frame is, where each table's rows are, and holds the catalog's
 * archive. What is not like that has to come through a pipe.
 *
 * The object may not change while it is open: all reads are of the one that
 * was seen first, else exit 111. Several threads may read, by range.h.
 */
#ifndef OBJECT_H
#define OBJECT_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dumptrailer.h"
#include "io.h"
#include "pace.h"
#include "store.h"

struct object {
	struct store_options options;
	struct store *store;
	struct store_object info;	/* URL, size, ETag */
	bool frames;			/* gzip frames; else as it is */
	uint64_t size;			/* bytes of the data */
	uint32_t frame_bytes;		/* of its pieces, framed or not */
	uint64_t frame_count;
	uint32_t *lengths;		/* of the frames' members */
	uint64_t *marks;		/* where every MARK-th begins */
	json_t *header;			/* of line 1 */
	struct dumptrailer trailer;	/* tables, large objects */
	const char *why, *filter;	/* of a refusal */
	int catalog;			/* the archive in memory, checked */
	atomic_bool told;		/* threads tell of a failure once */
	uint64_t tail_read;		/* bytes, until it was open */
	atomic_uint_fast64_t bytes_read;	/* of the object, so far */
};

#define OBJECT_INIT {.catalog = -1}

/*
 * Look at URL's tail and first line. seen, unless NULL, is what s3-get --head
 * said of it before: it must be that still, else exit 111. pace: how fast it is
 * read, by all that read it. 0; 1: it is not to be read by ranges, and why is
 * set; -1 told: exit 100 for what is damaged, 111 for a store that does not
 * answer. Memory: 4 bytes a frame, and the catalog.
 */
int object_open(struct object *, const char *url, const json_t *seen,
    struct pace *pace) MUSTUSE;

/* Tell why it is not, and the pipe that reads it. -1. */
int object_tell_refused(const struct object *);
void object_close(struct object *);

/* Where in the object a frame's member begins; frame_count: behind the last. */
uint64_t object_frame_at(const struct object *, uint64_t number);

#endif
