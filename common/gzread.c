#include "gzread.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "gzforeign.h"
#include "gzframe.h"
#include "ordered.h"
#include "prog.h"
#include "xalloc.h"

/* A data frame on its way through the ring. */
struct slot {
	unsigned char *member;	/* header, body, trailer */
	unsigned char *data;
	size_t length, size;
	uint32_t body_crc;
	uint64_t number, at, offset;
	const char *reason;	/* why it is damaged, or NULL */
};

struct reader {
	const struct gzread *setup;
	struct gzread_result *result;
	struct gzframe_check check;
	uint64_t at;		/* of the member being read */
	uint64_t number;	/* of its frame */
	bool skipped;		/* some body was not read */
	struct ordered *ring;
	struct slot *slots;
	void **slot_list;
	struct codec **codecs;
	size_t slot_count;
	unsigned jobs;
	unsigned char member[GZFRAME_INDEX_SIZE(GZFRAME_INDEX_MAX)];
};

static int
damaged(struct reader *reader, uint64_t frame, uint64_t at, const char *reason)
{
	return gzread_damaged(reader->result, "frame %" PRIu64
	    " at byte %" PRIu64 ": %s", frame, at, reason);
}

static void
decode(void *worker, void *opaque)
{
	struct slot *slot = opaque;
	size_t body = slot->length - GZFRAME_DATA_SIZE - GZFRAME_TRAILER_SIZE;
	const unsigned char *trailer = slot->member + GZFRAME_DATA_SIZE + body;

	slot->body_crc = codec_crc32(slot->member + GZFRAME_DATA_SIZE, body);
	slot->reason = codec_inflate(worker, slot->member + GZFRAME_DATA_SIZE,
	    body, slot->data, slot->size);
	if (slot->reason == NULL &&
	    codec_crc32(slot->data, slot->size) != gzframe_trailer_crc(trailer))
		slot->reason = "its CRC-32 is wrong";
}

static int
make_ring(struct reader *reader)
{
	size_t member_max = GZFRAME_MEMBER_MAX(reader->check.frame_bytes);
	unsigned jobs = reader->setup->jobs < 1 ? 1 : reader->setup->jobs;

	reader->jobs = jobs;
	reader->slot_count = ordered_slots(jobs,
	    member_max + reader->check.frame_bytes);
	reader->slots = xcalloc(reader->slot_count, sizeof *reader->slots);
	reader->slot_list = xcalloc(reader->slot_count, sizeof(void *));
	reader->codecs = xcalloc(jobs, sizeof *reader->codecs);
	for (size_t i = 0; i < reader->slot_count; i++) {
		reader->slot_list[i] = &reader->slots[i];
		reader->slots[i].member = xmalloc(member_max);
		reader->slots[i].data = xmalloc(reader->check.frame_bytes);
	}
	for (unsigned i = 0; i < jobs; i++)
		reader->codecs[i] = codec_new(NULL, 1);
	struct ordered_setup setup = {
		.work = decode,
		.workers = (void **)reader->codecs,
		.jobs = jobs,
		.slots = reader->slot_list,
		.slot_count = reader->slot_count,
	};

	reader->ring = ordered_new(&setup);
	return reader->ring == NULL ? -1 : 0;
}

static void
release(struct reader *reader)
{
	ordered_free(reader->ring);
	for (size_t i = 0; i < reader->slot_count; i++) {
		free(reader->slots[i].member);
		free(reader->slots[i].data);
	}
	for (unsigned i = 0; i < reader->jobs; i++)
		codec_free(reader->codecs[i]);
	free(reader->codecs);
	free(reader->slot_list);
	free(reader->slots);
}

static int
tell_seen(struct reader *reader, uint64_t offset, size_t size, size_t length)
{
	struct gzread_frame frame = {
		.number = reader->number, .offset = offset, .size = size,
		.at = reader->at, .length = length,
	};

	return reader->setup->seen == NULL ? 0 :
	    reader->setup->seen(reader->setup->context, &frame);
}

/* Give the sink what is decoded: at least one if wait, else what is there. */
static int
drain(struct reader *reader, bool wait)
{
	struct slot *slot;

	if (reader->ring == NULL)
		return 0;
	while ((slot = ordered_take(reader->ring, wait)) != NULL) {
		if (slot->reason != NULL)
			return damaged(reader, slot->number, slot->at,
			    slot->reason);
		gzframe_check_body(&reader->check, slot->body_crc,
		    slot->length - GZFRAME_DATA_SIZE - GZFRAME_TRAILER_SIZE);
		if (gzread_pass(reader->setup, slot->offset, slot->data,
		    slot->size) != 0)
			return -1;
		ordered_release(reader->ring);
		wait = false;
	}
	return 0;
}

static int
drain_all(struct reader *reader)
{
	while (reader->ring != NULL &&
	    ordered_take(reader->ring, true) != NULL) {
		if (drain(reader, true) != 0)
			return -1;
	}
	return 0;
}

/* The len bytes that stand at offset in the member being read. */
static int
read_part(struct reader *reader, unsigned char *data, size_t offset, size_t len)
{
	ssize_t n = reader->setup->source(reader->setup->context, data, len);

	if (n < 0)
		return -1;
	if ((size_t)n == len)
		return 0;
	/* A frame before this one may be damaged: tell the first. */
	if (drain_all(reader) != 0)
		return -1;
	return gzread_damaged(reader->result, "it was cut at byte %" PRIu64
	    ", inside frame %" PRIu64, reader->at + offset + (size_t)n,
	    reader->number);
}

static int
refuse(struct reader *reader)
{
	/* A frame before this one may be damaged: tell the first. */
	if (drain_all(reader) != 0)
		return -1;
	return damaged(reader, reader->number, reader->at,
	    reader->check.reason);
}

/* Whether the sink wants nothing of the frame that begins here. */
static bool
may_skip(struct reader *reader)
{
	const struct gzread *setup = reader->setup;
	uint64_t offset = reader->check.uncompressed;
	bool wanted = setup->sink != NULL && offset < setup->to &&
	    offset + reader->check.frame_bytes > setup->from;

	if (wanted || setup->skip == NULL)
		return false;
	reader->skipped = true;
	return true;
}

/* The frame whose header is in reader->member: jump to its trailer. */
static int
skip_data(struct reader *reader, size_t length)
{
	uint64_t offset = reader->check.uncompressed;
	unsigned char trailer[GZFRAME_TRAILER_SIZE];
	size_t size;

	if (reader->setup->skip(reader->setup->context,
	    length - GZFRAME_DATA_SIZE - sizeof trailer) != 0 ||
	    read_part(reader, trailer, length - sizeof trailer,
	    sizeof trailer) != 0)
		return -1;
	if (gzframe_check_size(&reader->check, trailer, &size) != 0)
		return refuse(reader);
	return tell_seen(reader, offset, size, length);
}

/* The frame whose header is in reader->member: read it, hand it to a worker. */
static int
take_data(struct reader *reader, size_t length)
{
	uint64_t offset = reader->check.uncompressed;
	struct slot *slot;

	if (reader->ring == NULL && make_ring(reader) != 0)
		return -1;
	while ((slot = ordered_next(reader->ring)) == NULL) {
		if (drain(reader, true) != 0)
			return -1;
	}
	memcpy(slot->member, reader->member, GZFRAME_DATA_SIZE);
	slot->length = length;
	slot->number = reader->number;
	slot->at = reader->at;
	slot->offset = offset;
	if (read_part(reader, slot->member + GZFRAME_DATA_SIZE,
	    GZFRAME_DATA_SIZE, length - GZFRAME_DATA_SIZE) != 0)
		return -1;
	if (gzframe_check_size(&reader->check, slot->member + length -
	    GZFRAME_TRAILER_SIZE, &slot->size) != 0)
		return refuse(reader);
	ordered_submit(reader->ring);
	if (tell_seen(reader, offset, slot->size, length) != 0)
		return -1;
	return drain(reader, false);
}

/* The member whose first `have` bytes are in reader->member. */
static int
read_member(struct reader *reader, size_t have)
{
	struct gzframe_check *check = &reader->check;
	enum gzframe_kind kind;
	size_t size;

	reader->number = check->frames;
	if (have < GZFRAME_PROBE_SIZE && read_part(reader,
	    reader->member + have, have, GZFRAME_PROBE_SIZE - have) != 0)
		return -1;
	if (gzframe_check_begin(check, reader->member, &kind, &size) != 0)
		return refuse(reader);
	if (read_part(reader, reader->member + GZFRAME_PROBE_SIZE,
	    GZFRAME_PROBE_SIZE, size - GZFRAME_PROBE_SIZE) != 0)
		return -1;
	if ((kind == GZFRAME_DATA ?
	    gzframe_check_data(check, reader->member, &size) :
	    kind == GZFRAME_INDEX ?
	    gzframe_check_index(check, reader->member, size) :
	    gzframe_check_end(check, reader->member)) != 0)
		return refuse(reader);
	if (kind == GZFRAME_DATA && (may_skip(reader) ?
	    skip_data(reader, size) : take_data(reader, size)) != 0)
		return -1;
	reader->at += size;
	return 0;
}

/* Begins with the first `have` bytes in reader->member. */
static int
read_frames(struct reader *reader, size_t have)
{
	while (have > 0) {
		if (read_member(reader, have) != 0)
			return -1;
		ssize_t n = reader->setup->source(reader->setup->context,
		    reader->member, GZFRAME_PROBE_SIZE);

		if (n < 0)
			return -1;
		have = (size_t)n;
		if (have > 0 && reader->check.end_seen)
			return gzread_damaged(reader->result, "something "
			    "stands behind the end frame, at byte %" PRIu64,
			    reader->at);
	}
	if (drain_all(reader) != 0)
		return -1;
	if (!reader->check.end_seen)
		return gzread_damaged(reader->result, "it was cut "
		    "at byte %" PRIu64 ", before its end frame", reader->at);
	/* Who skips the bodies knows nothing of them. */
	if (!reader->skipped &&
	    gzframe_check_bodies(&reader->check) != 0)
		return gzread_damaged(reader->result, "end frame at byte %"
		    PRIu64 ": %s", reader->at - GZFRAME_END_SIZE,
		    reader->check.reason);
	return 0;
}

int
gzread_run(const struct gzread *setup, struct gzread_result *result)
{
	struct reader *reader = xcalloc(1, sizeof *reader);
	unsigned char *first = reader->member;
	int rc = -1;

	*result = (struct gzread_result){0};
	reader->setup = setup;
	reader->result = result;
	ssize_t n = setup->source(setup->context, first, GZFRAME_PROBE_SIZE);

	if (n < 0)
		goto out;
	if (gzframe_probe(first, (size_t)n) == GZFRAME_FOREIGN) {
		rc = gzforeign_run(setup, first, (size_t)n, result);
		goto out;
	}
	rc = read_frames(reader, (size_t)n);
	result->is_frames = true;
	result->frame_bytes = reader->check.frame_bytes;
	result->frames = reader->check.frames;
	result->uncompressed = reader->check.uncompressed;
	result->compressed = reader->at;
out:
	release(reader);
	free(reader);
	return result->reason[0] != '\0' ? 1 : rc;
}
