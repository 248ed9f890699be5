/*
 * s3-rm: delete the objects that the operands, a list or a plan names.
 *
 * stdin:  with --stdin one URL a line, with --plan JSON lines of prune's.
 *         Nothing is deleted before all of it was read and found good.
 * stdout: the URL of each object deleted (--dry-run: to be deleted), one a
 *         line.
 *
 * Of a plan's line the first URL (the manifest) is gone before the next one
 * is asked for: a backup ends with its manifest. One that is gone already
 * counts as deleted. The first failure ends it; with --versions one that is
 * locked does not keep the others.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "flow.h"
#include "opt.h"
#include "prog.h"
#include "store.h"
#include "store_opt.h"
#include "text.h"
#include "urls.h"
#include "xalloc.h"

#define BATCH 1000		/* URLs deleted together, as S3 takes them */

static bool from_stdin, from_plan, uploads, versions, prefix, dry_run;
static uint64_t older_than = 86400;
static struct store_options store_options;

static const struct opt options[] = {
	{"stdin", 0, OPT_FLAG, &from_stdin, NULL,
	    "read URLs from standard input, one a line", 0, 0},
	{"plan", 0, OPT_FLAG, &from_plan, NULL,
	    "read a plan of prune from standard input", 0, 0},
	{"uploads", 0, OPT_FLAG, &uploads, NULL,
	    "abort unfinished uploads below URL instead", 0, 0},
	{"versions", 0, OPT_FLAG, &versions, NULL,
	    "delete every version and delete marker", 0, 0},
	{"prefix", 0, OPT_FLAG, &prefix, NULL,
	    "with --versions: of all keys that begin as URL does", 0, 0},
	{"older-than", 0, OPT_DURATION, &older_than, "DURATION",
	    "with --uploads: begun so long ago (default 1d)", 0, 0},
	{"dry-run", 0, OPT_FLAG, &dry_run, NULL,
	    "print what would be deleted, delete nothing", 0, 0},
	STORE_OPT_ROWS(store_options),
};

static const struct opt_program program = {
	.name = "s3-rm",
	.synopsis = "[OPTION]... URL... | --stdin | --plan",
	.purpose = "Delete objects s3://BUCKET/KEY and file:///PATH.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = -1,
};

struct stores {
	struct store **items;
	size_t count;
	bool kept;		/* versions that cannot be deleted */
};

static struct store *
store_for(struct stores *stores, const char *url)
{
	for (size_t i = 0; i < stores->count; i++) {
		if (store_holds(stores->items[i], url))
			return stores->items[i];
	}
	struct store *store = store_open(url, &store_options);

	if (store == NULL)
		return NULL;
	stores->items = xrealloc_array(stores->items, stores->count + 1,
	    sizeof *stores->items);
	stores->items[stores->count++] = store;
	return store;
}

static int
print_url(const char *url)
{
	struct buf line = BUF_INIT;

	buf_add_string(&line, url);
	buf_add_byte(&line, '\n');
	int rc = flow_write(line.data, line.len);

	buf_release(&line);
	return rc;
}

/* "URL<tab>VERSION" */
static int
print_version(void *context, const struct store_object *object)
{
	struct buf line = BUF_INIT;

	(void)context;
	buf_addf(&line, "%s\t", object->url);
	text_add_printable(&line, object->version);
	int rc = print_url(line.data);

	buf_release(&line);
	return rc;
}

/* A plan goes on to no other URL while its manifest is there. */
static int
delete_versions(struct stores *stores, struct store *store,
    const char *const *urls, size_t count)
{
	const struct store_purge purge = {
		.prefix = prefix,
		.dry_run = dry_run,
		.seen = print_version,
	};
	int rc = store_delete_versions(store, urls, count, &purge);

	if (rc == 1)
		stores->kept = true;
	return rc == 0 || (rc == 1 && !from_plan) ? 0 : -1;
}

static int
delete_objects(struct store *store, const char *const *urls, size_t count)
{
	if (!dry_run && store_delete(store, urls, count) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (print_url(urls[i]) != 0)
			return -1;
	}
	return 0;
}

/* Delete these, in runs of one store. */
static int
delete_urls(struct stores *stores, const char *const *urls, size_t count)
{
	while (count > 0) {
		struct store *store = store_for(stores, urls[0]);
		size_t n = 1;

		if (store == NULL || prog_stopping())
			return -1;
		while (n < count && store_holds(store, urls[n]))
			n++;
		if ((versions ? delete_versions(stores, store, urls, n) :
		    delete_objects(store, urls, n)) != 0)
			return -1;
		urls += n;
		count -= n;
	}
	return 0;
}

/* URLs from..to of a batch: the first of each group, then all others. */
static int
delete_batch(struct stores *stores, const struct urls *urls, size_t from,
    size_t to)
{
	const char **some = xcalloc(to - from, sizeof *some);
	int rc = 0;

	for (int pass = 0; rc == 0 && pass < 2; pass++) {
		size_t count = 0;

		for (size_t i = from; i < to; i++) {
			if (urls->first[i] == (pass == 0))
				some[count++] = urls->items[i];
		}
		rc = delete_urls(stores, some, count);
	}
	free(some);
	return rc;
}

static int
delete_all(const struct urls *urls)
{
	struct stores stores = {0};
	int rc = 0;

	for (size_t from = 0, to; rc == 0 && from < urls->count; from = to) {
		to = from + BATCH < urls->count ? from + BATCH : urls->count;
		/* A group is never cut: its first URL must not come alone. */
		while (from_plan && to < urls->count && !urls->first[to])
			to++;
		rc = delete_batch(&stores, urls, from, to);
	}
	for (size_t i = 0; i < stores.count; i++)
		store_close(stores.items[i]);
	free(stores.items);
	return stores.kept ? -1 : rc;
}

static int
print_upload(void *context, const struct store_object *upload)
{
	const time_t *limit = context;

	return upload->modified.tv_sec < *limit ? print_url(upload->url) : 0;
}

/* --older-than=0: all, whatever the server's clock says of them. */
static time_t
begun_before(void)
{
	time_t now = time(NULL);

	if (older_than == 0)
		return INT64_MAX;
	return older_than < (uint64_t)now ? now - (time_t)older_than : 1;
}

static int
abort_uploads(const char *url)
{
	struct store *store = store_open(url, &store_options);
	time_t limit = begun_before();
	size_t count = 0;
	int rc;

	if (store == NULL)
		return -1;
	if (dry_run) {
		rc = store_list(store, url, STORE_UPLOADS, print_upload,
		    &limit);
	} else {
		rc = store_abort_uploads(store, url, limit, &count);
		info("aborted %zu uploads below \"%s\"", count, url);
	}
	store_close(store);
	return rc;
}

static int
check_usage(char **operands)
{
	if (from_stdin + from_plan + uploads > 1)
		return fail(PROG_PERMANENT, "cannot use more than one of "
		    "--stdin, --plan and --uploads");
	if ((from_stdin || from_plan) && operands[0] != NULL)
		return fail(PROG_PERMANENT, "cannot use operand \"%s\" with "
		    "--%s", operands[0], from_stdin ? "stdin" : "plan");
	if (!from_stdin && !from_plan && operands[0] == NULL)
		return fail(PROG_PERMANENT, "missing operand: what to delete");
	if (uploads && versions)
		return fail(PROG_PERMANENT, "cannot use --uploads with "
		    "--versions");
	if (prefix && (!versions || from_stdin || from_plan))
		return fail(PROG_PERMANENT, "cannot use --prefix but with "
		    "--versions and URLs as operands");
	return 0;
}

int
main(int argc, char **argv)
{
	struct urls urls = {0};
	int rc = -1;
	char **operands = opt_parse(&program, argc, argv);

	if (check_usage(operands) != 0)
		goto out;
	flow_begin_sink();
	prog_catch_stop();
	if ((from_stdin || from_plan) && urls_read(&urls,
	    from_plan) != 0)
		goto out;
	for (; *operands != NULL; operands++) {
		if (uploads ? abort_uploads(*operands) != 0 :
		    urls_add(&urls, *operands, prefix) != 0)
			goto out;
	}
	if (delete_all(&urls) != 0)
		goto out;
	rc = 0;
out:
	urls_release(&urls);
	return prog_finish(rc);
}
