#include "metadata.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "xalloc.h"

int
metadata_make(const struct metadata *metadata, struct store_options *options)
{
	size_t count = metadata->items.count;
	struct store_metadata *pairs = xcalloc(count + 1, sizeof *pairs);

	options->metadata = pairs;
	for (size_t i = 0; i < count; i++) {
		const char *item = metadata->items.items[i];
		const char *equals = strchr(item, '=');

		if (equals == NULL)
			return fail(PROG_PERMANENT, "cannot use --metadata=%s: "
			    "it is not KEY=VALUE", item);
		pairs[i] = (struct store_metadata){
		    xstrndup(item, (size_t)(equals - item)), equals + 1};
	}
	options->metadata_count = count;
	if (metadata->run_id == NULL)
		return 0;
	pairs[count] = (struct store_metadata){
	    xstrdup("pgbackpipe-run-id"), metadata->run_id};
	options->metadata_count++;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(pairs[i].key, pairs[count].key) == 0)
			return fail(PROG_PERMANENT, "cannot use --run-id and "
			    "--metadata=%s", metadata->items.items[i]);
	}
	return 0;
}

void
metadata_release(struct store_options *options)
{
	for (size_t i = 0; i < options->metadata_count; i++)
		free((char *)options->metadata[i].key);
	free((struct store_metadata *)options->metadata);
}
