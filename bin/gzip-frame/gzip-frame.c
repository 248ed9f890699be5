/*
 * gzip-frame: gzip in independent frames, with an index and an end frame.
 *
 * stdin -> stdout. Compressed streams are RFC 1952 gzip for every other
 * program; for this one they can be checked to be whole and be read in
 * parallel. -d undoes frames and any other gzip. The output is complete only
 * when the input was: docs/FORMATS.md has the bytes.
 */
#include "gzip-frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "codec.h"
#include "flow.h"
#include "gzframe.h"
#include "opt.h"
#include "ordered.h"
#include "processors.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define FRAME_SIZE_MIN 1024		/* bytes */
#define FRAME_SIZE_MAX ((uint64_t)GZFRAME_KIB_MAX * 1024)
#define JOBS_MAX 256
/* The fastest that is no more than 5 % larger than gzip -6. */
#define LEVEL_DEFAULT 3
#define PROGRAM_MEMORY ((uint64_t)4 * 1024 * 1024)	/* bytes */

static struct settings settings = {
	.level = LEVEL_DEFAULT,
	.frame_size = (uint64_t)GZFRAME_KIB_DEFAULT * 1024,
	.to = UINT64_MAX,
};
static uint64_t level;		/* 0: as the digits say */
static const char *range;
static bool decompress, test, list, force, fast, best, ignored;

static const struct opt options[] = {
	{NULL, 0, OPT_LEVEL, &settings.level, NULL,
	    "compress fast (-1) to small (-9); default -3", 0, 0},
	{"level", 0, OPT_NUMBER, &level, "N",
	    "the same, up to 12, which takes its time",
	    1, CODEC_LEVEL_MAX},
	{"fast", 0, OPT_FLAG, &fast, NULL, "as -1", 0, 0},
	{"best", 0, OPT_FLAG, &best, NULL, "as -9", 0, 0},
	{"decompress", 'd', OPT_FLAG, &decompress, NULL,
	    "undo gzip, framed or not", 0, 0},
	{"range", 0, OPT_STRING, &range, "FROM-TO",
	    "with -d: only these bytes of the data;\nTO is the last one, "
	    "nothing is the end", 0, 0},
	{"test", 't', OPT_FLAG, &test, NULL,
	    "check a compressed stream, write nothing", 0, 0},
	{"list", 'l', OPT_FLAG, &list, NULL,
	    "tell what is in a compressed stream;\nwith -v each frame", 0, 0},
	{"json", 0, OPT_FLAG, &settings.json, NULL,
	    "list as JSON, one object a line", 0, 0},
	{"stdout", 'c', OPT_FLAG, &ignored, NULL,
	    "ignored: output always goes there", 0, 0},
	{"keep", 'k', OPT_FLAG, &ignored, NULL,
	    "ignored: no file is ever removed", 0, 0},
	{"no-name", 'n', OPT_FLAG, &ignored, NULL,
	    "ignored: no name or time is ever stored", 0, 0},
	{"force", 'f', OPT_FLAG, &force, NULL,
	    "allow compressed data on a terminal", 0, 0},
	{"frame-size", 0, OPT_SIZE, &settings.frame_size, "SIZE",
	    "bytes in a frame, 1K to 16M; default 1M",
	    FRAME_SIZE_MIN, FRAME_SIZE_MAX},
	{"codec", 0, OPT_STRING, &settings.codec, "NAME",
	    "library that compresses; default auto: the\n"
	    "best for the level", 0, 0},
	{"jobs", 'j', OPT_NUMBER, &settings.jobs, "N",
	    "threads; default: processors it may use", 1, JOBS_MAX},
	{"report", 0, OPT_STRING, &settings.report_path, "FILE",
	    "write sizes and frames to FILE as JSON", 0, 0},
	{"progress", 0, OPT_FLAG, &settings.progress, NULL,
	    "show bytes and speed on standard error", 0, 0},
	{"allow-empty", 0, OPT_FLAG, &settings.allow_empty, NULL,
	    "compress an empty unmarked pipe too", 0, 0},
};

/* What --level and --fast say counts more than a digit. */
static void
settle_level(void)
{
	if (level != 0)
		settings.level = (int)level;
	if (fast)
		settings.level = 1;
	if (best)
		settings.level = 9;
	if (settings.jobs == 0)
		settings.jobs = processors_allowed();
}

static void
print_memory(void)
{
	struct buf text = BUF_INIT;
	uint64_t slot = 2 * settings.frame_size;

	settle_level();
	text_add_size(&text, PROGRAM_MEMORY + slot *
	    ordered_slots((unsigned)settings.jobs, (size_t)slot) +
	    settings.jobs * codec_memory(settings.codec, settings.level));
	printf("\nMemory: %s at most with this level, frame size and number of "
	    "threads (%" PRIu64 "),\nwhatever the input; and 4 bytes for each "
	    "frame.\n", text.data, settings.jobs);
	buf_release(&text);
}

static const struct opt_program program = {
	.name = "gzip-frame",
	.synopsis = "[OPTION]... < in > out",
	.purpose = "Compress with gzip in independent frames, or undo any "
	    "gzip.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = 0,
	.print_notes = print_memory,
};

static int
check_codec(void)
{
	const char *const *name = codec_names();

	if (settings.codec == NULL)
		return 0;
	for (; *name != NULL; name++) {
		if (strcmp(*name, settings.codec) == 0)
			return 0;
	}
	fail(PROG_PERMANENT, "cannot use --codec=%s: not in this build",
	    settings.codec);
	for (name = codec_names(); *name != NULL; name++)
		hint("there is %s", *name);
	return -1;
}

static int
check_terminal(void)
{
	bool compressed_in = decompress || test || list;

	if (force || !isatty(compressed_in ? STDIN_FILENO : STDOUT_FILENO))
		return 0;
	return fail(PROG_PERMANENT, compressed_in ?
	    "cannot read compressed data from a terminal" :
	    "cannot write compressed data to a terminal");
}

/* "FROM-TO" as in HTTP: TO is inclusive, "FROM-" goes to the end. */
static int
parse_range(void)
{
	const char *dash = strchr(range, '-');
	char *from = dash == NULL ? NULL :
	    xstrndup(range, (size_t)(dash - range));
	int rc = from == NULL || text_number(from, &settings.from) != 0 ||
	    (dash[1] != '\0' && (text_number(dash + 1, &settings.to) != 0 ||
	    settings.to == UINT64_MAX || settings.to++ < settings.from)) ?
	    fail(PROG_PERMANENT, "cannot use --range=%s: it is not FROM-TO",
	    range) : 0;

	free(from);
	return rc;
}

static int
check_settings(void)
{
	if (range != NULL && !decompress)
		return fail(PROG_PERMANENT, "--range needs -d");
	if (range != NULL && parse_range() != 0)
		return -1;
	if (decompress + test + list > 1)
		return fail(PROG_PERMANENT,
		    "only one of -d, -t and -l can be used");
	if (settings.json && !list)
		return fail(PROG_PERMANENT, "--json needs --list");
	if (settings.frame_size % 1024 != 0)
		return fail(PROG_PERMANENT, "cannot use a frame size that is "
		    "not a multiple of 1024 bytes");
	settle_level();
	/* As gzip -v: people want to see something; a list shows itself. */
	if (prog_verbosity > 0 && !list)
		settings.progress = true;
	return check_codec() == 0 ? check_terminal() : -1;
}

int
main(int argc, char **argv)
{
	(void)!opt_parse(&program, argc, argv);
	int rc = -1;

	clock_gettime(CLOCK_REALTIME, &settings.start);
	if (check_settings() != 0 || flow_begin() != 0)
		goto out;
	if ((list ? list_run(&settings) :
	    decompress || test ? expand_run(&settings, decompress) :
	    compress_run(&settings)) != 0)
		goto out;
	rc = flow_complete();
out:
	return prog_finish(rc);
}
