/*
 * buf: bytes that grow. data[len] is always 0, so data is also a C string
 * (as long as no 0 byte was appended).
 */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>
#include <stdint.h>

#include "io.h"

struct buf {
	char *data;
	size_t len;
	size_t size;
};

extern char buf_empty[1];
#define BUF_INIT {.data = buf_empty, .len = 0, .size = 0}

void buf_release(struct buf *);			/* back to BUF_INIT */
void buf_clear(struct buf *);			/* len 0, keeps memory */
void buf_reserve(struct buf *, size_t more);	/* room for more bytes */
void buf_add(struct buf *, const void *data, size_t len);
void buf_add_string(struct buf *, const char *text);
void buf_add_byte(struct buf *, char byte);
void buf_addf(struct buf *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Hand the memory to the caller (free()), and become empty. */
char *buf_detach(struct buf *);

/*
 * Append all that fd has until its end, at most max bytes. Returns 0; -1 with
 * errno set (EFBIG: there was more than max). Prints nothing.
 */
int buf_read_fd(struct buf *, int fd, size_t max) MUSTUSE;

/* The same for a file by its name. */
int buf_read_file(struct buf *, const char *path, size_t max) MUSTUSE;

#endif
