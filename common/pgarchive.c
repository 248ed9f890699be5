#include "pgarchive.h"

#include <string.h>

#define TIMES 7			/* integers of the time in the head */
#define INTEGER_MAX 8		/* bytes; the same for offsets */

size_t
pgarchive_left(const struct pgarchive *a)
{
	return (size_t)(a->end - a->at);
}

unsigned
pgarchive_byte(struct pgarchive *a)
{
	if (a->at == a->end) {
		a->broken = true;
		return 0;
	}
	return *a->at++;
}

void
pgarchive_skip(struct pgarchive *a, uint64_t bytes)
{
	if (bytes > pgarchive_left(a)) {
		a->broken = true;
		bytes = pgarchive_left(a);
	}
	a->at += bytes;
}

int64_t
pgarchive_integer(struct pgarchive *a)
{
	bool negative = pgarchive_byte(a) != 0;
	int64_t value = 0;

	for (unsigned i = 0; i < a->integer; i++) {
		unsigned byte = pgarchive_byte(a);

		if (i < 4)
			value |= (int64_t)byte << (8 * i);
		else if (byte != 0)
			a->broken = true;
	}
	return negative ? -value : value;
}

int64_t
pgarchive_string(struct pgarchive *a, const char **text)
{
	int64_t len = pgarchive_integer(a);

	*text = (const char *)a->at;
	if (len < 0)
		return -1;
	pgarchive_skip(a, (uint64_t)len);
	return a->broken ? -1 : len;
}

int
pgarchive_begin(struct pgarchive *a, const void *data, size_t len)
{
	const size_t magic = sizeof PGARCHIVE_MAGIC - 1;

	*a = (struct pgarchive){.at = data, .end = (const unsigned char *)data +
	    len};
	if (len < magic || memcmp(data, PGARCHIVE_MAGIC, magic) != 0) {
		a->broken = true;
		return -1;
	}
	pgarchive_skip(a, magic);
	a->major = pgarchive_byte(a);
	a->minor = pgarchive_byte(a);
	(void)pgarchive_byte(a);	/* revision */
	a->integer = pgarchive_byte(a);
	a->offset = pgarchive_byte(a);
	a->format = pgarchive_byte(a);
	if (a->integer < 1 || a->integer > INTEGER_MAX ||
	    a->offset > INTEGER_MAX)
		a->broken = true;
	if (a->broken)
		return -1;
	if (a->major > 1 || a->minor >= 15)
		(void)pgarchive_byte(a);
	else
		(void)pgarchive_integer(a);
	for (unsigned i = 0; i < TIMES; i++)
		(void)pgarchive_integer(a);
	return a->broken ? -1 : 0;
}
