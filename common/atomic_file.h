/*
 * atomic_file: a file that is there whole or not at all.
 *
 * A temporary name in the same directory, fsync, rename, fsync of the
 * directory. Failures are told. Files are made 0600 unless mode says else.
 */
#ifndef ATOMIC_FILE_H
#define ATOMIC_FILE_H

#include <sys/types.h>

#include "io.h"

/* Replace path by these bytes. kind names it in messages: "report". */
int atomic_file_write(const char *kind, const char *path, mode_t mode,
    const void *data, size_t len) MUSTUSE;

/* fsync the directory that holds path. Prints nothing; errno is set. */
int atomic_file_sync_parent(const char *path) MUSTUSE;

#endif
