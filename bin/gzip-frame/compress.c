/* Frames out of stdin, by several threads, in order. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "flow.h"
#include "gzframe.h"
#include "gzip-frame.h"
#include "ordered.h"
#include "prog.h"
#include "progress.h"
#include "report.h"
#include "xalloc.h"

struct slot {
	unsigned char *data;	/* one frame */
	unsigned char *member;	/* header, body, trailer */
	struct gzframe frame;
	size_t room;
};

struct compressor {
	const struct settings *settings;
	struct gzframe_writer writer;
	struct progress progress;
	struct ordered *ring;
	struct slot *slots;
	void **slot_list;
	struct codec **codecs;
	size_t slot_count, jobs;
};

static void
compress_frame(void *codec, void *opaque)
{
	struct slot *slot = opaque;

	struct gzframe *frame = &slot->frame;
	unsigned char *body = slot->member + GZFRAME_DATA_SIZE;

	frame->body_size = codec_deflate(codec, slot->data, frame->size, body,
	    slot->room - GZFRAME_DATA_SIZE - GZFRAME_TRAILER_SIZE);
	frame->crc = codec_crc32(slot->data, frame->size);
	frame->body_crc = codec_crc32(body, frame->body_size);
}

/* All memory of the data path. */
static int
acquire(struct compressor *compressor)
{
	const struct settings *settings = compressor->settings;
	size_t jobs = (size_t)settings->jobs;
	size_t frame = (size_t)settings->frame_size;

	compressor->jobs = jobs;
	compressor->slot_count = ordered_slots((unsigned)jobs,
	    frame + GZFRAME_MEMBER_MAX(frame));
	compressor->slots = xcalloc(compressor->slot_count,
	    sizeof *compressor->slots);
	compressor->slot_list = xcalloc(compressor->slot_count, sizeof(void *));
	compressor->codecs = xcalloc(jobs, sizeof *compressor->codecs);
	for (size_t i = 0; i < compressor->slot_count; i++) {
		struct slot *slot = &compressor->slots[i];

		slot->room = GZFRAME_MEMBER_MAX(frame);
		slot->data = xmalloc(frame);
		slot->member = xmalloc(slot->room);
		compressor->slot_list[i] = slot;
	}
	for (size_t i = 0; i < jobs; i++)
		compressor->codecs[i] = codec_new(settings->codec,
		    settings->level);
	struct ordered_setup setup = {
		.work = compress_frame,
		.workers = (void **)compressor->codecs,
		.jobs = (unsigned)jobs,
		.slots = compressor->slot_list,
		.slot_count = compressor->slot_count,
	};

	compressor->ring = ordered_new(&setup);
	return compressor->ring == NULL ? -1 : 0;
}

static void
release(struct compressor *compressor)
{
	ordered_free(compressor->ring);
	for (size_t i = 0; i < compressor->slot_count; i++) {
		free(compressor->slots[i].data);
		free(compressor->slots[i].member);
	}
	for (size_t i = 0; i < compressor->jobs; i++)
		codec_free(compressor->codecs[i]);
	free(compressor->codecs);
	free(compressor->slot_list);
	free(compressor->slots);
	gzframe_writer_release(&compressor->writer);
}

static int
write_frame(struct compressor *compressor, struct slot *slot)
{
	size_t length = GZFRAME_DATA_SIZE + slot->frame.body_size +
	    GZFRAME_TRAILER_SIZE;

	if (slot->frame.body_size == 0)
		return fail(PROG_BUG, "a compressed frame was too long");
	gzframe_writer_add(&compressor->writer, &slot->frame, slot->member,
	    slot->member + length - GZFRAME_TRAILER_SIZE);
	progress_add(&compressor->progress, slot->frame.size);
	return flow_write(slot->member, length);
}

/* Write what is finished; at least one frame if wait and there is any. */
static int
drain(struct compressor *compressor, bool wait)
{
	struct slot *slot;

	while ((slot = ordered_take(compressor->ring, wait)) != NULL) {
		if (write_frame(compressor, slot) != 0)
			return -1;
		ordered_release(compressor->ring);
		wait = false;
	}
	return 0;
}

static int
compress_all(struct compressor *compressor)
{
	size_t frame = (size_t)compressor->settings->frame_size;
	struct slot *slot;
	ssize_t n;

	do {
		while ((slot = ordered_next(compressor->ring)) == NULL) {
			if (drain(compressor, true) != 0)
				return -1;
		}
		n = flow_read(slot->data, frame);
		if (n < 0)
			return -1;
		/* The last frame is not even begun for a dead writer. */
		if ((size_t)n < frame && flow_require_upstream(
		    compressor->settings->allow_empty) != 0)
			return -1;
		if (n > 0) {
			slot->frame.size = (size_t)n;
			ordered_submit(compressor->ring);
		}
		if (drain(compressor, false) != 0)
			return -1;
	} while ((size_t)n == frame);
	while (ordered_take(compressor->ring, true) != NULL) {
		if (drain(compressor, true) != 0)
			return -1;
	}
	return 0;
}

static int
write_end(struct compressor *compressor)
{
	struct buf buf = BUF_INIT;
	bool more = true;
	int rc = 0;

	while (rc == 0 && more) {
		buf_clear(&buf);
		more = gzframe_writer_finish(&compressor->writer, &buf);
		rc = flow_write(buf.data, buf.len);
	}
	buf_release(&buf);
	return rc;
}

static int
write_report(const struct compressor *compressor)
{
	const struct gzframe_writer *writer = &compressor->writer;
	const struct settings *settings = compressor->settings;
	json_t *report = report_new();

	json_object_update_new(report, json_pack(
	    "{s:s, s:I, s:I, s:I, s:I, s:i}", "compression", "gzip-frame",
	    "uncompressed_bytes", (json_int_t)writer->uncompressed,
	    "compressed_bytes", (json_int_t)(writer->compressed +
	    writer->index_bytes + GZFRAME_END_SIZE),
	    "frames", (json_int_t)writer->frames,
	    "frame_bytes", (json_int_t)settings->frame_size,
	    "level", settings->level));
	report_add_times(report, settings->start);
	int rc = report_write(settings->report_path, report);

	json_decref(report);
	return rc;
}

int
compress_run(const struct settings *settings)
{
	struct compressor compressor = {.settings = settings};
	int rc = -1;

	gzframe_writer_init(&compressor.writer,
	    (uint32_t)(settings->frame_size / 1024));
	progress_init(&compressor.progress, settings->progress, "compressed");
	if (acquire(&compressor) != 0 || compress_all(&compressor) != 0 ||
	    write_end(&compressor) != 0)
		goto out;
	progress_end(&compressor.progress);
	rc = write_report(&compressor);
out:
	release(&compressor);
	return rc;
}
