/*
 * s3_part_size: how large the parts of an upload are, and how many of them are
 * in memory.
 */
#ifndef S3_PART_SIZE_H
#define S3_PART_SIZE_H

#include <stdint.h>

#include "s3_provider.h"

/*
 * Bytes of a part: what is asked for (0: nothing), or chosen for the expected
 * size of the object (0: not known): with room for a tenth more; 5 or 8 MiB
 * where four times as much would fit, else the provider's default; 8 MiB when
 * no size is expected. 0: told (exit 100): out of the provider's bounds, or too
 * small for the expected size.
 */
uint64_t s3_part_size(uint64_t asked, uint64_t expected,
    const struct s3_provider *);

/*
 * Parts in memory: what is asked for, or (0) as many as make 48 MiB, 64 when
 * the size is not known, at least 3.
 */
unsigned s3_part_size_buffers(unsigned asked, uint64_t expected,
    uint64_t part_size);

/* The most bytes an object of such parts can have. */
uint64_t s3_part_size_most(uint64_t part_size, const struct s3_provider *);

#endif
