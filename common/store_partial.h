/*
 * store_partial: temporary files for file systems without O_TMPFILE.
 *
 * Such a file is called ".NAME.XXXXXX.partial" and is locked (flock) as long
 * as its writer lives; a long NAME is cut and gets a hash. Whoever gets the
 * lock may remove the file.
 */
#ifndef STORE_PARTIAL_H
#define STORE_PARTIAL_H

#include <stdbool.h>

#include "io.h"

/*
 * Make and lock a temporary file, 0600, for an object of directory dir, and
 * remove those that dead writers of this very object left. A descriptor to
 * write to, with the name in *name (free()); or -1 with errno set.
 */
int store_partial_create(int dir, const char *object, char **name) MUSTUSE;

/* Whether name is that of a temporary file of ours. */
bool store_partial_is(const char *name);

/*
 * Remove temporary file name in directory dir if its writer is dead. 1: it is
 * removed; 0: its writer lives, or it is gone; -1 with errno set.
 */
int store_partial_remove_dead(int dir, const char *name) MUSTUSE;

#endif
