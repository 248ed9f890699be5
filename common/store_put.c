#include "store.h"

#include <string.h>

#include "prog.h"
#include "store_backend.h"

int
store_fail_taken(const struct store_url *url)
{
	return fail(PROG_PERMANENT, "cannot put object \"%s\": the name is "
	    "taken", url->text);
}

struct store_put *
store_put_begin(struct store *store, const char *url)
{
	struct store_url *parsed = store_parse_object(store, url);

	if (parsed == NULL)
		return NULL;
	struct store_put *put = store->backend->put_begin(store, parsed);

	if (put == NULL) {
		store_url_free(parsed);
		return NULL;
	}
	put->store = store;
	put->url = parsed;
	return put;
}

int
store_put_write(struct store_put *put, const void *data, size_t len)
{
	return len == 0 ? 0 : put->store->backend->put_write(put, data, len);
}

int
store_put_commit(struct store_put *put, struct store_object *result)
{
	struct store_object unwanted = {0};
	struct store_url *url = put->url;

	if (result != NULL)
		memset(result, 0, sizeof *result);
	int rc = put->store->backend->put_commit(put,
	    result == NULL ? &unwanted : result);

	store_object_release(&unwanted);
	store_url_free(url);
	return rc;
}

void
store_put_abort(struct store_put *put)
{
	if (put == NULL)
		return;
	struct store_url *url = put->url;

	put->store->backend->put_abort(put);
	store_url_free(url);
}

int
store_put_bytes(struct store *store, const char *url, const void *data,
    size_t len)
{
	struct store_put *put = store_put_begin(store, url);

	if (put == NULL)
		return -1;
	if (store_put_write(put, data, len) == 0)
		return store_put_commit(put, NULL);
	store_put_abort(put);
	return -1;
}
