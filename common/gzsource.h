/* gzsource: what gzread is given, and what it tells. */
#ifndef GZSOURCE_H
#define GZSOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"

#define GZREAD_HOLD ((size_t)1024 * 1024)	/* bytes */

/*
 * len bytes from the input, fewer only at its end; -1 told. A source whose
 * writer died must say -1, not fewer.
 */
typedef ssize_t gzread_source(void *context, void *data, size_t len);

/* Uncompressed bytes, in order; -1 told. */
typedef int gzread_sink(void *context, const void *data, size_t len);

/* Jump over len bytes of the input; fewer are an error. -1 told. */
typedef int gzread_skip(void *context, size_t len);

struct gzread_frame {		/* a data frame, or a foreign member */
	uint64_t number;	/* 0, 1, ... */
	uint64_t offset, size;	/* in the uncompressed data */
	uint64_t at, length;	/* in the file */
};
typedef int gzread_seen(void *context, const struct gzread_frame *);

struct gzread {
	gzread_source *source;
	gzread_sink *sink;	/* NULL: only check */
	gzread_seen *seen;	/* NULL, or told of each one in order */
	/*
	 * Not NULL: bodies of frames of which the sink wants nothing are jumped
	 * over, not checked.
	 */
	gzread_skip *skip;
	/* What the sink wants of the uncompressed data; to is one behind. */
	uint64_t from, to;
	void *context;		/* of all four */
	unsigned jobs;		/* threads; 0 is 1 */
};

struct gzread_result {
	bool is_frames;
	uint32_t frame_bytes;		/* 0 for foreign */
	uint64_t frames;		/* data frames, or members */
	uint64_t uncompressed, compressed;	/* bytes of the whole */
	char reason[256];		/* why it is damaged, or "" */
};

#define GZREAD_ALL .from = 0, .to = UINT64_MAX

/* Give the sink what it wants of len bytes at this offset. */
int gzread_pass(const struct gzread *, uint64_t offset, const void *data,
    size_t len) MUSTUSE;

/* Fill reason as printf does. Returns -1. */
int gzread_damaged(struct gzread_result *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
