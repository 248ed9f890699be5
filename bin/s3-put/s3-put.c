/*
 * s3-put: publish standard input as an object, whole or not at all.
 *
 * stdin:  any bytes. A writer with a completion mark must have finished; one
 *         without (a foreign program) is warned about, or refused.
 * stdout: nothing.
 *
 * The object gets its name only after the end of the input was found good,
 * and never replaces one of that name. With several URLs each place gets the
 * same bytes in one pass; one that fails is left behind, and --need says how
 * many must hold.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"
#include "metadata.h"
#include "opt.h"
#include "pace.h"
#include "part_memory.h"
#include "pipemark.h"
#include "prog.h"
#include "report.h"
#include "store.h"
#include "store_opt.h"
#include "targets.h"
#include "text.h"
#include "wishes.h"
#include "xalloc.h"

#define PIECE (256 * 1024)	/* bytes of one read */

static bool require_complete, allow_empty;
static uint64_t parts_in_flight, need;
static struct metadata metadata;
static const char *report_path;
static struct store_options store_options;
static struct wishes wishes;
static struct part_memory *memory;
static struct pace pace = PACE_INIT;

static const struct opt options[] = {
	{"require-complete", 0, OPT_FLAG, &require_complete, NULL,
	    "refuse a pipe whose writer leaves no completion mark", 0, 0},
	{"allow-empty", 0, OPT_FLAG, &allow_empty, NULL,
	    "take an unmarked pipe that gave no byte", 0, 0},
	{"expected-size", 0, OPT_SIZE, &store_options.expected_size, "SIZE",
	    "about how much will come: chooses the part size", 0, 0},
	{"part-size", 0, OPT_SIZE, &store_options.part_size, "SIZE",
	    "size of the parts of an upload", 5242880,
	    UINT64_C(5) << 30},
	{"parts-in-flight", 0, OPT_NUMBER, &parts_in_flight, "N",
	    "parts in memory and sent at once\n"
	    "(default: 48 or 64 MiB of them, at least 3)", 1, 64},
	{"metadata", 0, OPT_LIST, &metadata.items, "KEY=VALUE",
	    "set metadata of the object", 0, 0},
	{"run-id", 0, OPT_STRING, &metadata.run_id, "ID",
	    "set metadata pgbackpipe-run-id", 0, 0},
	{"storage-class", 0, OPT_STRING, &wishes.storage_class, "CLASS",
	    "S3: storage class, as STANDARD_IA", 0, 0},
	{"sse", 0, OPT_STRING, &wishes.sse, "KIND",
	    "S3: the server encrypts: AES256, aws:kms, aws:kms:dsse", 0, 0},
	{"sse-kms-key-id", 0, OPT_STRING, &wishes.sse_kms_key_id, "ID",
	    "S3: with this key of its key management", 0, 0},
	{"sse-c-key-file", 0, OPT_STRING, &wishes.sse_c_key_file, "FILE",
	    "S3: with the key in FILE: 32 bytes, or their base64", 0, 0},
	{"tag", 0, OPT_LIST, &wishes.tags, "KEY=VALUE",
	    "S3: tag the object (at most 10)", 0, 0},
	{"object-lock-mode", 0, OPT_STRING, &wishes.lock_mode, "MODE",
	    "S3: lock it: GOVERNANCE or COMPLIANCE", 0, 0},
	{"object-lock-until", 0, OPT_STRING, &wishes.lock_until, "TIME",
	    "S3: until then, or for so long: 2027-01-29T14:30:22Z, 30d",
	    0, 0},
	{"legal-hold", 0, OPT_FLAG, &wishes.legal_hold, NULL,
	    "S3: put a legal hold on it", 0, 0},
	{"acl", 0, OPT_STRING, &wishes.acl, "NAME",
	    "S3: a canned access list (default: none is sent)", 0, 0},
	{"bandwidth", 0, OPT_SIZE, &pace.rate, "RATE",
	    "bytes a second, of all parts and URLs together", 1, 0},
	{"need", 0, OPT_NUMBER, &need, "N",
	    "succeed if N of the URLs hold the object\n(default: all)",
	    1, 1000},
	STORE_OPT_ROWS(store_options),
	{"report", 0, OPT_STRING, &report_path, "FILE",
	    "write size and URLs as JSON to FILE", 0, 0},
};

static const struct opt_program program = {
	.name = "s3-put",
	.synopsis = "[OPTION]... URL... < in",
	.purpose = "Publish standard input as s3://BUCKET/KEY or file:///PATH: "
	    "whole, or not at all.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_min = 1,
	.operands_max = -1,
	.notes = "Memory: part size x parts in flight. Several s3:// URLs "
	    "share their parts.",
};

static int
check_usage(size_t count, char **urls)
{
	if (need > count)
		return fail(PROG_PERMANENT, "cannot use --need=%llu with %zu "
		    "URLs", (unsigned long long)need, count);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(urls[i], urls[k]) == 0)
				return fail(PROG_PERMANENT, "cannot put object "
				    "\"%s\" twice", urls[i]);
		}
	}
	if (need == 0)
		need = count;
	return 0;
}

/* What is meant for S3 is dropped nowhere in silence. */
static int
check_wishes(char **urls)
{
	bool any = store_options.wish_count > 0 ||
	    store_options.secret != NULL || store_options.request_payer;

	for (; any && *urls != NULL; urls++) {
		if (text_starts(*urls, "file://"))
			return fail(PROG_PERMANENT, "cannot use options of S3 "
			    "with \"%s\"", *urls);
	}
	return 0;
}

static void
choose_store(void)
{
	if (store_options.expected_size == 0)
		store_options.expected_size = flow_input_size();
	store_options.parts_in_flight = (unsigned)parts_in_flight;
	store_options.pace = &pace;
	store_options.memory = memory = part_memory_new();
}

/*
 * A pipe or socket whose writer will not say whether it finished. Asked once
 * it has written, as a marking writer may not have started before that, and
 * at the end, where a filter behind a foreign writer takes its mark away.
 */
static int
check_foreign(void)
{
	static bool told;
	struct stat st;
	bool foreign = flow_upstream_is_foreign() ||
	    (fstat(STDIN_FILENO, &st) == 0 && S_ISSOCK(st.st_mode));

	if (!foreign || told)
		return 0;
	told = true;
	if (require_complete)
		return fail(PROG_PERMANENT, "cannot know whether the writer of "
		    "standard input finished: put guard -- before it");
	warning("cannot know whether the writer of standard input finished: "
	    "put guard -- before it");
	return 0;
}

/* Input to all targets until its end. */
static int
transfer(struct targets *targets, uint64_t *size)
{
	char *piece = xmalloc(PIECE);
	bool checked = false;
	int rc = -1;

	*size = 0;
	for (;;) {
		ssize_t n = flow_read_some(piece, PIECE);

		if (n < 0 || prog_stopping())
			goto out;
		if ((!checked || n == 0) && check_foreign() != 0)
			goto out;
		checked = true;
		if (n == 0)
			break;
		if (targets_write(targets, piece, (size_t)n) != 0)
			goto out;
		*size += (uint64_t)n;
	}
	rc = flow_require_upstream(allow_empty);
out:
	free(piece);
	return rc;
}

static int
write_report(const struct targets *targets, uint64_t size,
    struct timespec start)
{
	if (report_path == NULL)
		return 0;
	json_t *report = report_new();
	json_t *urls = json_array();

	json_object_set_new(report, "size_bytes", json_integer((json_int_t)
	    size));
	for (size_t i = 0; i < targets->count; i++) {
		const struct target *target = &targets->items[i];

		json_array_append_new(urls, json_pack("{s:s, s:s, s:b, s:s}",
		    "url", target->url, "etag", target->ok ?
		    target->object.etag : "", "ok", target->ok, "verdict",
		    target->ok ? "done" : target->object.doubtful ? "unknown" :
		    "failed"));
	}
	json_object_set_new(report, "urls", urls);
	report_add_times(report, start);
	int rc = report_write(report_path, report);

	json_decref(report);
	return rc;
}

int
main(int argc, char **argv)
{
	struct targets targets = {.items = NULL};
	struct timespec start;
	uint64_t size = 0;
	size_t count = 0;
	int rc = -1;
	char **urls = opt_parse(&program, argc, argv);

	clock_gettime(CLOCK_REALTIME, &start);
	while (urls[count] != NULL)
		count++;
	choose_store();
	if (check_usage(count, urls) != 0 ||
	    metadata_make(&metadata, &store_options) != 0 ||
	    wishes_make(&wishes, &store_options, start.tv_sec) != 0 ||
	    check_wishes(urls) != 0)
		goto out;
	flow_begin_sink();
	prog_catch_stop();
	targets.items = xcalloc(count, sizeof *targets.items);
	targets.count = count;
	targets.need = need;
	for (size_t i = 0; i < count; i++)
		targets.items[i].url = urls[i];
	if (targets_begin(&targets, &store_options) != 0 ||
	    transfer(&targets, &size) != 0 ||
	    targets_commit(&targets) != 0 || prog_past_stop() != 0 ||
	    write_report(&targets, size, start) != 0) {
		targets_undo(&targets);
		goto out;
	}
	rc = 0;
out:
	targets_release(&targets);
	part_memory_free(memory);
	metadata_release(&store_options);
	wishes_release(&wishes);
	return prog_finish(rc);
}
