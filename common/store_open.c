#include "store.h"

#include <stdatomic.h>
#include <string.h>

#include "prog.h"
#include "store_backend.h"

#define METADATA_MAX 1984	/* bytes of all keys and values; S3 takes 2048,
				   and its backend adds some */

static const struct store_options no_options;

struct store_url *
store_parse(const char *url, enum store_url_kind kind)
{
	const char *problem;
	struct store_url *parsed = store_url_parse(url, kind, &problem);

	if (parsed == NULL)
		fail(PROG_PERMANENT, "cannot use URL \"%s\": %s", url,
		    problem);
	return parsed;
}

struct store_url *
store_parse_object(const struct store *store, const char *url)
{
	struct store_url *parsed = store_parse(url, STORE_URL_OBJECT);

	if (parsed == NULL || store_holds(store, url))
		return parsed;
	fail(PROG_BUG, "object \"%s\" is not in store \"%s\"", url,
	    store->place->text);
	store_url_free(parsed);
	return NULL;
}

static int
check_metadata(const struct store_options *options)
{
	size_t total = 0;

	for (size_t i = 0; i < options->metadata_count; i++) {
		const struct store_metadata *one = &options->metadata[i];
		const char *problem = store_metadata_problem(one->key,
		    one->value);

		if (problem != NULL)
			return fail(PROG_PERMANENT, "cannot use metadata "
			    "\"%s=%s\": %s", one->key, one->value, problem);
		total += strlen(one->key) + strlen(one->value);
	}
	if (total > METADATA_MAX)
		return fail(PROG_PERMANENT, "cannot use %zu bytes of metadata: "
		    "at most %d", total, METADATA_MAX);
	return 0;
}

struct store *
store_open(const char *url, const struct store_options *options)
{
	if (options == NULL)
		options = &no_options;
	if (check_metadata(options) != 0)
		return NULL;
	struct store_url *place = store_parse(url, STORE_URL_PLACE);

	if (place == NULL)
		return NULL;
	const struct store_backend *backend = place->scheme == STORE_S3 ?
	    &store_s3_backend : &store_file_backend;
	struct store *store = backend->open(place, options);

	if (store == NULL) {
		store_url_free(place);
		return NULL;
	}
	store->backend = backend;
	store->place = place;
	return store;
}

struct store *
store_reader(const struct store *store)
{
	struct store *reader = store->backend->reader(store);

	reader->backend = store->backend;
	reader->place = store_url_copy(store->place);
	return reader;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	struct store_url *place = store->place;

	store->backend->close(store);
	store_url_free(place);
}

bool
store_holds(const struct store *store, const char *url)
{
	const char *problem;
	struct store_url *parsed = store_url_parse(url, STORE_URL_PLACE,
	    &problem);
	bool holds = parsed != NULL && parsed->scheme == store->place->scheme &&
	    store->backend->holds(store, parsed);

	store_url_free(parsed);
	return holds;
}
