/*
 * report: what a stage says about its part of a backup, as one JSON object,
 * and JSON of jansson's in general. A report is written once, whole, and only
 * after success.
 */
#ifndef REPORT_H
#define REPORT_H

#include <jansson.h>
#include <time.h>

#include "buf.h"
#include "io.h"

#define REPORT_MAX ((size_t)256 * 1024 * 1024)	/* bytes of a JSON file */

/* A new object {"tool":NAME,"tool_version":...}; json_decref() frees it. */
json_t *report_new(void);

/* Add "started_at" and "duration_seconds", from start until now. */
void report_add_times(json_t *report, struct timespec start);

/*
 * Write the report to path, atomically, 0600. A NULL path does nothing.
 * Failures are told.
 */
int report_write(const char *path, const json_t *report) MUSTUSE;

/*
 * Append value as compact, ASCII-only JSON: no byte of it can end a line, a
 * comment or a header.
 */
void report_add_json(struct buf *, const json_t *value);

/* One compact line on stdout. A lost reader is -1 without a message. */
int report_print(const json_t *value) MUSTUSE;

/*
 * Read one JSON object from a file ("-": stdin); what names it in messages
 * ("manifest"). Duplicate keys, trailing bytes, invalid UTF-8 and more than
 * REPORT_MAX bytes are refused (exit 100). NULL: told.
 */
json_t *report_read(const char *what, const char *path) MUSTUSE;

/* The same from memory. name stands in messages. */
json_t *report_parse(const char *what, const char *name, const char *data,
    size_t len) MUSTUSE;

/* A string; of a text that is not UTF-8 its bytes above ASCII are '?'. */
json_t *report_text(const char *text);

/* A member of an object, or the empty value when it is of another type. */
const char *report_string(const json_t *object, const char *key);
/* -1 when missing, negative, or not a whole number. */
int64_t report_number(const json_t *object, const char *key);

#endif
