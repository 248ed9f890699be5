/* pack.c: raw deflate with a dictionary. */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "prog.h"
#include "xalloc.h"

#define WINDOW_BITS 15
#define DICTIONARY_MAX ((size_t)32 * 1024)	/* bytes; deflate's window */

static void
start(struct pack *pack, const char *text, size_t len)
{
	pack->dictionary_len = len < DICTIONARY_MAX ? len : DICTIONARY_MAX;
	pack->dictionary = xmalloc(pack->dictionary_len + 1);
	memcpy(pack->dictionary, text, pack->dictionary_len);
	if (deflateInit2(&pack->deflate, 4, Z_DEFLATED, -WINDOW_BITS, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK) {
		fail(PROG_TEMPORARY, "out of memory");
		exit(PROG_TEMPORARY);
	}
}

void
pack_add(struct pack *pack, int64_t key, const char *text, size_t len)
{
	z_stream *z = &pack->deflate;

	if (pack->dictionary == NULL)
		start(pack, text, len);
	buf_clear(&pack->scratch);
	buf_reserve(&pack->scratch, deflateBound(z, len) + 64);
	deflateReset(z);
	deflateSetDictionary(z, (const Bytef *)pack->dictionary,
	    (uInt)pack->dictionary_len);
	z->next_in = (Bytef *)text;
	z->avail_in = (uInt)len;
	z->next_out = (Bytef *)pack->scratch.data;
	z->avail_out = (uInt)pack->scratch.size;
	if (deflate(z, Z_FINISH) != Z_STREAM_END) {
		fail(PROG_BUG, "a line could not be packed");
		exit(PROG_BUG);
	}
	if (pack->count == pack->size) {
		pack->size = pack->size + pack->size / 2 + 256;
		pack->items = xrealloc_array(pack->items, pack->size,
		    sizeof *pack->items);
	}
	struct packed *item = &pack->items[pack->count];

	*item = (struct packed){
		.key = key,
		.number = (uint32_t)pack->count++,
		.data = xmalloc(z->total_out),
		.len = (uint32_t)z->total_out,
		.text_len = (uint32_t)len,
	};
	memcpy(item->data, pack->scratch.data, item->len);
}

static int
write_item(struct pack *pack, const struct packed *item, z_stream *z)
{
	buf_clear(&pack->scratch);
	buf_reserve(&pack->scratch, item->text_len);
	if (inflateReset(z) != Z_OK || inflateSetDictionary(z,
	    (const Bytef *)pack->dictionary,
	    (uInt)pack->dictionary_len) != Z_OK)
		return fail(PROG_BUG, "a line could not be unpacked");
	z->next_in = item->data;
	z->avail_in = item->len;
	z->next_out = (Bytef *)pack->scratch.data;
	z->avail_out = item->text_len;
	/* A line that fits exactly may want one more call to see its end. */
	inflate(z, Z_FINISH);
	if (z->total_out != item->text_len)
		return fail(PROG_BUG, "a line could not be unpacked");
	return flow_write(pack->scratch.data, item->text_len);
}

static int
by_key(const void *left, const void *right)
{
	const struct packed *a = left;
	const struct packed *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

int
pack_write(struct pack *pack, bool backwards)
{
	z_stream z = {0};
	int rc = 0;

	if (pack->count == 0)
		return 0;
	if (inflateInit2(&z, -WINDOW_BITS) != Z_OK)
		return fail(PROG_TEMPORARY, "out of memory");
	qsort(pack->items, pack->count, sizeof *pack->items, by_key);
	for (size_t i = 0; rc == 0 && i < pack->count; i++)
		rc = write_item(pack, &pack->items[backwards ?
		    pack->count - 1 - i : i], &z);
	inflateEnd(&z);
	return rc;
}

void
pack_release(struct pack *pack)
{
	if (pack->dictionary != NULL)
		deflateEnd(&pack->deflate);
	for (size_t i = 0; i < pack->count; i++)
		free(pack->items[i].data);
	free(pack->items);
	free(pack->dictionary);
	buf_release(&pack->scratch);
}
