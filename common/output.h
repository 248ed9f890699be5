/*
 * output: stdout, written by a thread of its own, so that a reader that is
 * slow for a moment does not keep the server waiting.
 *
 * Bytes travel in chunks, which are all there is of memory for rows: a
 * connection reads into chunks, keeps those whose turn has not come, and hands
 * them on. One thread calls everything here.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "io.h"

#define CHUNK_SIZE ((size_t)256 * 1024)	/* bytes */
#define CHUNKS_MIN ((size_t)12)

struct chunk {
	struct chunk *next;
	size_t from, to;	/* of the bytes that are to be written */
	char data[CHUNK_SIZE];
};

/* memory: bytes of all chunks; CHUNKS_MIN of them at least. */
int output_begin(uint64_t memory, bool progress) MUSTUSE;

/*
 * An empty chunk, or NULL when there is none now. One that is for bytes whose
 * turn is still to come leaves enough for the others.
 */
struct chunk *output_chunk(bool ahead);
void output_drop(struct chunk *);	/* back to the empty ones */

/*
 * A descriptor for poll(2): readable when a chunk became free after
 * output_chunk had none, or when writing failed.
 */
int output_wakeup(void);
void output_awake(void);	/* forget that it was readable */

/* Append. -1 when writing failed: told. */
int output_add(const void *data, size_t len) MUSTUSE;
int output_add_buf(const struct buf *) MUSTUSE;
/*
 * Space to write into, *room bytes and at least so many (CHUNK_SIZE at most),
 * and how many of them were used. NULL: writing failed, told.
 */
char *output_space(size_t least, size_t *room);
void output_used(size_t len);
/* Takes the chunk, empty ones too. */
int output_add_chunk(struct chunk *) MUSTUSE;
/* Bytes from..to of a file. */
int output_add_file(int fd, uint64_t from, uint64_t to) MUSTUSE;

/*
 * For --progress: how many bytes there will be in all, by a guess, and what
 * ends each line, as text and as members of JSON (progress.h; borrowed).
 */
void output_expect(uint64_t bytes, const char *detail, const char *members);

uint64_t output_offset(void);	/* of the next byte that is added */
bool output_failed(void);

/* Everything is written. */
int output_end(void) MUSTUSE;

#endif
