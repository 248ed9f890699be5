/*
 * gzahead: decode a stream that is one piece in a thread of its own, while the
 * caller's thread reads ahead and writes behind.
 *
 * Source and sink are called by the caller's thread only. The worker sees
 * pieces of input and room for output, all of it allocated at the start:
 * GZAHEAD_PIECES of each. With one job there is no thread: the worker's calls
 * go to source and sink themselves.
 */
#ifndef GZAHEAD_H
#define GZAHEAD_H

#include "gzsource.h"

#define GZAHEAD_PIECES 3
#define GZAHEAD_IN_SIZE ((size_t)128 * 1024)	/* bytes */
#define GZAHEAD_OUT_SIZE (GZREAD_HOLD + 1)	/* bytes */

struct gzahead;

/* The decoder. 0, or -1: told, or reason set, or a call below said -1. */
typedef int gzahead_work(void *opaque, struct gzahead *);

/*
 * Run work to its end. before is how many writable bytes each piece of input
 * has before it. -1 also when source or sink failed.
 */
int gzahead_run(const struct gzread *, size_t before, gzahead_work *work,
    void *opaque) MUSTUSE;

/*
 * For work: the next bytes of the input; those given before are taken back.
 * Fewer than GZAHEAD_IN_SIZE at the end only, 0 behind it. -1 told.
 */
ssize_t gzahead_read(struct gzahead *, unsigned char **data) MUSTUSE;

/* For work: GZAHEAD_OUT_SIZE bytes to fill, the same until gzahead_write. */
unsigned char *gzahead_room(struct gzahead *);

/*
 * For work: pass on the first len bytes of it, which stand at offset in the
 * uncompressed data. -1: told.
 */
int gzahead_write(struct gzahead *, uint64_t offset, size_t len) MUSTUSE;

#endif
