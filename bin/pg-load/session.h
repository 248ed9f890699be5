/*
 * session: what a dump has set for its session so far, for a later one that
 * goes on with it. Pure.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define SESSION_SETTINGS_MAX 64

struct session {
	/* private: lines, each with \n */
	char *lines[SESSION_SETTINGS_MAX];
	size_t count;
};

/*
 * Remember a statement of one line, if it is SET name = ..., \restrict or
 * SELECT pg_catalog.set_config('name', ...): instead of an earlier one that
 * set the same.
 */
void session_note(struct session *, const char *statement, size_t len);

/* Append all of them; returns how many lines that are. */
size_t session_add(const struct session *, struct buf *);

void session_release(struct session *);

#endif
