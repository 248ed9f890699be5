#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "store_backend.h"

int
store_fail_changed(const struct store_url *url, const struct store_part *part)
{
	if (part->told != NULL && atomic_exchange(part->told, true))
		return fail_quietly(PROG_TEMPORARY);
	return fail(PROG_TEMPORARY, "could not read object \"%s\": it changed "
	    "while it was read", url->text);
}

/* 1: there is no such object, nothing told. */
static int
get(struct store *store, const char *url, uint64_t from, uint64_t to,
    store_sink *sink, void *context)
{
	struct store_url *parsed = store_parse_object(store, url);
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
	struct store_url *url = store_parse_object(store, part->object->url);
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
	struct store_url *parsed = store_parse_object(store, url);

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
	struct store_url *parsed = store_parse(url, STORE_URL_PLACE);
	int rc = parsed == NULL ? -1 : store->backend->list(store, parsed,
	    kind, seen, context);

	store_url_free(parsed);
	return rc;
}
