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
 * counts as deleted. The first failure ends it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flow.h"
#include "opt.h"
#include "prog.h"
#include "report.h"
#include "store.h"
#include "store_url.h"
#include "text.h"
#include "xalloc.h"

#define BATCH 500		/* URLs or plan lines deleted together */
#define LINE_MAX_BYTES (16 * 1024 * 1024)
#define PIECE 65536		/* bytes of one read */

static bool from_stdin, from_plan, uploads, dry_run;
static uint64_t older_than = 86400, retry;

static const struct opt options[] = {
	{"stdin", 0, OPT_FLAG, &from_stdin, NULL,
	    "read URLs from standard input, one a line", 0, 0},
	{"plan", 0, OPT_FLAG, &from_plan, NULL,
	    "read a plan of prune from standard input", 0, 0},
	{"uploads", 0, OPT_FLAG, &uploads, NULL,
	    "abort unfinished uploads below URL instead", 0, 0},
	{"older-than", 0, OPT_DURATION, &older_than, "DURATION",
	    "with --uploads: begun so long ago (default 1d)", 0, 0},
	{"dry-run", 0, OPT_FLAG, &dry_run, NULL,
	    "print what would be deleted, delete nothing", 0, 0},
	{"retry", 0, OPT_DURATION, &retry, "DURATION",
	    "how long to try one request (default 10m)", 1, 0},
};

static const struct opt_program program = {
	.name = "s3-rm",
	.synopsis = "[OPTION]... URL... | --stdin | --plan",
	.purpose = "Delete objects s3://BUCKET/KEY and file:///PATH.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = -1,
};

/* URLs in order; a plan's lines are groups whose first URL goes first. */
struct urls {
	char **items;
	bool *first;		/* items[i] begins a group */
	size_t count;
	size_t size;
};

struct stores {
	struct store **items;
	size_t count;
	struct store_options options;
};

/* Takes a copy of a URL that can be deleted. line 0: an operand. */
static int
add_url(struct urls *urls, const char *url, bool first, size_t line)
{
	const char *problem;
	struct store_url *parsed = store_url_parse(url, STORE_URL_OBJECT,
	    &problem);

	if (parsed == NULL && line == 0)
		return fail(PROG_PERMANENT, "cannot use URL \"%s\": %s", url,
		    problem);
	if (parsed == NULL)
		return fail(PROG_PERMANENT, "cannot use URL \"%s\" of line "
		    "%zu: %s", url, line, problem);
	store_url_free(parsed);
	if (urls->count == urls->size) {
		urls->size = urls->size == 0 ? 64 : urls->size * 2;
		urls->items = xrealloc_array(urls->items, urls->size,
		    sizeof *urls->items);
		urls->first = xrealloc_array(urls->first, urls->size,
		    sizeof *urls->first);
	}
	urls->first[urls->count] = first;
	urls->items[urls->count++] = xstrdup(url);
	return 0;
}

static void
urls_release(struct urls *urls)
{
	for (size_t i = 0; i < urls->count; i++)
		free(urls->items[i]);
	free(urls->items);
	free(urls->first);
}

static int
add_plan_line(struct urls *urls, const char *line, size_t number)
{
	char name[32];

	snprintf(name, sizeof name, "line %zu", number);
	json_t *entry = report_parse("plan", name, line, strlen(line));
	const char *action = report_string(entry, "action");
	const json_t *list = json_object_get(entry, "urls");
	int rc = -1;

	if (entry == NULL)
		return -1;
	if (strcmp(action, "keep") == 0 || strcmp(action, "ignore") == 0) {
		rc = 0;
	} else if (strcmp(action, "delete") != 0) {
		fail(PROG_PERMANENT, "cannot use plan: line %zu has action "
		    "\"%s\"", number, action);
	} else if (json_array_size(list) == 0) {
		fail(PROG_PERMANENT, "cannot use plan: line %zu has no URLs",
		    number);
	} else {
		rc = 0;
		for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
			const char *url = json_string_value(
			    json_array_get(list, i));

			rc = add_url(urls, url == NULL ? "" : url, i == 0,
			    number);
		}
	}
	json_decref(entry);
	return rc;
}

static int
add_line(struct urls *urls, const char *line, size_t len, size_t number)
{
	if (strlen(line) != len)
		return fail(PROG_PERMANENT, "cannot use standard input: line "
		    "%zu holds a zero byte", number);
	if (len == 0)
		return 0;
	return from_plan ? add_plan_line(urls, line, number) :
	    add_url(urls, line, false, number);
}

/* All whole lines of buf; what is left of it is the start of the next. */
static int
take_lines(struct urls *urls, struct buf *buf, size_t *number)
{
	char *at = buf->data;
	char *end = buf->data + buf->len;
	char *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		*newline = '\0';
		if (add_line(urls, at, (size_t)(newline - at), ++*number) != 0)
			return -1;
		at = newline + 1;
	}
	struct buf rest = BUF_INIT;

	buf_add(&rest, at, (size_t)(end - at));
	buf_release(buf);
	*buf = rest;
	if (buf->len > LINE_MAX_BYTES)
		return fail(PROG_PERMANENT, "cannot use standard input: line "
		    "%zu is longer than %d bytes", *number + 1,
		    LINE_MAX_BYTES);
	return 0;
}

static int
read_urls(struct urls *urls)
{
	struct buf buf = BUF_INIT;
	size_t number = 0;
	ssize_t n;
	int rc = -1;

	do {
		buf_reserve(&buf, PIECE);
		n = flow_read_some(buf.data + buf.len, PIECE);
		if (n < 0)
			goto out;
		buf.len += (size_t)n;
		buf.data[buf.len] = '\0';
		if (take_lines(urls, &buf, &number) != 0)
			goto out;
	} while (n > 0);
	/* A list that was cut may end within a URL, and name another object. */
	if (buf.len > 0) {
		fail(PROG_PERMANENT, "cannot use standard input: line %zu does "
		    "not end in a newline, the list may be cut", number + 1);
		goto out;
	}
	/* An empty list deletes nothing, whoever wrote it. */
	rc = flow_require_upstream(true);
out:
	buf_release(&buf);
	return rc;
}

static struct store *
store_for(struct stores *stores, const char *url)
{
	for (size_t i = 0; i < stores->count; i++) {
		if (store_holds(stores->items[i], url))
			return stores->items[i];
	}
	struct store *store = store_open(url, &stores->options);

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
		if (!dry_run && store_delete(store, urls, n) != 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			if (print_url(urls[i]) != 0)
				return -1;
		}
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
	struct stores stores = {.options = {.retry_seconds = retry}};
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
	return rc;
}

static int
print_upload(void *context, const struct store_object *upload)
{
	const time_t *limit = context;

	return upload->modified.tv_sec < *limit ? print_url(upload->url) : 0;
}

static int
abort_uploads(const char *url)
{
	struct store_options store_options = {.retry_seconds = retry};
	struct store *store = store_open(url, &store_options);
	time_t limit = time(NULL) - (time_t)older_than;
	size_t count = 0;
	int rc;

	if (store == NULL)
		return -1;
	if (dry_run) {
		rc = store_list_uploads(store, url, print_upload, &limit);
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
	if ((from_stdin || from_plan) && read_urls(&urls) != 0)
		goto out;
	for (; *operands != NULL; operands++) {
		if (uploads ? abort_uploads(*operands) != 0 :
		    add_url(&urls, *operands, false, 0) != 0)
			goto out;
	}
	if (delete_all(&urls) != 0)
		goto out;
	rc = 0;
out:
	urls_release(&urls);
	return prog_finish(rc);
}
