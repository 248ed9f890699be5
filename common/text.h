/* text: numbers, sizes, durations and encodings as people write them. Pure. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "buf.h"

/* Decimal digits only, the whole text, no sign. Returns 0, or -1. */
int text_number(const char *text, uint64_t *value) MUSTUSE;

/* "512", "64K", "16MiB", "2g": K M G T are powers of 1024. 0, or -1. */
int text_size(const char *text, uint64_t *bytes) MUSTUSE;

/* "90", "90s", "15m", "26h", "7d", "2w": seconds. 0, or -1. */
int text_duration(const char *text, uint64_t *seconds) MUSTUSE;

/* "15.32 MiB" style, for people. */
void text_add_size(struct buf *, uint64_t bytes);

/* Lower-case hex of len bytes; from_hex wants exactly 2 * len digits. */
void text_add_hex(struct buf *, const void *data, size_t len);
int text_from_hex(const char *text, void *data, size_t len) MUSTUSE;

/* RFC 4648 section 4, with padding, no line breaks. */
void text_add_base64(struct buf *, const void *data, size_t len);
/* Strict: no blanks, right padding. Appends; returns 0, or -1. */
int text_from_base64(struct buf *, const char *text, size_t len) MUSTUSE;

/* Percent-encode all but A-Z a-z 0-9 - . _ ~ (RFC 3986), '/' if keep_slash. */
void text_add_percent(struct buf *, const char *text, bool keep_slash);

/*
 * UTC time as RFC 3339 with offset, "2026-01-29T14:30:22.123456+00:00" (32
 * bytes). The second form is basic ISO 8601, "20260129T143022Z".
 */
void text_add_time(struct buf *, struct timespec when);
void text_add_time_basic(struct buf *, time_t when);

/*
 * "2026-01-29T14:30:22", fraction optional, then "Z", "+00:00" or nothing
 * (UTC). Returns 0, or -1.
 */
int text_time(const char *text, struct timespec *when) MUSTUSE;

/* Whether data is well-formed UTF-8 (RFC 3629). */
bool text_is_utf8(const void *data, size_t len);

/* Line ends in it. */
uint64_t text_lines(const char *data, size_t len);

/* For a terminal: control bytes, which foreign names may hold, as '?'. */
void text_add_printable(struct buf *, const char *text);

bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);

#endif
