/* memory_file: a file without a name, in memory, for a child to use. */
#ifndef MEMORY_FILE_H
#define MEMORY_FILE_H

#include <stddef.h>

#include "io.h"

/* A descriptor to read and write, closed on exec. -1: told. */
int memory_file(const char *name) MUSTUSE;

/* Behind what is in it. -1: told. */
int memory_file_add(int fd, const void *data, size_t len) MUSTUSE;

/* Back to its first byte. -1: told. */
int memory_file_rewind(int fd) MUSTUSE;

/* All of it to sink, in pieces. -1: told, or sink said so. */
typedef int memory_file_sink(void *context, const void *data, size_t len);
int memory_file_give(int fd, memory_file_sink *, void *context) MUSTUSE;

#endif
