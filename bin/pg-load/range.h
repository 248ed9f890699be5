/*
 * range: one reader of an object's data, with a connection and a thread of its
 * own that reads and inflates ahead while the caller works.
 *
 *     r = range_new(object, &stop)
 *     range_begin(r, from, to)
 *     while ((n = range_next(r, &data)) > 0) ...
 *     range_free(r)
 *
 * Each frame is checked (header, offset, length, CRC-32) before a byte of it
 * is given. Memory: RANGE_SLOTS + 1 frames. A range belongs to one thread.
 */
#ifndef RANGE_H
#define RANGE_H

#include <stdatomic.h>
#include <stdint.h>

#include "io.h"
#include "object.h"

#define RANGE_SLOTS 3

struct range;

/* Both are borrowed. A stop that becomes true ends range_next. */
struct range *range_new(struct object *, const atomic_bool *stop);
void range_free(struct range *);

/*
 * From now on give bytes from to to-1 of the data; what was not read of the
 * range before is dropped. -1: told.
 */
int range_begin(struct range *, uint64_t from, uint64_t to) MUSTUSE;

/*
 * The next bytes, at most a frame, valid until the next call. 0: the end.
 * -1: told, or stopped.
 */
ssize_t range_next(struct range *, const char **data) MUSTUSE;

#endif
