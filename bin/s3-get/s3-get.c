/*
 * s3-get: an object, or a range of it, to standard output.
 *
 * stdin:  not read.
 * stdout: the bytes, in order; marked complete after the last one. With
 *         --head one JSON object about it instead. With --manifest it stays
 *         unmarked when the bytes are not those that the manifest names.
 */
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "flow.h"
#include "opt.h"
#include "pace.h"
#include "prog.h"
#include "report.h"
#include "s3_secret.h"
#include "store.h"
#include "store_opt.h"
#include "text.h"
#include "xalloc.h"

static bool head;
static const char *range_text, *manifest_path;
static uint64_t tail, parts_in_flight;
static struct store_options store_options;
static const char *sse_c_key_file;
static struct s3_secret secret;
static struct pace pace = PACE_INIT;
static struct expect *expect;	/* NULL: nothing is known */

static const struct opt options[] = {
	{"range", 0, OPT_STRING, &range_text, "FROM-TO",
	    "bytes FROM to TO, the first is 0, TO included;\n"
	    "\"FROM-\": to the end", 0, 0},
	{"tail", 0, OPT_SIZE, &tail, "SIZE", "the last SIZE bytes", 1, 0},
	{"head", 0, OPT_FLAG, &head, NULL,
	    "print size, time and metadata as JSON instead", 0, 0},
	{"manifest", 0, OPT_STRING, &manifest_path, "FILE",
	    "hold the bytes against the object's manifest", 0, 0},
	{"part-size", 0, OPT_SIZE, &store_options.part_size, "SIZE",
	    "size of one ranged read", 65536, UINT64_C(5) << 30},
	{"parts-in-flight", 0, OPT_NUMBER, &parts_in_flight, "N",
	    "ranged reads at once (default 3)", 1, 64},
	{"sse-c-key-file", 0, OPT_STRING, &sse_c_key_file, "FILE",
	    "S3: the object's key: 32 bytes, or their base64", 0, 0},
	{"bandwidth", 0, OPT_SIZE, &pace.rate, "RATE",
	    "bytes a second, of all parts together", 1, 0},
	STORE_OPT_ROWS(store_options),
};

static const struct opt_program program = {
	.name = "s3-get",
	.synopsis = "[OPTION]... URL > out",
	.purpose = "Write object s3://BUCKET/KEY or file:///PATH to standard "
	    "output.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_min = 1,
	.operands_max = 1,
	.notes = "Memory: part size x parts in flight for an s3:// URL.",
};

/* "FROM-TO" or "FROM-" into [*from, *to). */
static int
parse_range(const char *text, uint64_t *from, uint64_t *to)
{
	const char *dash = strchr(text, '-');
	char *start = dash == NULL ? NULL :
	    xstrndup(text, (size_t)(dash - text));
	int rc = -1;

	*to = STORE_TO_END;
	if (start != NULL && text_number(start, from) == 0 &&
	    (dash[1] == '\0' || (text_number(dash + 1, to) == 0 &&
	    *to >= *from && *to < STORE_TO_END)))
		rc = 0;
	free(start);
	if (rc != 0)
		return fail(PROG_PERMANENT, "cannot use --range=%s: it is not "
		    "FROM-TO or FROM-", text);
	if (*to != STORE_TO_END)
		(*to)++;
	return 0;
}

static int
check_usage(uint64_t *from, uint64_t *to)
{
	*from = 0;
	*to = STORE_TO_END;
	if ((range_text != NULL) + (tail != 0) + head +
	    (manifest_path != NULL) > 1)
		return fail(PROG_PERMANENT, "cannot use more than one of "
		    "--range, --tail, --head and --manifest");
	return range_text == NULL ? 0 : parse_range(range_text, from, to);
}

/* What store_head says, or -1 (told) also when it is not there. */
static int
need_head(struct store *store, const char *url, struct store_object *object)
{
	int found = store_head(store, url, object);

	if (found == 0)
		return fail(PROG_PERMANENT, "cannot read object \"%s\": it is "
		    "not there", url);
	return found == 1 ? 0 : -1;
}

static int
print_head(struct store *store, const char *url)
{
	struct store_object object;
	struct buf modified = BUF_INIT;

	if (need_head(store, url, &object) != 0)
		return -1;
	text_add_time(&modified, object.modified);
	json_t *metadata = json_object();

	for (size_t i = 0; i < object.metadata_count; i++)
		json_object_set_new(metadata, object.metadata[i].key,
		    report_text(object.metadata[i].value));
	json_t *line = json_pack("{s:s, s:I, s:s, s:o, s:o}", "url", object.url,
	    "size", (json_int_t)object.size, "modified", modified.data,
	    "etag", report_text(object.etag), "metadata", metadata);
	int rc = report_print(line);

	json_decref(line);
	buf_release(&modified);
	store_object_release(&object);
	return rc;
}

static int
find_tail(struct store *store, const char *url, uint64_t *from)
{
	struct store_object object;

	if (need_head(store, url, &object) != 0)
		return -1;
	*from = object.size > tail ? object.size - tail : 0;
	store_object_release(&object);
	return 0;
}

static int
choose_store(void)
{
	store_options.parts_in_flight = (unsigned)parts_in_flight;
	store_options.pace = &pace;
	if (sse_c_key_file == NULL)
		return 0;
	store_options.secret = &secret;
	return s3_secret_read(&secret, sse_c_key_file);
}

static int
write_out(void *context, const void *data, size_t len)
{
	(void)context;
	if (expect != NULL && expect_add(expect, data, len) != 0)
		return -1;
	return flow_write(data, len);
}

static int
write_object(struct store *store, const char *url, uint64_t from, uint64_t to)
{
	if (tail != 0 && find_tail(store, url, &from) != 0)
		return -1;
	if (store_get(store, url, from, to, write_out, NULL) != 0)
		return -1;
	return expect == NULL ? 0 : expect_end(expect, url);
}

int
main(int argc, char **argv)
{
	struct store *store = NULL;
	uint64_t from, to;
	int rc = -1;
	char **urls = opt_parse(&program, argc, argv);

	if (check_usage(&from, &to) != 0 || choose_store() != 0 ||
	    flow_begin() != 0)
		goto out;
	if (manifest_path != NULL &&
	    (expect = expect_open(manifest_path)) == NULL)
		goto out;
	store = store_open(urls[0], &store_options);
	if (store == NULL)
		goto out;
	if ((head ? print_head(store, urls[0]) :
	    write_object(store, urls[0], from, to)) != 0)
		goto out;
	rc = flow_complete();
out:
	store_close(store);
	expect_free(expect);
	s3_secret_clear(&secret);
	return prog_finish(rc);
}
