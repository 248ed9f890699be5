/*
 * flow: stdin and stdout of a filter, with the completion mark.
 *
 *     flow_begin() ... flow_read/flow_write ... flow_require_upstream() ...
 *     (publish, write the report) ... flow_complete()
 *
 * Every function that fails has said why.
 */
#ifndef FLOW_H
#define FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "io.h"

/*
 * Mark stdout in progress and make both pipes as large as the system lets us.
 * Call before the first byte and before anything slow.
 */
int flow_begin(void) MUSTUSE;

/*
 * The same for a program whose stdout carries no data that a next filter could
 * take for whole: s3-put, s3-rm, verify, pg-load, and what prints a line or
 * two. It leaves the mark on stdout alone: in a cron job or an Airflow task
 * stdout is the log, which many programs share, and one that failed must not
 * keep the others from running.
 */
void flow_begin_sink(void);

/* Up to len bytes from stdin; short only at the end. -1 on error. */
ssize_t flow_read(void *data, size_t len) MUSTUSE;

/* As flow_read, but returns as soon as some bytes are there. 0 is the end. */
ssize_t flow_read_some(void *data, size_t len) MUSTUSE;

/* All of data to stdout. A reader that went away is -1 without a message. */
int flow_write(const void *data, size_t len) MUSTUSE;

/*
 * After the end of input: -1 (exit 111) unless the writer of stdin finished,
 * or is a foreign one that left no mark. A foreign pipe that gave no byte at
 * all is refused unless allow_empty: its writer may never have started.
 */
int flow_require_upstream(bool allow_empty) MUSTUSE;

/*
 * How many bytes stdin still has when it is a regular file; 0: not known.
 */
uint64_t flow_input_size(void);

/* Whether stdin is a pipe whose writer leaves no mark. */
bool flow_upstream_is_foreign(void);

/*
 * Mark stdout complete if flow_begin marked it, or take the mark away when
 * flow_require_upstream met a foreign writer: who reads us knows as little as
 * we do. Nothing may follow but the exit. Returns 0.
 */
int flow_complete(void) MUSTUSE;

#endif
