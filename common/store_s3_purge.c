#include "store_s3_purge.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "retry.h"
#include "s3_delete.h"
#include "s3_list.h"
#include "store_url.h"
#include "xalloc.h"

#define GONE_LATE 3	/* seconds for what is deleted to disappear */

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

static enum s3_outcome
look_at(struct s3_line *line, const struct s3_doomed *doomed,
    struct s3_answer *answer)
{
	const struct s3_request request = {
		.action = "look at object",
		.method = "HEAD",
		.key = doomed->key,
		.query = {{"versionId", doomed->version}},
		.query_count = 1,
	};

	return s3_call(line, &request, answer);
}

/*
 * "locked until 2027-01-01T00:00:00Z (COMPLIANCE)", "under a legal hold", or
 * NULL: not that we can see. Nothing is told; the caller frees it.
 */
static char *
lock_of(struct s3_line *line, const struct s3_doomed *doomed)
{
	struct s3_answer answer;
	char *text = NULL;

	s3_answer_init(&answer);
	if (look_at(line, doomed, &answer) == S3_DONE) {
		const char *hold = http_header(&answer.http,
		    "x-amz-object-lock-legal-hold");
		const char *mode = http_header(&answer.http,
		    "x-amz-object-lock-mode");
		const char *until = http_header(&answer.http,
		    "x-amz-object-lock-retain-until-date");

		if (hold != NULL && strcmp(hold, "ON") == 0)
			text = xstrdup("under a legal hold");
		else if (until != NULL)
			text = xasprintf("locked until %.40s (%.20s)", until,
			    mode == NULL ? "?" : mode);
	}
	s3_answer_release(&answer);
	return text;
}

/* gofakes3 says that it deleted the "null" of a bucket without versions. */
static bool
stays(struct s3_line *line, const struct s3_doomed *doomed)
{
	struct retry retry = {.budget = GONE_LATE};
	struct s3_answer answer;
	bool there;

	s3_answer_init(&answer);
	do
		there = look_at(line, doomed, &answer) == S3_DONE;
	while (there && retry_wait(&retry, 0) == 0);
	s3_answer_release(&answer);
	return there;
}

/* Once a key: its other versions are kept for the same reason. */
static void
tell_kept(struct purging *purging, const struct s3_doomed *doomed)
{
	bool lasting = doomed->code == PROG_PERMANENT;

	purging->kept++;
	if (purging->told != NULL && strcmp(purging->told, doomed->key) == 0)
		return;
	char *lock = !lasting ? NULL : lock_of(purging->line, doomed);

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

/*
 * The first `some` of those noted; the others move up. One of them is looked
 * after: is it so, what the server says?
 */
static int
delete_first(struct purging *purging, size_t some)
{
	struct s3_doomed *doomed = purging->doomed;
	int rc = s3_delete(purging->line, doomed, some);

	if (rc == 0 && doomed->why == NULL && stays(purging->line, doomed))
		rc = fail(PROG_PERMANENT, "cannot delete version \"%s\" of "
		    "object \"s3://%s/%s\": the server says that it did, but "
		    "it is there", doomed->version, purging->line->s3->place,
		    doomed->key);
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
