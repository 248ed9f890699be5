#include "buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "xalloc.h"

#define READ_STEP ((size_t)64 * 1024)	/* bytes */

char buf_empty[1];

void
buf_release(struct buf *buf)
{
	if (buf->size > 0)
		free(buf->data);
	*buf = (struct buf)BUF_INIT;
}

void
buf_clear(struct buf *buf)
{
	buf->len = 0;
	if (buf->size > 0)
		buf->data[0] = '\0';
}

void
buf_reserve(struct buf *buf, size_t more)
{
	size_t need;

	if (__builtin_add_overflow(buf->len, more, &need) ||
	    __builtin_add_overflow(need, 1, &need)) {
		fail(PROG_TEMPORARY, "out of memory");
		exit(PROG_TEMPORARY);
	}
	if (need <= buf->size)
		return;
	if (need < buf->size + buf->size / 2)
		need = buf->size + buf->size / 2;
	if (need < 64)
		need = 64;
	buf->data = xrealloc_array(buf->size > 0 ? buf->data : NULL, need, 1);
	if (buf->size == 0)
		buf->data[0] = '\0';
	buf->size = need;
}

void
buf_add(struct buf *buf, const void *data, size_t len)
{
	buf_reserve(buf, len);
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_add_string(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_add_byte(struct buf *buf, char byte)
{
	buf_add(buf, &byte, 1);
}

void
buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_list again;

	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);

	va_end(args);
	if (len > 0) {
		buf_reserve(buf, (size_t)len);
		vsnprintf(buf->data + buf->len, (size_t)len + 1, format,
		    again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

char *
buf_detach(struct buf *buf)
{
	buf_reserve(buf, 0);
	char *data = buf->data;

	*buf = (struct buf)BUF_INIT;
	return data;
}

int
buf_read_fd(struct buf *buf, int fd, size_t max)
{
	size_t start = buf->len;

	for (;;) {
		buf_reserve(buf, READ_STEP);
		ssize_t n = io_read_some(fd, buf->data + buf->len, READ_STEP);

		if (n < 0)
			return -1;
		buf->len += (size_t)n;
		buf->data[buf->len] = '\0';
		if (n == 0)
			return 0;
		if (buf->len - start > max) {
			errno = EFBIG;
			return -1;
		}
	}
}

int
buf_read_file(struct buf *buf, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	int rc = buf_read_fd(buf, fd, max);
	int saved = errno;

	io_close(&fd);
	errno = saved;
	return rc;
}
