/* owner.c: one question for an object's metadata. */
#include "owner.h"

#include <string.h>

#include "text.h"

#define RUN_ID_KEY "pgbackpipe-run-id"

int
owner_find(struct store *store, const char *url, struct buf *run_id)
{
	struct store_object object;
	int rc = store_head(store, url, &object);

	buf_clear(run_id);
	if (rc <= 0)
		return rc;
	for (size_t i = 0; i < object.metadata_count; i++) {
		const char *value = object.metadata[i].value;

		if (strcmp(object.metadata[i].key, RUN_ID_KEY) == 0 &&
		    run_id->len == 0 && text_is_utf8(value, strlen(value)))
			buf_add_string(run_id, value);
	}
	store_object_release(&object);
	return 1;
}
