#include "store_s3_list.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "s3_list.h"
#include "xalloc.h"

struct seeing {
	const struct store_url *place;
	store_seen *seen;
	void *context;
	size_t above;		/* bytes of the prefix, see_level only */
	char *last;		/* the level's prefix that was seen last */
};

static int
see(void *context, const struct s3xml_item *item)
{
	const struct seeing *seeing = context;
	char *url = xasprintf("s3://%s/%s", seeing->place->place, item->key);
	const struct store_object object = {
		.url = url,
		.size = item->size,
		.modified = item->when,
		.etag = item->id,
		.version = item->version,
		.latest = item->latest,
		.delete_marker = item->delete_marker,
	};
	int rc = 0;

	/* A folder's marker, or a key that we could not name: not ours. */
	if (store_key_problem(item->key) == NULL)
		rc = seeing->seen(seeing->context, &object);
	free(url);
	return rc;
}

/* "s3://bucket/prefix" holds what begins with "prefix/". */
static char *
prefix_of(const struct store_url *place)
{
	return place->key[0] == '\0' ? xstrdup("") :
	    xasprintf("%s/", place->key);
}

/*
 * A prefix is seen once, also where the server does not know delimiters, and
 * sends all that is below.
 */
static int
see_level(void *context, const struct s3xml_item *item)
{
	struct seeing *seeing = context;
	const char *slash = strchr(item->key + seeing->above, '/');

	if (slash == NULL)
		return item->prefix ? 0 : see(context, item);
	size_t len = (size_t)(slash - item->key);

	if (seeing->last != NULL && strlen(seeing->last) == len &&
	    strncmp(seeing->last, item->key, len) == 0)
		return 0;
	free(seeing->last);
	seeing->last = xstrndup(item->key, len);
	/* One that we could not name. */
	if (store_key_problem(seeing->last) != NULL)
		return 0;
	char *url = xasprintf("s3://%s/%s/", seeing->place->place,
	    seeing->last);
	const struct store_object object = {.url = url, .etag = (char[]){""},
	    .prefix = true};
	int rc = seeing->seen(seeing->context, &object);

	free(url);
	return rc;
}

static int
list_objects(struct s3_line *line, struct seeing *seeing, bool level)
{
	char *prefix = prefix_of(seeing->place);

	seeing->above = strlen(prefix);
	int rc = s3_list_objects(line, prefix, level, level ? see_level : see,
	    seeing);

	free(seeing->last);
	free(prefix);
	return rc;
}

static int
see_below(void *context, const struct s3xml_item *item)
{
	const struct seeing *seeing = context;

	return s3_list_is_below(item->key, seeing->place->key) ?
	    see(context, item) : 0;
}

/* A version that has no id is called "null" by all of S3. */
static int
see_version(void *context, const struct s3xml_item *item)
{
	struct s3xml_item named = *item;

	if (named.version == NULL)
		named.version = (char *)"null";
	return see_below(context, &named);
}

/* Without a '/' behind: MinIO wants a whole key, and that may be meant. */
static int
list_uploads(struct s3_line *line, struct seeing *seeing)
{
	bool allowed;

	if (s3_list_open_uploads(line, "list uploads below",
	    seeing->place->key, see_below, seeing, &allowed) != 0)
		return -1;
	return allowed ? 0 : fail(PROG_PERMANENT, "cannot list uploads below "
	    "\"%s\": the server does not allow it", seeing->place->text);
}

int
store_s3_list(struct s3_line *line, const struct store_url *place,
    enum store_kind kind, store_seen *seen, void *context)
{
	struct seeing seeing = {.place = place, .seen = seen,
	    .context = context};

	switch (kind) {
	case STORE_VERSIONS:
		return s3_list_versions(line, place->key, see_version,
		    &seeing);
	case STORE_UPLOADS:
		return list_uploads(line, &seeing);
	default:
		return list_objects(line, &seeing, kind == STORE_LEVEL);
	}
}
