/* Any bytes as an archive's table of contents, and a table picked out of it. */
#include <stdint.h>
#include <stdlib.h>

#include "../../bin/pg-load/pick.c"
#include "../../bin/pg-load/toc.c"

static int
ask_nothing(void *context, const struct toc_entry *e)
{
	(void)context;
	return strlen(e->tag) % 2 == 0;
}

static void
pick_one(const struct toc *toc, const char *name)
{
	const struct pick_there there = {.ask = ask_nothing};
	json_t *tables = json_pack("[{s:s, s:s}]", "schema", "public", "name",
	    name);
	struct pick pick;
	struct buf list = BUF_INIT;

	if (pick_table(&pick, toc, tables, name, true, &there) == 0) {
		if (!pick.chosen[pick.table])
			abort();
		pick_add_list(&list, toc, &pick);
	}
	pick_release(&pick);
	buf_release(&list);
	json_decref(tables);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *reason = NULL;
	struct toc toc;

	if (toc_parse(&toc, data, size, &reason) != 0) {
		if (reason == NULL || toc.count != 0)
			abort();
		return 0;
	}
	for (size_t i = 0; i < toc.count && i < 8; i++) {
		if (text_is_utf8(toc.entries[i].tag,
		    strlen(toc.entries[i].tag)))
			pick_one(&toc, toc.entries[i].tag);
	}
	toc_release(&toc);
	return 0;
}
