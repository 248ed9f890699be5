#include "store_s3_purge.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "s3_delete.h"
#include "s3_list.h"
#include "store_url.h"
#include "xalloc.h"

struct purging {
	struct s3_line *line;
	const struct store_purge *purge;
	const char *key;		/* the one, or their beginning */
	struct s3_doomed doomed[2 * S3_DELETE_MAX];
	size_t count;
	char *told;			/* the last key that was told of */
	size_t kept;			/* versions */
	size_t unnamed;			/* versions that no URL can name */
};

static int
show(struct purging *purging, const char *key, const char *version)
{
	char *url = xasprintf("s3://%s/%s", purging->line->s3->place, key);
	char *named = xstrdup(version);
	const struct store_object object = {.url = url, .version = named};
	int rc = purging->purge->seen(purging->purge->context, &object);

	free(named);
	free(url);
	return rc;
}

/* Once a key: its other versions are kept for the same reason. */
static void
tell_kept(struct purging *purging, const struct s3_doomed *doomed)
{
	bool lasting = doomed->code == PROG_PERMANENT;

	purging->kept++;
	if (purging->told != NULL && strcmp(purging->told, doomed->key) == 0)
		return;
	char *lock = !lasting ? NULL : s3_delete_lock(purging->line,
	    doomed->key, doomed->version);

	fail(doomed->code, "%s delete version \"%s\" of object "
	    "\"s3://%s/%s\": %s%s%s", lasting ? "cannot" : "could not",
	    doomed->version, purging->line->s3->place, doomed->key,
	    doomed->why, lock == NULL ? "" : "; it is ",
	    lock == NULL ? "" : lock);
	free(lock);
	free(purging->told);
	purging->told = xstrdup(doomed->key);
}

static void
free_doomed(struct s3_doomed *doomed)
{
	free((char *)doomed->key);
	free((char *)doomed->version);
	free(doomed->why);
}

/* The first `some` of those noted; the others move up. */
static int
delete_first(struct purging *purging, size_t some)
{
	struct s3_doomed *doomed = purging->doomed;
	int rc = s3_delete(purging->line, doomed, some);

	for (size_t i = 0; i < some; i++) {
		if (rc == 0 && doomed[i].why != NULL)
			tell_kept(purging, &doomed[i]);
		else if (rc == 0)
			rc = show(purging, doomed[i].key, doomed[i].version);
		free_doomed(&doomed[i]);
	}
	purging->count -= some;
	memmove(doomed, doomed + some, purging->count * sizeof *doomed);
	return rc;
}

static int
see(void *context, const struct s3xml_item *item)
{
	struct purging *purging = context;
	const char *version = item->version == NULL || *item->version == '\0' ?
	    "null" : item->version;

	if (!purging->purge->prefix && strcmp(item->key, purging->key) != 0)
		return 0;
	if (store_key_problem(item->key) != NULL) {
		purging->unnamed++;
		return 0;
	}
	if (purging->purge->dry_run)
		return show(purging, item->key, version);
	if (purging->count == 2 * S3_DELETE_MAX &&
	    delete_first(purging, S3_DELETE_MAX) != 0)
		return -1;
	purging->doomed[purging->count++] = (struct s3_doomed){
		.key = xstrdup(item->key),
		.version = xstrdup(version),
	};
	return 0;
}

static int
finish(struct purging *purging)
{
	while (purging->count > 0) {
		if (delete_first(purging, purging->count < S3_DELETE_MAX ?
		    purging->count : S3_DELETE_MAX) != 0)
			return -1;
	}
	if (purging->unnamed > 0)
		warning("left %zu versions in \"s3://%s\" where they are: no "
		    "URL can name their keys", purging->unnamed,
		    purging->line->s3->place);
	if (purging->kept > 0)
		notice("%zu versions are kept", purging->kept);
	return purging->kept > 0 ? 1 : 0;
}

int
store_s3_purge(struct s3_line *line, char *const *keys, size_t count,
    const struct store_purge *purge)
{
	struct purging *purging = xcalloc(1, sizeof *purging);
	int rc = 0;

	purging->line = line;
	purging->purge = purge;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		purging->key = keys[i];
		rc = s3_list_versions(line, keys[i], see, purging);
	}
	if (rc == 0)
		rc = finish(purging);
	for (size_t i = 0; i < purging->count; i++)
		free_doomed(&purging->doomed[i]);
	free(purging->told);
	free(purging);
	return rc;
}
