#include "s3_read.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ordered.h"
#include "prog.h"
#include "s3_get.h"
#include "xalloc.h"

#define PART_SIZE_DEFAULT ((uint64_t)8 * 1024 * 1024)	/* bytes */
#define BUFFERS_DEFAULT 3

struct part {
	struct reader *reader;
	uint64_t from, to;	/* bytes of the object */
	char *data;
	size_t len;
	bool good;
};

struct reader {
	struct s3 *s3;
	const char *key;
	char *etag;		/* of the object, quoted */
	bool encoded;		/* see struct s3_range */
	uint64_t at;		/* the next part begins here */
	uint64_t to;
	uint64_t part_size;
	unsigned buffer_count;
	struct part *slots;
	struct ordered *ring;
	atomic_bool cancel;	/* nothing more is read */
	atomic_bool told;
};

/* Bytes of a part into its buffer. */
static int
keep(void *context, const void *data, size_t len)
{
	struct part *part = context;

	memcpy(part->data + part->len, data, len);
	part->len += len;
	return 0;
}

static bool
read_part(struct s3_line *line, struct part *part)
{
	struct reader *reader = part->reader;
	struct s3_range range = {
		.key = reader->key,
		.from = part->from,
		.to = part->to,
		.sink = keep,
		.context = part,
		.cancel = &reader->cancel,
		.told = &reader->told,
		.etag = reader->etag,
		.encoded = reader->encoded,
	};

	if (part->data == NULL)
		part->data = xmalloc(reader->part_size);
	part->len = 0;
	int rc = s3_get(line, &range);

	if (rc == 1 && part->len == part->to - part->from)
		return true;
	/* Gone, or shorter than it was. */
	if (rc >= 0 && !atomic_exchange(&reader->told, true))
		fail(PROG_TEMPORARY, "could not read object \"s3://%s/%s\": it "
		    "changed while it was read", reader->s3->place,
		    reader->key);
	fail_quietly(PROG_TEMPORARY);
	return false;
}

static void
work(void *worker, void *slot)
{
	struct part *part = slot;
	struct reader *reader = part->reader;

	part->good = !atomic_load(&reader->cancel) && read_part(worker, part);
	if (!part->good)
		atomic_store(&reader->cancel, true);
}

/* Ask for as many parts as there are buffers. */
static void
submit(struct reader *reader)
{
	struct part *part;

	while (reader->at < reader->to &&
	    (part = ordered_next(reader->ring)) != NULL) {
		part->from = reader->at;
		part->to = reader->to - reader->at < reader->part_size ?
		    reader->to : reader->at + reader->part_size;
		reader->at = part->to;
		ordered_submit(reader->ring);
	}
}

static int
hand_on(struct reader *reader, http_sink *sink, void *context)
{
	struct part *part;

	for (;;) {
		submit(reader);
		if ((part = ordered_take(reader->ring, true)) == NULL)
			return 0;
		if (!part->good)
			return fail_quietly(PROG_TEMPORARY);
		if (sink(context, part->data, part->len) != 0)
			return -1;
		ordered_release(reader->ring);
	}
}

/* What is behind the first part. */
static int
read_rest(struct reader *reader, http_sink *sink, void *context)
{
	unsigned count = reader->buffer_count;
	struct s3_line *lines = xcalloc(count, sizeof *lines);
	void **workers = xcalloc(count, sizeof *workers);
	void **slots = xcalloc(count, sizeof *slots);
	struct ordered_setup setup = {work, workers, count, slots, count};
	int rc = -1;

	reader->slots = xcalloc(count, sizeof *reader->slots);
	for (unsigned i = 0; i < count; i++) {
		reader->slots[i].reader = reader;
		slots[i] = &reader->slots[i];
	}
	for (unsigned i = 0; i < count; i++) {
		s3_line_open(&lines[i], reader->s3);
		workers[i] = &lines[i];
	}
	reader->ring = ordered_new(&setup);
	if (reader->ring != NULL)
		rc = hand_on(reader, sink, context);
	atomic_store(&reader->cancel, true);
	ordered_free(reader->ring);
	for (unsigned i = 0; i < count; i++)
		s3_line_close(&lines[i]);
	for (unsigned i = 0; i < count; i++)
		free(reader->slots[i].data);
	free(reader->slots);
	free(slots);
	free(workers);
	free(lines);
	return rc;
}

int
s3_read(struct s3_line *line, const char *key, uint64_t from, uint64_t to,
    const struct s3_read_options *options, http_sink *sink, void *context)
{
	uint64_t part_size = options->part_size > 0 ? options->part_size :
	    PART_SIZE_DEFAULT;
	struct s3_range range = {
		.key = key,
		.from = from,
		.to = to - from < part_size ? to : from + part_size,
		.sink = sink,
		.context = context,
	};
	int rc = s3_get(line, &range);

	if (rc == 1 && range.size < to)
		to = range.size;
	if (rc == 1 && range.to < to) {
		struct reader reader = {
			.s3 = line->s3,
			.key = key,
			.etag = range.etag,
			.encoded = range.encoded,
			.at = range.to,
			.to = to,
			.part_size = part_size,
			.buffer_count = options->buffers > 0 ?
			    options->buffers : BUFFERS_DEFAULT,
		};

		range.from = range.to;
		range.to = to;
		if (range.ranged && range.size != S3_TO_END)
			rc = read_rest(&reader, sink, context) == 0 ? 1 : -1;
		else
			rc = s3_get(line, &range);
	}
	free(range.etag);
	return rc;
}
