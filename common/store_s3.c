#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "s3_abort.h"
#include "s3_delete.h"
#include "s3_get.h"
#include "s3_object.h"
#include "s3_read.h"
#include "s3_upload.h"
#include "store_backend.h"
#include "store_s3_list.h"
#include "store_s3_purge.h"
#include "xalloc.h"

struct s3_store {
	struct store store;
	struct s3 *s3;
	bool is_reader;			/* s3 is another store's */
	struct s3_line line;
	struct sigv4_pair *metadata;	/* borrowed texts, as are these */
	struct sigv4_pair *wishes;
	struct s3_upload_options upload;
	struct s3_read_options read;
};

struct s3_put {
	struct store_put put;
	struct s3_store *of;
	const struct store_url *url;
	struct s3_upload *upload;
};

static struct s3_store *
of(struct store *store)
{
	return (struct s3_store *)store;
}

static void
close_store(struct store *store)
{
	struct s3_store *s3_store = of(store);

	if (s3_store->s3 != NULL)
		s3_line_close(&s3_store->line);
	if (!s3_store->is_reader)
		s3_close(s3_store->s3);
	free(s3_store->metadata);
	free(s3_store->wishes);
	free(s3_store);
}

static struct sigv4_pair *
make_pairs(const struct store_metadata *items, size_t count)
{
	struct sigv4_pair *pairs = xcalloc(count + 1, sizeof *pairs);

	for (size_t i = 0; i < count; i++)
		pairs[i] = (struct sigv4_pair){items[i].key, items[i].value};
	return pairs;
}

static struct store *
open_store(const struct store_url *place, const struct store_options *options)
{
	struct s3_store *store = xcalloc(1, sizeof *store);

	store->metadata = make_pairs(options->metadata,
	    options->metadata_count);
	store->wishes = make_pairs(options->wishes, options->wish_count);
	store->upload = (struct s3_upload_options){
		.part_size = options->part_size,
		.expected_size = options->expected_size,
		.buffers = options->parts_in_flight,
		.memory = options->memory,
		.metadata = store->metadata,
		.metadata_count = options->metadata_count,
		.wishes = store->wishes,
		.wish_count = options->wish_count,
	};
	store->read = (struct s3_read_options){
		.part_size = options->part_size,
		.buffers = options->parts_in_flight,
	};
	const struct s3_options s3_options = {
		.profile = place->profile,
		.retry_seconds = options->retry_seconds,
		.no_verify_tls = options->no_verify_tls,
		.provider = options->provider,
		.secret = options->secret,
		.request_payer = options->request_payer,
		.pace = options->pace,
	};

	store->s3 = s3_open(place->bucket, &s3_options);
	if (store->s3 == NULL) {
		close_store(&store->store);
		return NULL;
	}
	s3_line_open(&store->line, store->s3);
	return &store->store;
}

static struct store *
reader(const struct store *store)
{
	struct s3_store *new = xcalloc(1, sizeof *new);

	new->s3 = ((const struct s3_store *)store)->s3;
	new->is_reader = true;
	s3_line_open(&new->line, new->s3);
	return &new->store;
}

static bool
holds(const struct store *store, const struct store_url *url)
{
	return strcmp(store->place->place, url->place) == 0;
}

static struct store_put *
put_begin(struct store *store, const struct store_url *url)
{
	struct s3_store *s3_store = of(store);
	bool taken;
	struct s3_upload *upload = s3_upload_begin(s3_store->s3, url->key,
	    &s3_store->upload, &taken);

	if (taken)
		store_fail_taken(url);
	if (upload == NULL)
		return NULL;
	struct s3_put *put = xcalloc(1, sizeof *put);

	put->of = s3_store;
	put->url = url;
	put->upload = upload;
	return &put->put;
}

static int
put_write(struct store_put *put, const void *data, size_t len)
{
	return s3_upload_write(((struct s3_put *)put)->upload, data, len);
}

static int
put_commit(struct store_put *put, struct store_object *result)
{
	struct s3_put *s3_put = (struct s3_put *)put;
	struct s3_uploaded uploaded;
	int rc = -1;

	switch (s3_upload_commit(s3_put->upload, &uploaded)) {
	case S3_PUBLISHED:
		result->url = xstrdup(s3_put->url->text);
		result->size = uploaded.size;
		result->etag = uploaded.etag;
		result->modified.tv_sec = uploaded.modified;
		rc = 0;
		break;
	case S3_TAKEN:
		store_fail_taken(s3_put->url);
		break;
	case S3_DOUBTFUL:
		result->doubtful = true;
		break;
	default:
		break;
	}
	free(s3_put);
	return rc;
}

static void
put_abort(struct store_put *put)
{
	struct s3_put *s3_put = (struct s3_put *)put;

	s3_upload_abort(s3_put->upload);
	free(s3_put);
}

static int
get(struct store *store, const struct store_url *url, uint64_t from,
    uint64_t to, store_sink *sink, void *context)
{
	int rc = s3_read(&of(store)->line, url->key, from, to,
	    &of(store)->read, sink, context);

	return rc == 0 ? 1 : rc == 1 ? 0 : -1;
}

static int
get_part(struct store *store, const struct store_url *url,
    const struct store_part *part)
{
	const char *etag = part->object->etag;
	struct s3_range range = {
		.key = url->key,
		.from = part->from,
		.to = part->to,
		.sink = part->sink,
		.context = part->context,
		.cancel = part->cancel,
		.told = part->told,
		.etag = *etag == '\0' ? NULL : xasprintf("\"%s\"", etag),
	};
	int rc = s3_get(&of(store)->line, &range);

	if (rc == 1 && range.size != part->object->size &&
	    range.size != S3_TO_END)
		rc = store_fail_changed(url, part);
	free(range.etag);
	return rc == 0 ? 1 : rc == 1 ? 0 : -1;
}

static int
head(struct store *store, const struct store_url *url,
    struct store_object *object)
{
	struct s3_head found;
	enum s3_presence there = s3_object_head(&of(store)->line, url->key,
	    &found, false, false);

	if (there != S3_THERE)
		return there == S3_ABSENT ? 0 : -1;
	object->url = xstrdup(url->text);
	object->size = found.size;
	object->modified.tv_sec = found.modified;
	object->etag = xstrdup(found.etag);
	object->metadata = xcalloc(found.metadata_count + 1,
	    sizeof *object->metadata);
	for (size_t i = 0; i < found.metadata_count; i++) {
		/* How we know our own upload again is nobody's business. */
		if (strcmp(found.metadata[i].name, S3_NONCE) == 0)
			continue;
		object->metadata[object->metadata_count++] =
		    (struct store_metadata){
			xstrdup(found.metadata[i].name),
			xstrdup(found.metadata[i].value),
		};
	}
	s3_head_release(&found);
	return 1;
}

static int
list(struct store *store, const struct store_url *place, enum store_kind kind,
    store_seen *seen, void *context)
{
	return store_s3_list(&of(store)->line, place, kind, seen, context);
}

static int
delete(struct store *store, struct store_url *const *urls, size_t count)
{
	const char **keys = xcalloc(count, sizeof *keys);

	for (size_t i = 0; i < count; i++)
		keys[i] = urls[i]->key;
	int rc = s3_delete_keys(&of(store)->line, keys, count);

	free(keys);
	return rc;
}

static int
delete_versions(struct store *store, char *const *keys, size_t count,
    const struct store_purge *purge)
{
	return store_s3_purge(&of(store)->line, keys, count, purge);
}

static int
abort_uploads(struct store *store, const struct store_url *place,
    time_t older_than, size_t *count)
{
	return s3_abort_below(&of(store)->line, place->key, older_than, count);
}

const struct store_backend store_s3_backend = {
	.open = open_store,
	.reader = reader,
	.close = close_store,
	.holds = holds,
	.put_begin = put_begin,
	.put_write = put_write,
	.put_commit = put_commit,
	.put_abort = put_abort,
	.get = get,
	.get_part = get_part,
	.head = head,
	.list = list,
	.delete = delete,
	.delete_versions = delete_versions,
	.abort_uploads = abort_uploads,
};
