/* outcome.h: what became of a run, in words and as a message. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <jansson.h>
#include <stdbool.h>

#include "buf.h"

/* Whether the outcome is good news: "backup.completed", "....started". */
bool outcome_is_good(const json_t *outcome);

/* Append one line for people; it holds the word backup. */
void outcome_describe(struct buf *, const json_t *outcome);

/*
 * Append the body of a webhook, {"type","timestamp","data"}, below
 * OUTCOME_BODY_MAX bytes: what is long in data is left out.
 */
#define OUTCOME_BODY_MAX ((size_t)20000)
void outcome_add_body(struct buf *, const json_t *outcome,
    struct timespec now);

/* The event, or "backup.unknown". Borrowed. */
const char *outcome_event(const json_t *outcome);

#endif
