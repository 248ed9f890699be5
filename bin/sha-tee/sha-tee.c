/*
 * sha-tee: copy stdin to stdout and say what passed.
 *
 * stdin -> stdout, unchanged. At a complete end of input the report holds the
 * SHA-256 and the byte count; before that there is no report at all. With
 * --check the last block is held back until the SHA-256 was compared, so that
 * no reader ever gets the whole of a stream that is not the expected one.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "digest.h"
#include "flow.h"
#include "opt.h"
#include "prog.h"
#include "progress.h"
#include "report.h"
#include "text.h"
#include "xalloc.h"

#define BLOCK_SIZE ((size_t)256 * 1024)	/* bytes */

static const char *report_path;
static const char *check;
static uint64_t expected_size;
static bool want_progress;
static bool allow_empty;

static const struct opt options[] = {
	{"report", 0, OPT_STRING, &report_path, "FILE",
	    "write SHA-256 and size to FILE as JSON", 0, 0},
	{"check", 0, OPT_STRING, &check, "HEX",
	    "fail unless the SHA-256 is HEX; the last\n"
	    "256 KiB are released only after the check", 0, 0},
	{"progress", 0, OPT_FLAG, &want_progress, NULL,
	    "show bytes, speed and, when it is known, the\n"
	    "time left on standard error", 0, 0},
	{"expected-size", 0, OPT_SIZE, &expected_size, "SIZE",
	    "bytes to come, for --progress; a file's are\n"
	    "known without it", 0, 0},
	{"allow-empty", 0, OPT_FLAG, &allow_empty, NULL,
	    "take an empty unmarked pipe for empty data", 0, 0},
};

static const struct opt_program program = {
	.name = "sha-tee",
	.synopsis = "[OPTION]... < in > out",
	.purpose = "Copy standard input to standard output, and report its "
	    "SHA-256 and size.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = 0,
};

struct copy {
	struct digest *digest;
	struct progress progress;
	char *blocks[2];	/* the one held back, the one being read */
	size_t held;		/* bytes of blocks[0] */
};

/* Whole blocks; the last one stays in copy->blocks[0]. */
static int
copy_checked(struct copy *copy)
{
	for (;;) {
		ssize_t n = flow_read(copy->blocks[1], BLOCK_SIZE);

		if (n < 0)
			return -1;
		if (n == 0)
			return 0;
		if (digest_add(copy->digest, copy->blocks[1], (size_t)n) != 0 ||
		    flow_write(copy->blocks[0], copy->held) != 0)
			return -1;
		progress_add(&copy->progress, (uint64_t)n);
		char *written = copy->blocks[0];

		copy->blocks[0] = copy->blocks[1];
		copy->blocks[1] = written;
		copy->held = (size_t)n;
	}
}

/* Pass on at once whatever is there: nothing waits for a full block. */
static int
copy_through(struct copy *copy)
{
	for (;;) {
		ssize_t n = flow_read_some(copy->blocks[0], BLOCK_SIZE);

		if (n <= 0)
			return (int)n;
		if (digest_add(copy->digest, copy->blocks[0], (size_t)n) != 0 ||
		    flow_write(copy->blocks[0], (size_t)n) != 0)
			return -1;
		progress_add(&copy->progress, (uint64_t)n);
	}
}

static int
release_if_right(struct copy *copy, const char *hex)
{
	if (check == NULL)
		return 0;
	if (strcasecmp(check, hex) != 0)
		return fail(PROG_NO, "the SHA-256 of %" PRIu64 " bytes is %s, "
		    "expected %s", copy->progress.bytes, hex, check);
	return flow_write(copy->blocks[0], copy->held);
}

static int
write_report(const struct copy *copy, const char *hex, struct timespec start)
{
	json_t *report = report_new();

	json_object_set_new(report, "sha256", json_string(hex));
	json_object_set_new(report, "size_bytes",
	    json_integer((json_int_t)copy->progress.bytes));
	report_add_times(report, start);
	int rc = report_write(report_path, report);

	json_decref(report);
	return rc;
}

int
main(int argc, char **argv)
{
	(void)!opt_parse(&program, argc, argv);
	char hex[DIGEST_HEX_SIZE];
	unsigned char value[DIGEST_SIZE];
	struct copy copy = {0};
	struct timespec start;
	int rc = -1;

	clock_gettime(CLOCK_REALTIME, &start);
	if (check != NULL && text_from_hex(check, value, sizeof value) != 0) {
		fail(PROG_PERMANENT, "cannot use --check=%s: a SHA-256 has 64 "
		    "hexadecimal digits", check);
		goto out;
	}
	copy.blocks[0] = xmalloc(BLOCK_SIZE);
	copy.blocks[1] = xmalloc(BLOCK_SIZE);
	progress_init(&copy.progress, want_progress, "read");
	progress_expect(&copy.progress, expected_size > 0 ? expected_size :
	    flow_input_size());
	copy.digest = digest_new();
	if (copy.digest == NULL || flow_begin() != 0)
		goto out;
	if ((check != NULL ? copy_checked(&copy) : copy_through(&copy)) != 0)
		goto out;
	if (flow_require_upstream(allow_empty) != 0)
		goto out;
	progress_end(&copy.progress);
	if (digest_finish(copy.digest, hex) != 0 ||
	    release_if_right(&copy, hex) != 0 ||
	    write_report(&copy, hex, start) != 0)
		goto out;
	rc = flow_complete();
out:
	digest_free(copy.digest);
	free(copy.blocks[0]);
	free(copy.blocks[1]);
	return prog_finish(rc);
}
