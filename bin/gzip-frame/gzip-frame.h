/* The parts of gzip-frame. */
#ifndef GZIP_FRAME_H
#define GZIP_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "io.h"

struct settings {
	int level;			/* 1 to CODEC_LEVEL_MAX */
	const char *codec;		/* NULL: the default */
	uint64_t frame_size;		/* bytes, whole KiB */
	uint64_t jobs;			/* threads */
	const char *report_path;	/* or NULL */
	bool progress, allow_empty, json;
	uint64_t from, to;		/* wanted of the data; to is behind */
	struct timespec start;
};

/* stdin -> frames on stdout, all but the mark. */
int compress_run(const struct settings *) MUSTUSE;

/* gzip of any shape on stdin -> what it holds, or only a check of it. */
int expand_run(const struct settings *, bool write) MUSTUSE;

/* What is in a compressed stream, as a table or JSON. */
int list_run(const struct settings *) MUSTUSE;

#endif
