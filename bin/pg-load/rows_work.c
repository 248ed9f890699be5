#include "rows_work.h"

#include <string.h>

#include "copyline.h"
#include "prog.h"
#include "report.h"
#include "text.h"

#define CLOSING "\\.\n"			/* behind the rows */
#define CLOSING_LEN 3

static int
damaged(struct worker *w, const struct unit_table *t)
{
	struct object *object = w->loader->object;

	if (!atomic_exchange(&w->loader->stop, true))
		fail(PROG_PERMANENT, "the backup \"%s\" is damaged: the rows of"
		    " table \"%s.%s\" are not where its trailer says",
		    object->info.url, report_string(t->json, "schema"),
		    report_string(t->json, "name"));
	return -1;
}

static int
begin_copy(struct worker *w, bool whole)
{
	w->rows = w->bytes = 0;
	if (rowload_begin(w->rowload, w->statement.data, whole) != 0)
		return -1;
	w->copying = true;
	return 0;
}

static int
put(struct worker *w, const char *data, size_t len)
{
	struct loader *l = w->loader;

	w->rows += text_lines(data, len);
	w->bytes += len;
	pthread_mutex_lock(&l->lock);
	l->bytes += len;
	pthread_mutex_unlock(&l->lock);
	return rowload_put(w->rowload, data, len);
}

static int
end_copy(struct worker *w, size_t table)
{
	struct loader *l = w->loader;
	uint64_t rows;

	if (!w->copying)
		return 0;
	w->copying = false;
	if (rowload_end(w->rowload, &rows) != 0)
		return -1;
	pthread_mutex_lock(&l->lock);
	l->done[table].rows += w->rows;
	l->done[table].bytes += w->bytes;
	l->done[table].server_rows += rows;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

/* The table's, read from its place once. */
static int
find_statement(struct worker *w, size_t table)
{
	struct loader *l = w->loader;
	struct buf *kept = &l->statements[table];

	pthread_mutex_lock(&l->lock);
	buf_clear(&w->statement);
	buf_add(&w->statement, kept->data, kept->len);
	pthread_mutex_unlock(&l->lock);
	if (w->statement.len > 0)
		return 0;
	int rc = copyline_read(w->range, l->units.tables[table].from,
	    &w->statement);

	pthread_mutex_lock(&l->lock);
	if (rc == 0 && kept->len == 0)
		buf_add(kept, w->statement.data, w->statement.len);
	pthread_mutex_unlock(&l->lock);
	return rc == 1 ? damaged(w, &l->units.tables[table]) : rc;
}

/* The next bytes of [*at, to) of the data, in len; 0: there are no more. */
static ssize_t
next(struct worker *w, uint64_t *at, const char **data)
{
	ssize_t n = range_next(w->range, data);

	if (n > 0)
		*at += (uint64_t)n;
	return n;
}

/*
 * Rows of [at, ...) from data on, which begins there. 1: the piece ends in it;
 * 0: it goes on.
 */
static int
put_piece(struct worker *w, const struct unit *u, uint64_t at,
    const char *data, size_t len)
{
	const struct unit_table *t = &w->loader->units.tables[u->table];
	const char *begin = data, *end = data + len;

	if (!w->copying && u->from > t->from) {
		/* Its first row begins behind a line end before u->to. */
		begin = memchr(data, '\n', len);
		if (begin == NULL)
			return at + len >= u->to;
		begin++;
		if (at + (uint64_t)(begin - data) > u->to)
			return 1;
	}
	if (!w->copying && begin_copy(w, false) != 0)
		return -1;
	uint64_t first = at + (uint64_t)(begin - data);

	if (u->to < t->end && at + len > u->to) {
		const char *from = first >= u->to ? begin :
		    data + (u->to - at);
		const char *eol = memchr(from, '\n', (size_t)(end - from));

		if (eol != NULL)
			return put(w, begin, (size_t)(eol + 1 - begin)) == 0 ?
			    1 : -1;
	}
	return put(w, begin, (size_t)(end - begin));
}

int
rows_load_piece(struct worker *w, const struct unit *u)
{
	struct object *object = w->loader->object;
	const struct unit_table *t = &w->loader->units.tables[u->table];
	uint64_t at = u->from;
	int rc = find_statement(w, u->table);

	/* Rows may go on behind its end, mostly not for longer than that. */
	for (uint64_t to = u->to; rc == 0 && at < t->end;) {
		const char *data;
		ssize_t n;

		to += object->frame_bytes - to % object->frame_bytes;
		to = to < t->end ? to : t->end;
		if (range_begin(w->range, at, to) != 0)
			return -1;
		while (rc == 0 && (n = next(w, &at, &data)) != 0)
			rc = n < 0 ? -1 : put_piece(w, u, at - (uint64_t)n,
			    data, (size_t)n);
	}
	return rc < 0 ? -1 : end_copy(w, u->table);
}

/* Where in the tables of a unit its reader is. */
struct walk {
	size_t table;
	const struct unit *unit;
	struct buf between;	/* the text before the table's rows */
	bool in_rows;
};

/* What stands behind the rows of the table before. */
static bool
closes(const struct walk *walk, size_t first)
{
	return walk->table == first ||
	    text_starts(walk->between.data, CLOSING);
}

static int
enter_rows(struct worker *w, struct walk *walk)
{
	const struct unit_table *t = &w->loader->units.tables[walk->table];

	if (copyline_take(walk->between.data, walk->between.len,
	    &w->statement) != 0) {
		/* Only of the first one the beginning may be missing. */
		return walk->table == walk->unit->table ? 1 : damaged(w, t);
	}
	if (!closes(walk, walk->unit->table))
		return damaged(w, t - 1);
	buf_clear(&walk->between);
	walk->in_rows = true;
	return begin_copy(w, true);
}

/* Bytes at offset at. 0; 1: the first COPY line is longer; -1. */
static int
walk_on(struct worker *w, struct walk *walk, uint64_t at, const char *data,
    size_t len)
{
	const struct unit *u = walk->unit;

	while (len > 0) {
		bool over = walk->table == u->table + u->tables;
		const struct unit_table *t = over ? NULL :
		    &w->loader->units.tables[walk->table];
		uint64_t to = over ? at + len : walk->in_rows ? t->end :
		    t->from;
		size_t n = to - at < len ? (size_t)(to - at) : len;
		int rc = 0;

		if (walk->in_rows)
			rc = put(w, data, n);
		else
			buf_add(&walk->between, data, n);
		at += n;
		data += n;
		len -= n;
		if (rc == 0 && !over && !walk->in_rows && at == t->from) {
			rc = enter_rows(w, walk);
		} else if (rc == 0 && walk->in_rows && at == t->end) {
			walk->in_rows = false;
			rc = end_copy(w, walk->table++);
			/* Empty ones have no rows to be entered for. */
			while (walk->table < u->table + u->tables &&
			    t[1].rows == 0) {
				walk->table++;
				t++;
			}
		}
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
rows_load_tables(struct worker *w, const struct unit *u)
{
	uint64_t room = COPYLINE_ROOM;
	const struct unit_table *last =
	    &w->loader->units.tables[u->table + u->tables - 1];
	int rc = 1;

	for (; rc == 1 && room <= COPYLINE_ROOM_MAX; room *= 16) {
		struct walk walk = {u->table, u, BUF_INIT, false};
		uint64_t at = u->from > room ? u->from - room : 0;
		const char *data;
		ssize_t n;

		rc = range_begin(w->range, at, u->to + CLOSING_LEN);
		while (rc == 0 && (n = next(w, &at, &data)) != 0)
			rc = n < 0 ? -1 : walk_on(w, &walk, at - (uint64_t)n,
			    data, (size_t)n);
		if (rc == 0 && (walk.table != u->table + u->tables ||
		    !text_starts(walk.between.data, CLOSING)))
			rc = damaged(w, last);
		buf_release(&walk.between);
	}
	return rc == 1 ? damaged(w, &w->loader->units.tables[u->table]) : rc;
}
