/*
 * part_memory: parts of one stream that goes to several uploads, each kept
 * once.
 *
 * All uploads are fed by one thread, the owner, with the same bytes. Each takes
 * the block of the place it has come to: the first to get there fills it, the
 * others find it filled. A block is there until all have given it back, and is
 * then used again. An upload that lags behind keeps no more blocks than its
 * own. Only the owner calls these, but for part_block_hash; what was filled may
 * be read by any thread.
 */
#ifndef PART_MEMORY_H
#define PART_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io.h"
#include "s3_request.h"

struct part_memory;

struct part_block {
	struct part_block *next;
	uint64_t offset;	/* of the stream */
	size_t size;		/* of data */
	size_t filled;
	unsigned users;
	pthread_mutex_t lock;	/* for what follows */
	bool hashed;
	struct s3_digests digests;	/* of what is filled */
	char data[];
};

struct part_memory *part_memory_new(void)
	__attribute__((returns_nonnull, malloc));

/* All blocks were given back. NULL: nothing. */
void part_memory_free(struct part_memory *);

/* The block of size bytes at this place of the stream. */
struct part_block *part_memory_take(struct part_memory *, uint64_t offset,
    size_t size) __attribute__((returns_nonnull));

/* NULL: nothing. */
void part_memory_give(struct part_memory *, struct part_block *);

/*
 * The digests of all that the block holds, made by whoever asks first; it is
 * not filled any more. Any thread, while the block is not given back.
 */
const struct s3_digests *part_block_hash(struct part_block *)
	__attribute__((returns_nonnull));

/* Bytes at..at+len of the block are these; at is not behind what is filled. */
void part_block_fill(struct part_block *, size_t at, const void *data,
    size_t len);

#endif
