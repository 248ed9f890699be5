#include "io.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

volatile sig_atomic_t io_stop;

/* After a failed call: wait for a descriptor that is not ready, or give up. */
static bool
try_again(int fd, short events)
{
	struct pollfd wait = {.fd = fd, .events = events};

	if (errno == EINTR)
		return !io_stop;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	return poll(&wait, 1, -1) >= 0 || (errno == EINTR && !io_stop);
}

ssize_t
io_read_some(int fd, void *data, size_t len)
{
	ssize_t n;

	do {
		n = read(fd, data, len);
	} while (n < 0 && try_again(fd, POLLIN));
	return n;
}

ssize_t
io_read_full(int fd, void *data, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = io_read_some(fd, (char *)data + have, len - have);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int
io_write_full(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0) {
			if (!try_again(fd, POLLOUT))
				return -1;
			continue;
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int
io_close(int *fd)
{
	int closing = *fd;

	*fd = -1;
	/* Linux frees the descriptor even when close says EINTR. */
	if (closing < 0 || close(closing) == 0 || errno == EINTR)
		return 0;
	return -1;
}
