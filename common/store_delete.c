#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "store_backend.h"
#include "text.h"
#include "xalloc.h"

int
store_delete(struct store *store, const char *const *urls, size_t count)
{
	struct store_url **parsed = xcalloc(count + 1, sizeof *parsed);
	int rc = -1;

	for (size_t i = 0; i < count; i++) {
		parsed[i] = store_parse_object(store, urls[i]);
		if (parsed[i] == NULL)
			goto out;
	}
	rc = count == 0 ? 0 : store->backend->delete(store, parsed, count);
out:
	for (size_t i = 0; i < count; i++)
		store_url_free(parsed[i]);
	free(parsed);
	return rc;
}

/* The key that url names, or how keys begin that it means. NULL: told. */
static char *
doomed_key(struct store *store, const char *url, bool prefix)
{
	struct store_url *parsed = prefix ? store_parse(url, STORE_URL_PLACE) :
	    store_parse_object(store, url);
	char *key = NULL;

	if (parsed != NULL)
		key = xasprintf("%s%s", parsed->key, parsed->key[0] != '\0' &&
		    text_ends(url, "/") ? "/" : "");
	store_url_free(parsed);
	return key;
}

int
store_delete_versions(struct store *store, const char *const *urls,
    size_t count, const struct store_purge *purge)
{
	char **keys;
	int rc = -1;

	if (store->backend->delete_versions == NULL)
		return fail(PROG_PERMANENT, "cannot delete versions of \"%s\": "
		    "files have none", count == 0 ? "" : urls[0]);
	keys = xcalloc(count + 1, sizeof *keys);
	for (size_t i = 0; i < count; i++) {
		keys[i] = doomed_key(store, urls[i], purge->prefix);
		if (keys[i] == NULL)
			goto out;
	}
	rc = store->backend->delete_versions(store, keys, count, purge);
out:
	for (size_t i = 0; i < count; i++)
		free(keys[i]);
	free(keys);
	return rc;
}

int
store_abort_uploads(struct store *store, const char *url, time_t older_than,
    size_t *count)
{
	struct store_url *parsed = store_parse(url, STORE_URL_PLACE);

	*count = 0;
	int rc = parsed == NULL ? -1 : store->backend->abort_uploads(store,
	    parsed, older_than, count);

	store_url_free(parsed);
	return rc;
}
