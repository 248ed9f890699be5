#include "part_memory.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

struct part_memory {
	struct part_block *used;
	struct part_block *spare;
};

struct part_memory *
part_memory_new(void)
{
	return xcalloc(1, sizeof(struct part_memory));
}

static void
free_list(struct part_block *block)
{
	while (block != NULL) {
		struct part_block *next = block->next;

		pthread_mutex_destroy(&block->lock);
		free(block);
		block = next;
	}
}

void
part_memory_free(struct part_memory *memory)
{
	if (memory == NULL)
		return;
	free_list(memory->used);
	free_list(memory->spare);
	free(memory);
}

/* Out of the list: a spare block of this size. NULL: there is none. */
static struct part_block *
take_spare(struct part_memory *memory, size_t size)
{
	struct part_block **at = &memory->spare;

	while (*at != NULL && (*at)->size != size)
		at = &(*at)->next;
	struct part_block *block = *at;

	if (block != NULL)
		*at = block->next;
	return block;
}

struct part_block *
part_memory_take(struct part_memory *memory, uint64_t offset, size_t size)
{
	struct part_block *block = memory->used;

	while (block != NULL &&
	    (block->offset != offset || block->size != size))
		block = block->next;
	if (block != NULL) {
		block->users++;
		return block;
	}
	block = take_spare(memory, size);
	if (block == NULL) {
		block = xmalloc(sizeof *block + size);
		pthread_mutex_init(&block->lock, NULL);
	}
	block->next = memory->used;
	block->offset = offset;
	block->size = size;
	block->filled = 0;
	block->users = 1;
	block->hashed = false;
	memory->used = block;
	return block;
}

void
part_memory_give(struct part_memory *memory, struct part_block *block)
{
	struct part_block **at = &memory->used;

	if (block == NULL || --block->users > 0)
		return;
	while (*at != block)
		at = &(*at)->next;
	*at = block->next;
	block->next = memory->spare;
	memory->spare = block;
}

void
part_block_fill(struct part_block *block, size_t at, const void *data,
    size_t len)
{
	size_t known = block->filled - at;

	/* Another upload's threads may be reading it. */
	if (len <= known)
		return;
	memcpy(block->data + block->filled, (const char *)data + known,
	    len - known);
	block->filled = at + len;
}

const struct s3_digests *
part_block_hash(struct part_block *block)
{
	pthread_mutex_lock(&block->lock);
	if (!block->hashed)
		s3_digests_make(&block->digests, block->data, block->filled);
	block->hashed = true;
	pthread_mutex_unlock(&block->lock);
	return &block->digests;
}
