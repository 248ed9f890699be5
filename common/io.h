/*
 * io: read, write and close that survive signals and short counts.
 *
 * No function here prints. Errors are -1 with errno set. A caught INT or TERM
 * (prog_catch_stop) ends a blocked call with EINTR once io_stop is set.
 */
#ifndef IO_H
#define IO_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#define MUSTUSE __attribute__((warn_unused_result))

/* Set by the stop handler of prog; every loop in io looks at it. */
extern volatile sig_atomic_t io_stop;

/*
 * Read until len bytes are there or the input ends. Returns the number of
 * bytes read (less than len only at end of input), -1 on error.
 */
ssize_t io_read_full(int fd, void *data, size_t len) MUSTUSE;

/* One read(2), retried on EINTR. 0 is end of input. */
ssize_t io_read_some(int fd, void *data, size_t len) MUSTUSE;

/* Write all len bytes. Returns 0, or -1. */
int io_write_full(int fd, const void *data, size_t len) MUSTUSE;

/* Close *fd once, set it to -1. Returns close(2)'s verdict. -1 is a no-op. */
int io_close(int *fd);

#endif
