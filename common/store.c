#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "store_backend.h"
#include "text.h"
#include "xalloc.h"

#define METADATA_MAX 1984	/* bytes of all keys and values; S3 takes 2048,
				   and its backend adds some */

static const struct store_options no_options;

int
store_fail_taken(const struct store_url *url)
{
	return fail(PROG_PERMANENT, "cannot put object \"%s\": the name is "
	    "taken", url->text);
}

int
store_fail_changed(const struct store_url *url, const struct store_part *part)
{
	if (part->told != NULL && atomic_exchange(part->told, true))
		return fail_quietly(PROG_TEMPORARY);
	return fail(PROG_TEMPORARY, "could not read object \"%s\": it changed "
	    "while it was read", url->text);
}

static struct store_url *
parse(const char *url, enum store_url_kind kind)
{
	const char *problem;
	struct store_url *parsed = store_url_parse(url, kind, &problem);

	if (parsed == NULL)
		fail(PROG_PERMANENT, "cannot use URL \"%s\": %s", url,
		    problem);
	return parsed;
}

/* An object's URL, and one that this store can reach. */
static struct store_url *
parse_object(const struct store *store, const char *url)
{
	struct store_url *parsed = parse(url, STORE_URL_OBJECT);

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
	struct store_url *place = parse(url, STORE_URL_PLACE);

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

struct store_put *
store_put_begin(struct store *store, const char *url)
{
	struct store_url *parsed = parse_object(store, url);

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
	if (store->backend->put_bytes != NULL) {
		struct store_url *parsed = parse_object(store, url);
		int rc = parsed == NULL ? -1 :
		    store->backend->put_bytes(store, parsed, data, len);

		store_url_free(parsed);
		return rc;
	}
	struct store_put *put = store_put_begin(store, url);

	if (put == NULL)
		return -1;
	if (store_put_write(put, data, len) == 0)
		return store_put_commit(put, NULL);
	store_put_abort(put);
	return -1;
}

/* 1: there is no such object, nothing told. */
static int
get(struct store *store, const char *url, uint64_t from, uint64_t to,
    store_sink *sink, void *context)
{
	struct store_url *parsed = parse_object(store, url);
	int rc = parsed == NULL ? -1 : store->backend->get(store, parsed, from,
	    to, sink, context);

	store_url_free(parsed);
	return rc;
}

int
store_get(struct store *store, const char *url, uint64_t from, uint64_t to,
    store_sink *sink, void *context)
{
	int rc = from >= to ? 0 : get(store, url, from, to, sink, context);

	return rc == 1 ? fail(PROG_PERMANENT, "cannot read object \"%s\": it "
	    "is not there", url) : rc;
}

int
store_get_part(struct store *store, const struct store_part *part)
{
	if (part->from >= part->to)
		return 0;
	struct store_url *url = parse_object(store, part->object->url);
	int rc = url == NULL ? -1 : store->backend->get_part(store, url, part);

	if (rc == 1)
		rc = store_fail_changed(url, part);
	store_url_free(url);
	return rc;
}

struct bounded {
	struct buf *buf;
	size_t max;
	const char *url;
};

static int
add_bounded(void *context, const void *data, size_t len)
{
	struct bounded *bounded = context;

	if (len > bounded->max - bounded->buf->len)
		return fail(PROG_PERMANENT, "cannot read object \"%s\": it is "
		    "larger than %zu bytes", bounded->url, bounded->max);
	buf_add(bounded->buf, data, len);
	return 0;
}

int
store_get_bytes(struct store *store, const char *url, size_t max,
    struct buf *buf)
{
	int rc = store_find_bytes(store, url, max, buf);

	return rc == 0 ? fail(PROG_PERMANENT, "cannot read object \"%s\": it "
	    "is not there", url) : rc < 0 ? -1 : 0;
}

int
store_find_bytes(struct store *store, const char *url, size_t max,
    struct buf *buf)
{
	struct bounded bounded = {buf, max, url};

	buf_clear(buf);
	int rc = get(store, url, 0, STORE_TO_END, add_bounded, &bounded);

	return rc == 0 ? 1 : rc == 1 ? 0 : -1;
}

int
store_head(struct store *store, const char *url, struct store_object *object)
{
	struct store_url *parsed = parse_object(store, url);

	memset(object, 0, sizeof *object);
	int rc = parsed == NULL ? -1 : store->backend->head(store, parsed,
	    object);

	if (rc != 1)
		store_object_release(object);
	store_url_free(parsed);
	return rc;
}

void
store_object_release(struct store_object *object)
{
	for (size_t i = 0; i < object->metadata_count; i++) {
		free((char *)object->metadata[i].key);
		free((char *)object->metadata[i].value);
	}
	free(object->metadata);
	free(object->url);
	free(object->etag);
	free(object->version);
	memset(object, 0, sizeof *object);
}

int
store_list(struct store *store, const char *url, enum store_kind kind,
    store_seen *seen, void *context)
{
	struct store_url *parsed = parse(url, STORE_URL_PLACE);
	int rc = parsed == NULL ? -1 : store->backend->list(store, parsed,
	    kind, seen, context);

	store_url_free(parsed);
	return rc;
}

int
store_delete(struct store *store, const char *const *urls, size_t count)
{
	struct store_url **parsed = xcalloc(count + 1, sizeof *parsed);
	int rc = -1;

	for (size_t i = 0; i < count; i++) {
		parsed[i] = parse_object(store, urls[i]);
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
	struct store_url *parsed = prefix ? parse(url, STORE_URL_PLACE) :
	    parse_object(store, url);
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
	struct store_url *parsed = parse(url, STORE_URL_PLACE);

	*count = 0;
	int rc = parsed == NULL ? -1 : store->backend->abort_uploads(store,
	    parsed, older_than, count);

	store_url_free(parsed);
	return rc;
}
