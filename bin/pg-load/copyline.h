/*
 * copyline: the COPY command that stands before a table's rows.
 */
#ifndef COPYLINE_H
#define COPYLINE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"
#include "range.h"

#define COPYLINE_ROOM ((uint64_t)4096)	/* bytes that hold most of them */
#define COPYLINE_ROOM_MAX ((uint64_t)1024 * 1024)

/*
 * Set statement to that of a text that ends with it. -1: it does not, or the
 * text's beginning is missing.
 */
int copyline_take(const char *text, size_t len, struct buf *statement) MUSTUSE;

/* Bytes of the rows that came with it, valid until the range is read on. */
struct copyline_rows {
	const char *data;
	size_t len;
};

/*
 * Begin a range that ends at end, and read the statement from before the offset
 * of the rows; the rows come next. 1: it is not there; -1: told.
 */
int copyline_begin(struct range *, uint64_t rows, uint64_t end,
    struct buf *statement, struct copyline_rows *first) MUSTUSE;

/* The statement alone. */
int copyline_read(struct range *, uint64_t rows, struct buf *statement)
    MUSTUSE;

#endif
