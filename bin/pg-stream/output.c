/* Standard output through one buffer: rows are small, writes are not. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"
#include "prog.h"
#include "progress.h"
#include "stream.h"

#define OUTPUT_SIZE ((size_t)256 * 1024)	/* bytes */

static char buffer[OUTPUT_SIZE];
static size_t used;
static uint64_t offset;		/* of the next byte that is added */
static struct progress progress;

void
output_begin(bool wanted)
{
	progress_init(&progress, wanted, "read");
}

static int
put(const void *data, size_t len)
{
	if (prog_stopping())
		return -1;
	progress_add(&progress, len);
	return flow_write(data, len);
}

static int
flush(void)
{
	size_t len = used;

	used = 0;
	return len == 0 ? 0 : put(buffer, len);
}

int
output_add(const void *data, size_t len)
{
	offset += len;
	if (len > OUTPUT_SIZE - used && flush() != 0)
		return -1;
	if (len > OUTPUT_SIZE)
		return put(data, len);
	memcpy(buffer + used, data, len);
	used += len;
	return 0;
}

int
output_add_buf(const struct buf *buf)
{
	return output_add(buf->data, buf->len);
}

int
output_add_file(int fd, uint64_t from, uint64_t to)
{
	char piece[16384];

	while (from < to) {
		size_t want = to - from < sizeof piece ? (size_t)(to - from) :
		    sizeof piece;
		ssize_t n = pread(fd, piece, want, (off_t)from);

		if (n <= 0)
			return fail(PROG_BUG, "could not read %zu bytes at "
			    "%" PRIu64 " of a file in memory", want, from);
		if (output_add(piece, (size_t)n) != 0)
			return -1;
		from += (uint64_t)n;
	}
	return 0;
}

uint64_t
output_offset(void)
{
	return offset;
}

int
output_end(void)
{
	if (flush() != 0)
		return -1;
	progress_end(&progress);
	return 0;
}
