/* store_path: directories and failures of the file:// backend. */
#ifndef STORE_PATH_H
#define STORE_PATH_H

#include <sys/types.h>

#include "io.h"

/*
 * `could not WHAT "TEXT": %m`, or `cannot` and exit 100 where a retry cannot
 * help, and a hint what to look at. path is the absolute path of the file.
 * Returns -1.
 */
int store_path_fail(const char *what, const char *text, const char *path);

/*
 * The directory that holds absolute path. It and those above it are made, with
 * this very mode, where they are missing, and are on disk then. A descriptor,
 * or -1: told.
 */
int store_path_open_parent(const char *path, mode_t mode) MUSTUSE;

/* fsync that a directory on any file system passes. 0, or -1 with errno. */
int store_path_sync(int dir) MUSTUSE;

#endif
