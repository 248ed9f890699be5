/*
 * gzlookup: which frames of a stream hold a range of its data, out of its end
 * frame and its index alone. Pure but for the reads that its caller does: the
 * end frame (GZFRAME_END_SIZE bytes), then index members from the first one to
 * that of the last frame of the range, 4 bytes a frame. A reader of an object
 * store asks for the end and the index in one ranged GET each.
 */
#ifndef GZLOOKUP_H
#define GZLOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "io.h"

/* Exactly len bytes from byte `at` of the stream on. 0; -1 told. */
typedef int gzlookup_read(void *context, uint64_t at, void *data, size_t len);

struct gzlookup_file {
	gzlookup_read *read;
	void *context;
	uint64_t size;		/* bytes of the whole stream */
};

struct gzlookup {
	/* Of the stream: the frames that hold the range; length 0: none. */
	uint64_t at, length;
	uint64_t first, count;	/* number of the first frame, how many */
	uint64_t offset;	/* of the first frame in the data */
	uint64_t from, to;	/* the range, no longer than the data is */
	uint64_t frames, uncompressed;	/* of the whole stream */
	uint32_t frame_bytes;
	const char *reason;	/* when gzlookup_find said 1 */
	uint32_t **lengths;	/* private */
	uint64_t room;
};

/*
 * Bytes from to to-1 of the data. 0; 1: the end frame or the index is none, or
 * they do not agree with each other and with the size, and reason says which;
 * -1: a read told. What the frames hold is for their reader to check, each by
 * its header, its offset and its CRC-32.
 */
int gzlookup_find(const struct gzlookup_file *, uint64_t from, uint64_t to,
    struct gzlookup *) MUSTUSE;

/*
 * The same for all of the data: *lengths gets the length of each frame's
 * member, 4 bytes a frame (free() it, whatever is returned).
 */
int gzlookup_lengths(const struct gzlookup_file *, struct gzlookup *,
    uint32_t **lengths) MUSTUSE;

#endif
