/*
 * pgarchive: the head, integers and strings of pg_dump's archives. Pure.
 *
 * PostgreSQL: pg_backup_archiver.c, ReadHead, ReadInt, ReadStr.
 *
 *     "PGDMP", version (3 bytes), size of integers, size of offsets, format
 *     (1: custom), compression (1.15: a byte, before: an integer), 7 integers
 *     of time, 3 strings: database, server's version, pg_dump's version
 *
 * An integer is a sign byte and its bytes, lowest first; a string its length,
 * -1 for null, and its bytes.
 */
#ifndef PGARCHIVE_H
#define PGARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"

#define PGARCHIVE_MAGIC "PGDMP"
#define PGARCHIVE_CUSTOM 1

struct pgarchive {
	unsigned major, minor;	/* of the version */
	unsigned integer, offset;	/* their sizes in bytes */
	unsigned format;
	bool broken;		/* it ended, or holds what cannot be */
	/* private */
	const unsigned char *at, *end;
};

/*
 * Read the head up to its strings, which come next. Data is borrowed. -1: it
 * is no archive, or broken.
 */
int pgarchive_begin(struct pgarchive *, const void *data, size_t len) MUSTUSE;

/* The next of each. What is not there sets broken, and is 0 or "". */
unsigned pgarchive_byte(struct pgarchive *);
int64_t pgarchive_integer(struct pgarchive *);
void pgarchive_skip(struct pgarchive *, uint64_t bytes);

/* Its length, *text in the data, without a NUL; -1: null, or broken. */
int64_t pgarchive_string(struct pgarchive *, const char **text);

/* Bytes that are left. */
size_t pgarchive_left(const struct pgarchive *);

#endif
