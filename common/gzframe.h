/*
 * gzframe: the headers of gzip frames (docs/FORMATS.md). Pure.
 *
 * A stream is a chain of RFC 1952 members. Each has one extra subfield "PB":
 *
 *     0     1f 8b 08 04  00 00 00 00  00 ff    magic, deflate, FEXTRA, no time
 *     10    XLEN u16, 'P' 'B', length u16 = XLEN - 4
 *     16    kind 'D' 'I' 'E', version 1, frame size u16 in KiB
 *  D  20    member length u32, offset u64      data: the frame starts at this
 *                                              offset of the uncompressed data
 *  I  20    count u32, first u64, count * u32  index: lengths of members from
 *           CRC-32 u32                         number first on
 *  E  20    index members u32, frames u64, uncompressed u64, compressed u64,
 *           index bytes u64, bodies CRC-32 u32,
 *           CRC-32 u32                         end: the totals
 *
 * then the deflate body, CRC-32 and size of its bytes. All D frames but the
 * last hold exactly one frame size; after them come the I members, full but
 * the last one; then one E, and nothing behind it. The CRC-32 in I and E is
 * that of the subfield before it, from kind on; bodies CRC-32 is that of the
 * deflate bodies of all D members, one behind the other: some flipped bits
 * inflate to the same data (padding, another match of the same text), and are
 * damage all the same. Little endian throughout.
 */
#ifndef GZFRAME_H
#define GZFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"

#define GZFRAME_KIB_DEFAULT 1024
#define GZFRAME_KIB_MAX 16384
#define GZFRAME_PROBE_SIZE 20	/* bytes that tell what a member is */
#define GZFRAME_DATA_SIZE 32	/* bytes of a D member's header */
#define GZFRAME_TRAILER_SIZE 8
#define GZFRAME_INDEX_MAX 2000	/* lengths in one I member */
#define GZFRAME_EMPTY_BODY_SIZE 2
#define GZFRAME_INDEX_SIZE(count) (36 + 4 * (size_t)(count) + \
    GZFRAME_EMPTY_BODY_SIZE + GZFRAME_TRAILER_SIZE)	/* whole I member */
#define GZFRAME_END_SIZE 74	/* the whole E member */

/* Longest D member that a frame of so many bytes may have. */
#define GZFRAME_MEMBER_MAX(bytes) (GZFRAME_DATA_SIZE + (size_t)(bytes) + \
    (size_t)(bytes) / 256 + 256 + GZFRAME_TRAILER_SIZE)

/* --- Writing --- */

struct gzframe_writer {
	uint32_t frame_kib;
	uint64_t frames, uncompressed, compressed;	/* of D members */
	uint64_t index_bytes;
	uint32_t index_count;
	uint32_t bodies_crc;
	uint32_t *lengths;	/* 4 bytes a frame, the only thing that grows */
	size_t room;
	uint64_t indexed;	/* lengths written so far */
};

void gzframe_writer_init(struct gzframe_writer *, uint32_t frame_kib);
void gzframe_writer_release(struct gzframe_writer *);

struct gzframe {
	size_t size;		/* uncompressed bytes */
	size_t body_size;	/* bytes of deflate */
	uint32_t crc, body_crc;	/* CRC-32 of each */
};

/* Count this frame, and make its member's header and trailer. */
void gzframe_writer_add(struct gzframe_writer *, const struct gzframe *,
    unsigned char header[GZFRAME_DATA_SIZE],
    unsigned char trailer[GZFRAME_TRAILER_SIZE]);

/* Append the next I member, or the E member; false: that was the E member. */
bool gzframe_writer_finish(struct gzframe_writer *, struct buf *);

/* --- Reading --- */

enum gzframe_kind {
	GZFRAME_FOREIGN,	/* no frame */
	GZFRAME_DATA,
	GZFRAME_INDEX,
	GZFRAME_END,
	GZFRAME_DAMAGED,	/* a frame with a broken header */
};

/*
 * What begins here. A header that is one byte away from a frame's is damaged,
 * not foreign: else one flipped bit would switch all checks off. So is one
 * that was cut behind "PB".
 */
enum gzframe_kind gzframe_probe(const unsigned char *data, size_t len);

/* State of a strict reader, in constant memory. Zero it to begin. */
struct gzframe_check {
	uint32_t frame_bytes;		/* 0 before the first member */
	uint64_t frames, uncompressed, compressed;	/* of D members */
	uint64_t indexed, index_bytes;	/* of I members */
	uint32_t index_count;
	uint32_t lengths_crc;		/* of the lengths of D members */
	uint32_t index_crc;		/* of the lengths in I members */
	uint32_t bodies_crc;		/* of gzframe_check_body */
	uint32_t end_bodies_crc;	/* what the E member says */
	bool short_seen, index_seen, index_short_seen, end_seen;
	const char *reason;		/* why the last call said -1 */
};

/*
 * From the first GZFRAME_PROBE_SIZE bytes of a member that is no foreign one:
 * what it is and whether it may stand here. *size is how much of it the next
 * call wants: D its header, I and E the whole member. -1: check->reason.
 */
int gzframe_check_begin(struct gzframe_check *, const unsigned char *probe,
    enum gzframe_kind *kind, size_t *size) MUSTUSE;

/* A D header. *member_length is header, body and trailer. */
int gzframe_check_data(struct gzframe_check *, const unsigned char *header,
    size_t *member_length) MUSTUSE;

/*
 * The trailer of that D member: is the size one that a frame may have, and
 * does it count as the last one? *size is the frame's uncompressed size.
 */
int gzframe_check_size(struct gzframe_check *, const unsigned char *trailer,
    size_t *size) MUSTUSE;

/*
 * The body of the next D member, in order, by its CRC-32. A reader that
 * gives all of them may ask at the end whether they are those of the writer.
 */
void gzframe_check_body(struct gzframe_check *, uint32_t crc, size_t size);
int gzframe_check_bodies(struct gzframe_check *) MUSTUSE;

/* A whole I or E member. */
int gzframe_check_index(struct gzframe_check *, const unsigned char *member,
    size_t size) MUSTUSE;
int gzframe_check_end(struct gzframe_check *, const unsigned char *member)
	MUSTUSE;

/* The CRC-32 that a trailer holds. */
uint32_t gzframe_trailer_crc(const unsigned char *trailer);

/* What an E member says, for those who begin at the end (CRC-32 checked). */
struct gzframe_end {
	uint32_t frame_bytes, index_count, bodies_crc;
	uint64_t frames, uncompressed, compressed, index_bytes;
};
int gzframe_parse_end(const unsigned char *member, struct gzframe_end *)
	MUSTUSE;

/*
 * Length of frame number first + i in an I member that gzframe_parse_index
 * accepted (header, count against size, CRC-32, empty body).
 */
int gzframe_parse_index(const unsigned char *member, size_t size,
    uint64_t *first, uint32_t *count) MUSTUSE;
uint32_t gzframe_index_length(const unsigned char *member, uint32_t i);

#endif
