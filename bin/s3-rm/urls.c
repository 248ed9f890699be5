/* urls.c: what to delete, as operands, a list or a plan say it. */
#include "urls.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "flow.h"
#include "prog.h"
#include "report.h"
#include "store_url.h"
#include "xalloc.h"

#define LINE_MAX_BYTES (16 * 1024 * 1024)
#define PIECE 65536		/* bytes of one read */

static void
keep_url(struct urls *urls, const char *url, bool first)
{
	if (urls->count == urls->size) {
		urls->size = urls->size == 0 ? 64 : urls->size * 2;
		urls->items = xrealloc_array(urls->items, urls->size,
		    sizeof *urls->items);
		urls->first = xrealloc_array(urls->first, urls->size,
		    sizeof *urls->first);
	}
	urls->first[urls->count] = first;
	urls->items[urls->count++] = xstrdup(url);
}

/* Takes a copy of an object's URL. */
static int
add_url(struct urls *urls, const char *url, bool first, size_t line)
{
	const char *problem;
	struct store_url *parsed = store_url_parse(url, STORE_URL_OBJECT,
	    &problem);

	if (parsed == NULL)
		return fail(PROG_PERMANENT, "cannot use URL \"%s\" of line "
		    "%zu: %s", url, line, problem);
	store_url_free(parsed);
	keep_url(urls, url, first);
	return 0;
}

void
urls_release(struct urls *urls)
{
	for (size_t i = 0; i < urls->count; i++)
		free(urls->items[i]);
	free(urls->items);
	free(urls->first);
}

static int
add_plan_line(struct urls *urls, const char *line, size_t number)
{
	char name[32];

	snprintf(name, sizeof name, "line %zu", number);
	json_t *entry = report_parse("plan", name, line, strlen(line));
	const char *action = report_string(entry, "action");
	const json_t *list = json_object_get(entry, "urls");
	int rc = -1;

	if (entry == NULL)
		return -1;
	if (strcmp(action, "keep") == 0 || strcmp(action, "ignore") == 0) {
		rc = 0;
	} else if (strcmp(action, "delete") != 0) {
		fail(PROG_PERMANENT, "cannot use plan: line %zu has action "
		    "\"%s\"", number, action);
	} else if (json_array_size(list) == 0) {
		fail(PROG_PERMANENT, "cannot use plan: line %zu has no URLs",
		    number);
	} else {
		rc = 0;
		for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
			const char *url = json_string_value(
			    json_array_get(list, i));

			rc = add_url(urls, url == NULL ? "" : url, i == 0,
			    number);
		}
	}
	json_decref(entry);
	return rc;
}

static int
add_line(struct urls *urls, bool plan, const char *line, size_t len,
    size_t number)
{
	if (strlen(line) != len)
		return fail(PROG_PERMANENT, "cannot use standard input: line "
		    "%zu holds a zero byte", number);
	if (len == 0)
		return 0;
	return plan ? add_plan_line(urls, line, number) :
	    add_url(urls, line, false, number);
}

/* All whole lines of buf; what is left of it is the start of the next. */
static int
take_lines(struct urls *urls, bool plan, struct buf *buf, size_t *number)
{
	char *at = buf->data;
	char *end = buf->data + buf->len;
	char *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		*newline = '\0';
		if (add_line(urls, plan, at, (size_t)(newline - at),
		    ++*number) != 0)
			return -1;
		at = newline + 1;
	}
	struct buf rest = BUF_INIT;

	buf_add(&rest, at, (size_t)(end - at));
	buf_release(buf);
	*buf = rest;
	if (buf->len > LINE_MAX_BYTES)
		return fail(PROG_PERMANENT, "cannot use standard input: line "
		    "%zu is longer than %d bytes", *number + 1,
		    LINE_MAX_BYTES);
	return 0;
}

int
urls_add(struct urls *urls, const char *url, bool place)
{
	const char *problem;
	struct store_url *parsed = store_url_parse(url, place ?
	    STORE_URL_PLACE : STORE_URL_OBJECT, &problem);

	if (parsed == NULL)
		return fail(PROG_PERMANENT, "cannot use URL \"%s\": %s", url,
		    problem);
	store_url_free(parsed);
	keep_url(urls, url, false);
	return 0;
}

int
urls_read(struct urls *urls, bool plan)
{
	struct buf buf = BUF_INIT;
	size_t number = 0;
	ssize_t n;
	int rc = -1;

	do {
		buf_reserve(&buf, PIECE);
		n = flow_read_some(buf.data + buf.len, PIECE);
		if (n < 0)
			goto out;
		buf.len += (size_t)n;
		buf.data[buf.len] = '\0';
		if (take_lines(urls, plan, &buf, &number) != 0)
			goto out;
	} while (n > 0);
	/* A list that was cut may end within a URL, and name another object. */
	if (buf.len > 0) {
		fail(PROG_PERMANENT, "cannot use standard input: line %zu does "
		    "not end in a newline, the list may be cut", number + 1);
		goto out;
	}
	/* An empty list deletes nothing, whoever wrote it. */
	rc = flow_require_upstream(true);
out:
	buf_release(&buf);
	return rc;
}
