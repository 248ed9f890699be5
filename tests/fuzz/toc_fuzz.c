/*
 * Any bytes as an archive's table of contents, a table picked out of it, and
 * the roles that it names.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../../bin/pg-load/pick.c"
#include "../../bin/pg-load/roles.c"
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

static void
take_role(void *context, const char *role)
{
	size_t *bytes = context;

	*bytes += strlen(role);
}

static void
find_roles(const struct toc_entry *e)
{
	size_t bytes = 0;

	roles_find(e->type, e->commands, take_role, &bytes);
	if (bytes > strlen(e->commands))
		abort();
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
	for (size_t i = 0; i < toc.count; i++) {
		if (toc.entries[i].commands != NULL)
			find_roles(&toc.entries[i]);
	}
	toc_release(&toc);
	return 0;
}
