#define _GNU_SOURCE
#include "approve.h"

#include <unistd.h>

#include "child.h"
#include "flow.h"
#include "memory_file.h"
#include "prog.h"
#include "report.h"

static int
verdict(const char *command, int status)
{
	switch (status) {
	case 0:
		return 0;
	case PROG_PERMANENT:
	case PROG_BUG:
	case PROG_TEMPORARY:
		return fail(status, "could not ask for approval: \"%s\" "
		    "failed with status %d", command, status);
	default:
		return fail(PROG_NO, "not approved: \"%s\" ended with status "
		    "%d", command, status);
	}
}

int
approve(const char *command, const json_t *report)
{
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	struct child child = CHILD_INIT;
	struct buf line = BUF_INIT;
	int input = memory_file("report");
	int rc = -1;

	report_add_json(&line, report);
	buf_add_byte(&line, '\n');
	if (input < 0)
		goto out;
	if (io_write_full(input, line.data, line.len) != 0 ||
	    lseek(input, 0, SEEK_SET) != 0) {
		fail(PROG_TEMPORARY, "could not write the report into memory: "
		    "%m");
		goto out;
	}
	child.argv = argv;
	child.in = input;
	child.out = STDERR_FILENO;
	if (child_start(&child) != 0)
		goto out;
	int status = child_wait(&child);

	rc = status < 0 || prog_stopping() ? -1 : verdict(command, status);
out:
	io_close(&input);
	buf_release(&line);
	return rc;
}

int
approve_complete(const struct approve_options *options, json_t *report,
    struct timespec started)
{
	report_add_times(report, started);
	if (options->approve != NULL && approve(options->approve, report) != 0)
		return -1;
	if (prog_stopping() || report_write(options->report, report) != 0)
		return -1;
	return flow_complete();
}
