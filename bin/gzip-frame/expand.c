/* -d, -t and -l: any gzip on stdin. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow.h"
#include "gzip-frame.h"
#include "gzread.h"
#include "prog.h"
#include "progress.h"
#include "report.h"

struct expansion {
	const struct settings *settings;
	struct progress progress;
	bool write;
};

/* The end counts as one only after the writer was seen to have finished. */
static ssize_t
source(void *context, void *data, size_t len)
{
	ssize_t n = flow_read(data, len);

	(void)context;
	if (n >= 0 && (size_t)n < len && flow_require_upstream(false) != 0)
		return -1;
	return n;
}

static int
sink(void *context, const void *data, size_t len)
{
	struct expansion *expansion = context;

	progress_add(&expansion->progress, len);
	return expansion->write ? flow_write(data, len) : 0;
}

static int
read_all(const struct gzread *reader, struct gzread_result *result)
{
	int rc = gzread_run(reader, result);

	if (rc == 1)
		return fail(PROG_PERMANENT, "cannot decode the input: %s",
		    result->reason);
	return rc;
}

static int
write_report(const struct settings *settings,
    const struct gzread_result *result)
{
	json_t *report = report_new();

	json_object_update_new(report, json_pack(
	    "{s:s, s:I, s:I, s:I, s:I}", "compression",
	    result->is_frames ? "gzip-frame" : "gzip",
	    "uncompressed_bytes", (json_int_t)result->uncompressed,
	    "compressed_bytes", (json_int_t)result->compressed,
	    "frames", (json_int_t)result->frames,
	    "frame_bytes", (json_int_t)result->frame_bytes));
	report_add_times(report, settings->start);
	int rc = report_write(settings->report_path, report);

	json_decref(report);
	return rc;
}

/* Jump in a file; a pipe has to be read. */
static int
skip(void *context, size_t len)
{
	char data[64 * 1024];
	struct stat st;
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);

	(void)context;
	if (at >= 0 && fstat(STDIN_FILENO, &st) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size - at >= (off_t)len) {
		if (lseek(STDIN_FILENO, (off_t)len, SEEK_CUR) >= 0)
			return 0;
		return fail(PROG_TEMPORARY,
		    "could not seek on standard input: %m");
	}
	while (len > 0) {
		size_t want = len < sizeof data ? len : sizeof data;
		ssize_t n = source(NULL, data, want);

		if (n < 0)
			return -1;
		if ((size_t)n < want)
			return fail(PROG_PERMANENT,
			    "cannot list: the input was cut inside a frame");
		len -= want;
	}
	return 0;
}

int
expand_run(const struct settings *settings, bool write)
{
	struct expansion expansion = {.settings = settings, .write = write};
	struct gzread_result result;
	struct gzread reader = {
		.source = source,
		.sink = sink,
		/* Without a range every frame is wanted. */
		.skip = skip,
		.context = &expansion,
		.jobs = (unsigned)settings->jobs,
		.from = settings->from,
		.to = settings->to,
	};

	progress_init(&expansion.progress, settings->progress,
	    write ? "decompressed" : "tested");
	if (read_all(&reader, &result) != 0)
		return -1;
	progress_end(&expansion.progress);
	return write_report(settings, &result);
}

static int
print(const char *line, int len)
{
	return flow_write(line, (size_t)len);
}

static int
print_json(json_t *value)
{
	int rc = report_print(value);

	json_decref(value);
	return rc;
}

static int
seen(void *context, const struct gzread_frame *frame)
{
	const struct expansion *expansion = context;
	char line[256];

	if (prog_verbosity < 1)
		return 0;
	if (expansion->settings->json)
		return print_json(json_pack("{s:I, s:I, s:I, s:I, s:I}",
		    "frame", (json_int_t)frame->number,
		    "offset", (json_int_t)frame->offset,
		    "size", (json_int_t)frame->size,
		    "at", (json_int_t)frame->at,
		    "length", (json_int_t)frame->length));
	return print(line, snprintf(line, sizeof line, "%s%10" PRIu64 " %16"
	    PRIu64 " %12" PRIu64 " %16" PRIu64 " %12" PRIu64 "\n",
	    frame->number > 0 ? "" : "     frame           offset         size"
	    "          at byte       length\n", frame->number, frame->offset,
	    frame->size, frame->at, frame->length));
}

static int
print_totals(const struct settings *settings,
    const struct gzread_result *result)
{
	const char *format = result->is_frames ? "gzip-frame" : "gzip";
	double saved = result->uncompressed == 0 ? 0 : 100 -
	    100 * (double)result->compressed / (double)result->uncompressed;
	char line[256];

	if (settings->json)
		return print_json(json_pack("{s:s, s:I, s:I, s:I, s:I}",
		    "compression", format,
		    "compressed_bytes", (json_int_t)result->compressed,
		    "uncompressed_bytes", (json_int_t)result->uncompressed,
		    "frames", (json_int_t)result->frames,
		    "frame_bytes", (json_int_t)result->frame_bytes));
	return print(line, snprintf(line, sizeof line, "      compressed    "
	    " uncompressed  ratio     frames  frame size  format\n"
	    "%16" PRIu64 " %16" PRIu64 " %5.1f%% %10" PRIu64 " %11" PRIu32
	    "  %s\n", result->compressed, result->uncompressed, saved,
	    result->frames, result->frame_bytes, format));
}

int
list_run(const struct settings *settings)
{
	struct expansion expansion = {.settings = settings};
	struct gzread_result result;
	struct gzread reader = {
		.source = source,
		.seen = seen,
		.skip = skip,
		.context = &expansion,
	};

	if (read_all(&reader, &result) != 0 ||
	    print_totals(settings, &result) != 0)
		return -1;
	return write_report(settings, &result);
}
