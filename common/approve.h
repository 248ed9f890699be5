/*
 * approve: ask a command of the user's whether what was read may be published.
 * It gets the report as one line of JSON on its stdin; its stdout is our
 * stderr, for our own stdout carries the data. And what comes before and after
 * it, when all is written.
 */
#ifndef APPROVE_H
#define APPROVE_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "io.h"

struct approve_options {
	const char *approve;	/* the command; NULL: nobody is asked */
	const char *report;	/* a file, or NULL */
	bool progress;
};

/* The rows of these in a program's option table. */
#define APPROVE_OPTION_ROWS(options) \
	{"approve", 0, OPT_STRING, &(options).approve, "COMMAND", \
	    "ask COMMAND, by the report on its standard input,\n" \
	    "whether the stream may be used", 0, 0}, \
	{"report", 0, OPT_STRING, &(options).report, "FILE", \
	    "write what was read to FILE, as JSON", 0, 0}, \
	{"progress", 0, OPT_FLAG, &(options).progress, NULL, \
	    "print tables, rows and bytes so far, speed, time left", 0, 0}

/* 0 yes; -1 told, with exit 1 when it said no. */
int approve(const char *command, const json_t *report) MUSTUSE;

/*
 * The end of a stream that is written: the times go into its report, the
 * command is asked, the report is written, the output is marked complete. -1:
 * told, or not approved, or a stop signal came; then there is no mark.
 */
int approve_complete(const struct approve_options *, json_t *report,
    struct timespec started) MUSTUSE;

#endif
