#include "gzframe.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "xalloc.h"

#define VERSION 1
#define EXTRA_AT 10		/* XLEN */
#define PAYLOAD_AT 16		/* kind */
#define DATA_PAYLOAD 16		/* bytes */
#define INDEX_PAYLOAD(count) (20 + 4 * (size_t)(count))
#define END_PAYLOAD 48

static const unsigned char start[EXTRA_AT] = {
	0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255
};

/* An empty deflate block, CRC-32 0, size 0. */
static const unsigned char empty[GZFRAME_EMPTY_BODY_SIZE +
    GZFRAME_TRAILER_SIZE] = {0x03, 0x00};

static void
put(unsigned char *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t
get(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static uint32_t
crc_of(const unsigned char *data, size_t len)
{
	return (uint32_t)crc32(0, data, (uInt)len);
}

/* The CRC-32 of two pieces, one behind the other. */
static uint32_t
crc_append(uint32_t first, uint32_t second, size_t second_size)
{
	return (uint32_t)crc32_combine(first, second, (z_off_t)second_size);
}

static void
put_start(unsigned char *at, char kind, size_t payload, uint32_t frame_kib)
{
	memcpy(at, start, EXTRA_AT);
	put(at + EXTRA_AT, payload + 4, 2);
	at[12] = 'P';
	at[13] = 'B';
	put(at + 14, payload, 2);
	at[PAYLOAD_AT] = (unsigned char)kind;
	at[17] = VERSION;
	put(at + 18, frame_kib, 2);
}

void
gzframe_writer_init(struct gzframe_writer *writer, uint32_t frame_kib)
{
	*writer = (struct gzframe_writer){.frame_kib = frame_kib};
}

void
gzframe_writer_release(struct gzframe_writer *writer)
{
	free(writer->lengths);
	gzframe_writer_init(writer, writer->frame_kib);
}

void
gzframe_writer_add(struct gzframe_writer *writer, const struct gzframe *frame,
    unsigned char header[GZFRAME_DATA_SIZE],
    unsigned char trailer[GZFRAME_TRAILER_SIZE])
{
	size_t member_length = GZFRAME_DATA_SIZE + frame->body_size +
	    GZFRAME_TRAILER_SIZE;

	put_start(header, 'D', DATA_PAYLOAD, writer->frame_kib);
	put(header + 20, member_length, 4);
	put(header + 24, writer->uncompressed, 8);
	put(trailer, frame->crc, 4);
	put(trailer + 4, frame->size, 4);
	if (writer->frames == writer->room) {
		writer->room = writer->room == 0 ? 1024 : 2 * writer->room;
		writer->lengths = xrealloc_array(writer->lengths, writer->room,
		    sizeof *writer->lengths);
	}
	writer->lengths[writer->frames++] = (uint32_t)member_length;
	writer->uncompressed += frame->size;
	writer->compressed += member_length;
	writer->bodies_crc = crc_append(writer->bodies_crc, frame->body_crc,
	    frame->body_size);
}

static void
add_index(struct gzframe_writer *writer, struct buf *buf)
{
	uint64_t left = writer->frames - writer->indexed;
	uint32_t count = left > GZFRAME_INDEX_MAX ? GZFRAME_INDEX_MAX :
	    (uint32_t)left;
	size_t payload = INDEX_PAYLOAD(count);
	unsigned char member[GZFRAME_INDEX_SIZE(GZFRAME_INDEX_MAX)];
	unsigned char *at = member + 32;

	put_start(member, 'I', payload, writer->frame_kib);
	put(member + 20, count, 4);
	put(member + 24, writer->indexed, 8);
	for (uint32_t i = 0; i < count; i++, at += 4)
		put(at, writer->lengths[writer->indexed++], 4);
	put(at, crc_of(member + PAYLOAD_AT, payload - 4), 4);
	memcpy(at + 4, empty, sizeof empty);
	buf_add(buf, member, GZFRAME_INDEX_SIZE(count));
	writer->index_count++;
	writer->index_bytes += GZFRAME_INDEX_SIZE(count);
}

bool
gzframe_writer_finish(struct gzframe_writer *writer, struct buf *buf)
{
	unsigned char member[GZFRAME_END_SIZE];

	if (writer->indexed < writer->frames) {
		add_index(writer, buf);
		return true;
	}
	put_start(member, 'E', END_PAYLOAD, writer->frame_kib);
	put(member + 20, writer->index_count, 4);
	put(member + 24, writer->frames, 8);
	put(member + 32, writer->uncompressed, 8);
	put(member + 40, writer->compressed, 8);
	put(member + 48, writer->index_bytes, 8);
	put(member + 56, writer->bodies_crc, 4);
	put(member + 60, crc_of(member + PAYLOAD_AT, END_PAYLOAD - 4), 4);
	memcpy(member + 64, empty, sizeof empty);
	buf_add(buf, member, sizeof member);
	return false;
}

/* How many of the bytes that tell a kind are not as that kind has them. */
static int
wrong_bytes(const unsigned char *data, char kind)
{
	unsigned char want[GZFRAME_PROBE_SIZE];
	size_t payload = kind == 'D' ? DATA_PAYLOAD :
	    kind == 'E' ? END_PAYLOAD : (size_t)get(data + 14, 2);
	int wrong = 0;

	put_start(want, kind, payload, 0);
	for (size_t i = 0; i < 18; i++)
		wrong += data[i] != want[i];
	return wrong;
}

enum gzframe_kind
gzframe_probe(const unsigned char *data, size_t len)
{
	static const char letters[] = "DIE";
	static const enum gzframe_kind kinds[] = {
		GZFRAME_DATA, GZFRAME_INDEX, GZFRAME_END
	};

	if (len < GZFRAME_PROBE_SIZE)
		return len >= 14 && data[12] == 'P' && data[13] == 'B' ?
		    GZFRAME_DAMAGED : GZFRAME_FOREIGN;
	bool near = false;

	for (size_t i = 0; i < 3; i++) {
		int wrong = wrong_bytes(data, letters[i]);

		if (wrong == 0)
			return kinds[i];
		near = near || wrong == 1;
	}
	if (near)
		return GZFRAME_DAMAGED;
	if (data[0] == start[0] && data[1] == start[1] &&
	    (data[3] & 4) != 0 && data[12] == 'P' && data[13] == 'B')
		return GZFRAME_DAMAGED;
	return GZFRAME_FOREIGN;
}

static int
refuse(struct gzframe_check *check, const char *reason)
{
	check->reason = reason;
	return -1;
}

static int
check_order(struct gzframe_check *check, enum gzframe_kind kind)
{
	if (kind == GZFRAME_DATA && check->index_seen)
		return refuse(check, "a data frame stands behind the index");
	if (kind == GZFRAME_DATA && check->short_seen)
		return refuse(check, "a frame stands behind the last one");
	if (kind == GZFRAME_INDEX && check->indexed == check->frames)
		return refuse(check, "it indexes more frames than there are");
	if (kind == GZFRAME_END && check->indexed != check->frames)
		return refuse(check, "the index is missing");
	return 0;
}

int
gzframe_check_begin(struct gzframe_check *check, const unsigned char *probe,
    enum gzframe_kind *kind, size_t *size)
{
	uint32_t frame_bytes = (uint32_t)get(probe + 18, 2) * 1024;

	*kind = gzframe_probe(probe, GZFRAME_PROBE_SIZE);
	if (check->end_seen)
		return refuse(check, "something stands behind the end frame");
	if (*kind == GZFRAME_FOREIGN || *kind == GZFRAME_DAMAGED)
		return refuse(check, "its header is not that of a frame");
	if (frame_bytes == 0 || frame_bytes > GZFRAME_KIB_MAX * 1024)
		return refuse(check, "its frame size is out of range");
	if (check->frame_bytes != 0 && check->frame_bytes != frame_bytes)
		return refuse(check, "its frame size is not that of the "
		    "frames before");
	check->frame_bytes = frame_bytes;
	*size = *kind == GZFRAME_DATA ? GZFRAME_DATA_SIZE :
	    *kind == GZFRAME_END ? GZFRAME_END_SIZE :
	    PAYLOAD_AT + (size_t)get(probe + 14, 2) + sizeof empty;
	if (*kind == GZFRAME_INDEX && (*size < GZFRAME_INDEX_SIZE(1) ||
	    *size > GZFRAME_INDEX_SIZE(GZFRAME_INDEX_MAX) ||
	    get(probe + EXTRA_AT, 2) != get(probe + 14, 2) + 4))
		return refuse(check, "its length is not that of an index");
	return check_order(check, *kind);
}

int
gzframe_check_data(struct gzframe_check *check, const unsigned char *header,
    size_t *member_length)
{
	*member_length = (size_t)get(header + 20, 4);
	if (*member_length < GZFRAME_DATA_SIZE + GZFRAME_EMPTY_BODY_SIZE +
	    GZFRAME_TRAILER_SIZE ||
	    *member_length > GZFRAME_MEMBER_MAX(check->frame_bytes))
		return refuse(check, "its length is out of range");
	if (get(header + 24, 8) != check->uncompressed)
		return refuse(check, "its offset is not where the frame "
		    "before it ended");
	check->lengths_crc = (uint32_t)crc32(check->lengths_crc, header + 20,
	    4);
	check->frames++;
	check->compressed += *member_length;
	return 0;
}

int
gzframe_check_size(struct gzframe_check *check, const unsigned char *trailer,
    size_t *size)
{
	*size = (size_t)get(trailer + 4, 4);
	if (*size == 0 || *size > check->frame_bytes)
		return refuse(check, "its size is out of range");
	check->short_seen = *size < check->frame_bytes;
	check->uncompressed += *size;
	return 0;
}

void
gzframe_check_body(struct gzframe_check *check, uint32_t crc, size_t size)
{
	check->bodies_crc = crc_append(check->bodies_crc, crc, size);
}

int
gzframe_check_bodies(struct gzframe_check *check)
{
	if (check->bodies_crc != check->end_bodies_crc)
		return refuse(check, "the compressed bytes of the frames are "
		    "not those that were written");
	return 0;
}

uint32_t
gzframe_trailer_crc(const unsigned char *trailer)
{
	return (uint32_t)get(trailer, 4);
}

/* A member without data: CRC-32 of the payload, empty body. */
static bool
is_intact(const unsigned char *member, size_t payload)
{
	const unsigned char *crc = member + PAYLOAD_AT + payload - 4;

	return get(crc, 4) == crc_of(member + PAYLOAD_AT, payload - 4) &&
	    memcmp(crc + 4, empty, sizeof empty) == 0;
}

int
gzframe_parse_index(const unsigned char *member, size_t size, uint64_t *first,
    uint32_t *count)
{
	if (size < GZFRAME_INDEX_SIZE(1) ||
	    gzframe_probe(member, size) != GZFRAME_INDEX)
		return -1;
	*first = get(member + 24, 8);
	*count = (uint32_t)get(member + 20, 4);
	if (*count == 0 || *count > GZFRAME_INDEX_MAX ||
	    size != GZFRAME_INDEX_SIZE(*count) ||
	    get(member + 14, 2) != INDEX_PAYLOAD(*count) ||
	    get(member + EXTRA_AT, 2) != INDEX_PAYLOAD(*count) + 4 ||
	    !is_intact(member, INDEX_PAYLOAD(*count)))
		return -1;
	return 0;
}

uint32_t
gzframe_index_length(const unsigned char *member, uint32_t i)
{
	return (uint32_t)get(member + 32 + 4 * (size_t)i, 4);
}

int
gzframe_check_index(struct gzframe_check *check, const unsigned char *member,
    size_t size)
{
	uint64_t first;
	uint32_t count;

	if (gzframe_parse_index(member, size, &first, &count) != 0)
		return refuse(check, "the index is damaged");
	if (first != check->indexed || count > check->frames - first ||
	    (count < GZFRAME_INDEX_MAX && first + count != check->frames))
		return refuse(check, "the index does not fit the frames");
	check->index_crc = (uint32_t)crc32(check->index_crc, member + 32,
	    4 * count);
	check->index_seen = true;
	check->index_count++;
	check->index_bytes += size;
	check->indexed += count;
	if (check->indexed == check->frames &&
	    check->index_crc != check->lengths_crc)
		return refuse(check, "the index has other lengths than the "
		    "frames");
	return 0;
}

int
gzframe_parse_end(const unsigned char *member, struct gzframe_end *end)
{
	if (gzframe_probe(member, GZFRAME_END_SIZE) != GZFRAME_END ||
	    !is_intact(member, END_PAYLOAD))
		return -1;
	*end = (struct gzframe_end){
		.frame_bytes = (uint32_t)get(member + 18, 2) * 1024,
		.index_count = (uint32_t)get(member + 20, 4),
		.frames = get(member + 24, 8),
		.uncompressed = get(member + 32, 8),
		.compressed = get(member + 40, 8),
		.index_bytes = get(member + 48, 8),
		.bodies_crc = (uint32_t)get(member + 56, 4),
	};
	return 0;
}

int
gzframe_check_end(struct gzframe_check *check, const unsigned char *member)
{
	struct gzframe_end end;

	if (gzframe_parse_end(member, &end) != 0)
		return refuse(check, "the end frame is damaged");
	if (end.index_count != check->index_count ||
	    end.frames != check->frames ||
	    end.uncompressed != check->uncompressed ||
	    end.compressed != check->compressed ||
	    end.index_bytes != check->index_bytes)
		return refuse(check, "the totals in the end frame are not "
		    "those of the frames");
	check->end_seen = true;
	check->end_bodies_crc = end.bodies_crc;
	return 0;
}
