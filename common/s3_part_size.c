#include "s3_part_size.h"

#include "prog.h"

#define MIB ((uint64_t)1024 * 1024)

/*
 * Many small parts get more out of a bad line than few large ones: the first
 * of these where the size is known to fit so many times.
 */
static const uint64_t parts_small[] = {5 * MIB, 8 * MIB};
#define PART_SMALL_SPARE 4

/* Of an unknown size: up to 78 GiB, by connections enough for a bad line. */
#define PART_UNKNOWN (8 * MIB)
#define MEMORY_UNKNOWN (64 * MIB)
#define MEMORY_DEFAULT (48 * MIB)
#define BUFFERS_MIN 3		/* unless told otherwise */

/*
 * A tenth more than expected, in whole MiB. Small ones where the provider has
 * no wish of its own, and where even a bad guess of the size fits.
 */
static uint64_t
choose_part_size(uint64_t expected, const struct s3_provider *provider)
{
	uint64_t least = provider->part_default;
	uint64_t size = expected / provider->parts_max;

	if (expected == 0 && least == S3_PART_DEFAULT)
		return PART_UNKNOWN;
	for (size_t i = 0; expected > 0 && least == S3_PART_DEFAULT &&
	    i < sizeof parts_small / sizeof *parts_small; i++) {
		if (expected <= parts_small[i] * provider->parts_max /
		    PART_SMALL_SPARE)
			least = parts_small[i];
	}
	size = (size + size / 10 + MIB) / MIB * MIB;
	return size < least ? least : size;
}

unsigned
s3_part_size_buffers(unsigned asked, uint64_t expected, uint64_t part_size)
{
	uint64_t memory = expected == 0 ? MEMORY_UNKNOWN : MEMORY_DEFAULT;

	if (asked > 0)
		return asked;
	return part_size > memory / BUFFERS_MIN ? BUFFERS_MIN :
	    (unsigned)(memory / part_size);
}

uint64_t
s3_part_size_most(uint64_t part_size, const struct s3_provider *provider)
{
	uint64_t most = part_size * provider->parts_max;

	return most < provider->object_max ? most : provider->object_max;
}

uint64_t
s3_part_size(uint64_t asked, uint64_t expected,
    const struct s3_provider *provider)
{
	uint64_t size = asked > 0 ? asked :
	    choose_part_size(expected, provider);

	if (size < provider->part_min || size > provider->part_max) {
		fail(PROG_PERMANENT, "cannot use parts of %llu bytes: %s takes "
		    "%llu to %llu", (unsigned long long)size, provider->title,
		    (unsigned long long)provider->part_min,
		    (unsigned long long)provider->part_max);
		return 0;
	}
	if (expected >= s3_part_size_most(size, provider)) {
		fail(PROG_PERMANENT, "cannot put %llu bytes in %llu parts of "
		    "%llu bytes: %s takes objects up to %llu",
		    (unsigned long long)expected,
		    (unsigned long long)provider->parts_max,
		    (unsigned long long)size, provider->title,
		    (unsigned long long)provider->object_max);
		return 0;
	}
	return size;
}
