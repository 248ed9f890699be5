/*
 * stream: the dump on standard input, told by its first bytes.
 */
#ifndef STREAM_H
#define STREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"

enum stream_format {
	STREAM_OURS,		/* plain SQL that describes itself */
	STREAM_FOREIGN,		/* plain SQL with pg_dump's closing comment */
	STREAM_CUSTOM,		/* pg_dump's custom archive */
};

struct stream {
	enum stream_format format;
	json_t *header;		/* of STREAM_OURS, else NULL */
	uint64_t bytes;		/* read so far */
	struct buf head;	/* those that were read for it */
	uint64_t drops, drops_end;	/* offsets of the commands that drop */
	int archive_major;	/* PostgreSQL that can read the archive */
	bool owners, privileges;	/* whether it sets them */
};

#define STREAM_INIT {.head = BUF_INIT}

/* PostgreSQL that can read an archive with these first 7 bytes. */
int stream_archive_major(const unsigned char *head);

/* Set them; of a foreign dump they are not known, and false. */
void stream_find_owners(struct stream *);

/* "sql" or "custom" */
const char *stream_format_name(const struct stream *);

/*
 * Read the first bytes. Plain SQL that does not describe itself is refused
 * unless foreign. -1: told.
 */
int stream_open(struct stream *, bool foreign) MUSTUSE;
void stream_release(struct stream *);

#endif
