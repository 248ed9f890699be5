/*
 * pipemark: tell a reader whether its writer finished.
 *
 * Both ends of a Linux pipe share one inode; fchmod(2) at one end is seen by
 * fstat(2) at the other, and outlives a killed writer. A writer sets S_ISVTX
 * ("in progress") before its first byte and S_ISGID without S_ISVTX
 * ("complete") as its last act. On anything but a pipe, and on a pipe that
 * belongs to another user, all of this does nothing.
 */
#ifndef PIPEMARK_H
#define PIPEMARK_H

#include "io.h"

enum pipemark {
	PIPEMARK_NONE,		/* not a pipe, or a writer without marks */
	PIPEMARK_IN_PROGRESS,	/* its writer runs, or died */
	PIPEMARK_COMPLETE,	/* its writer finished */
};

/* What the mark on fd says now. Prints nothing. */
enum pipemark pipemark_get(int fd);

/*
 * Mark fd in progress. -1 when it already is: an earlier writer of this very
 * pipe died (`{ a; b; } | c`), and appending would hide that. Prints nothing.
 */
int pipemark_begin(int fd) MUSTUSE;

/* Mark fd complete: the last act before exit. */
void pipemark_complete(int fd);

/*
 * Take the mark away, as the last act: what was written came from a writer
 * that left none, and nobody knows whether that one finished.
 */
void pipemark_clear(int fd);

#endif
