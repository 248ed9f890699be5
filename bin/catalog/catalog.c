/*
 * catalog: the backups of a store, and what else lies there.
 *
 * URL -> one JSON object a line on stdout, for each object that is or could
 * be a backup, the newest last (or first):
 *
 *     {"state":"backup|debris|unmanaged|mismatch","url","name","size",
 *      "modified","manifest_url","manifest","run_id","verified_at",
 *      "damaged_at","restored_at","record_urls"}
 *
 * Nothing is printed before all was read: half a catalog is none.
 */
#include <stdlib.h>

#include "entry.h"
#include "flow.h"
#include "opt.h"
#include "prog.h"
#include "text.h"

static uint64_t retry;
static uint64_t jobs;
static bool want_json, newest_first;

static const struct opt options[] = {
	{"retry", 0, OPT_DURATION, &retry, "DURATION",
	    "how long to try one request (default 10m)", 1, 0},
	{"jobs", 0, OPT_NUMBER, &jobs, "N",
	    "manifests read at once (default: 8, file:// 1)", 1, 64},
	{"newest-first", 0, OPT_FLAG, &newest_first, NULL,
	    "the newest first, not last", 0, 0},
	{"json", 0, OPT_FLAG, &want_json, NULL,
	    "print JSON lines, as it always does", 0, 0},
};

static const struct opt_program program = {
	.name = "catalog",
	.synopsis = "[OPTION]... URL > catalog",
	.purpose = "List the backups of a store, s3://BUCKET/PREFIX or "
	    "file:///DIRECTORY.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_min = 1,
	.operands_max = 1,
};

static int
make_catalog(struct catalog *catalog, const char *url)
{
	if (listing_read(&catalog->listing, catalog->store, url) != 0)
		return -1;
	if (jobs == 0)
		jobs = text_starts(url, "s3:") ? 8 : 1;
	if (jobs > 1) {
		catalog->prefetch = prefetch_new(catalog->store,
		    &catalog->listing, CATALOG_MANIFEST_MAX, (unsigned)jobs);
		if (catalog->prefetch == NULL)
			return -1;
	}
	for (size_t i = 0; i < catalog->listing.count; i++) {
		if (prog_stopping() ||
		    entry_examine(catalog, &catalog->listing.items[i]) != 0)
			return -1;
	}
	return pack_write(&catalog->pack, newest_first);
}

int
main(int argc, char **argv)
{
	char **operands = opt_parse(&program, argc, argv);
	struct store_options store_options = {.retry_seconds = retry};
	struct catalog catalog = {.pack = PACK_INIT, .text = BUF_INIT};
	int rc = -1;

	prog_catch_stop();
	if (flow_begin() != 0)
		goto out;
	catalog.store = store_open(operands[0], &store_options);
	if (catalog.store == NULL)
		goto out;
	if (make_catalog(&catalog, operands[0]) != 0)
		goto out;
	rc = flow_complete();
out:
	prefetch_free(catalog.prefetch);
	pack_release(&catalog.pack);
	listing_release(&catalog.listing);
	buf_release(&catalog.text);
	store_close(catalog.store);
	return prog_finish(rc);
}
