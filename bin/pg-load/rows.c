#include "rows.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "copyline.h"
#include "prog.h"
#include "progress.h"
#include "range.h"
#include "report.h"
#include "rowload.h"
#include "text.h"
#include "units.h"
#include "xalloc.h"

#define CLOSING "\\.\n"			/* behind the rows */
#define CLOSING_LEN 3
#define TICK_NS (200L * 1000 * 1000)

/* What has been loaded of a table. */
struct done {
	uint64_t rows, server_rows, bytes;
};

struct loader {
	struct object *object;
	struct units units;
	struct done *done;	/* one a table */
	struct buf *statements;	/* of tables in pieces, once read */
	atomic_bool stop;
	pthread_mutex_t lock;	/* of what follows, and of done */
	pthread_cond_t changed;
	size_t next;		/* unit */
	unsigned running;	/* workers */
	uint64_t bytes;
};

struct worker {
	struct loader *loader;
	struct rowload *rowload;
	struct range *range;
	pthread_t thread;
	bool started;
	/* of the COPY that runs */
	struct buf statement;
	bool copying;
	uint64_t rows, bytes;
};

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

static int
load_piece(struct worker *w, const struct unit *u)
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

static int
load_tables(struct worker *w, const struct unit *u)
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

static const struct unit *
next_unit(struct loader *l)
{
	const struct unit *unit = NULL;

	pthread_mutex_lock(&l->lock);
	if (l->next < l->units.count)
		unit = &l->units.items[l->next++];
	pthread_mutex_unlock(&l->lock);
	return unit;
}

static void *
work(void *context)
{
	struct worker *w = context;
	struct loader *l = w->loader;
	const struct unit *unit;
	int rc = 0;

	while (rc == 0 && !atomic_load(&l->stop) &&
	    (unit = next_unit(l)) != NULL)
		rc = unit->piece ? load_piece(w, unit) : load_tables(w, unit);
	if (rc != 0)
		atomic_store(&l->stop, true);
	pthread_mutex_lock(&l->lock);
	l->running--;
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* As many connections as there are to be had, and units for them. */
static int
open_workers(struct loader *l, struct rows_target *target,
    struct worker *workers, unsigned *count)
{
	struct rowload_setup setup = {
		.like = target->conn, .role = target->role,
		.encoding = report_string(l->object->header, "encoding"),
		.freeze = target->freeze, .stop = &l->stop,
	};
	bool full = false;

	for (*count = 0; *count < target->jobs &&
	    *count < l->units.count; ++*count) {
		struct worker *w = &workers[*count];

		*w = (struct worker){.loader = l, .statement = BUF_INIT};
		w->rowload = rowload_open(&setup, *count == 0 ? NULL : &full);
		if (w->rowload == NULL)
			break;
		w->range = range_new(l->object, &l->stop);
	}
	target->got = full ? *count : target->jobs;
	if (full)
		warning("the server has no more than %u connections for rows",
		    *count);
	return (*count > 0 || l->units.count == 0) &&
	    (full || *count == target->jobs || *count == l->units.count) ? 0 :
	    -1;
}

static int
start(struct loader *l, struct worker *workers, unsigned count)
{
	sigset_t all, before;
	int error = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (unsigned i = 0; i < count && error == 0; i++) {
		pthread_mutex_lock(&l->lock);
		l->running++;
		pthread_mutex_unlock(&l->lock);
		error = pthread_create(&workers[i].thread, NULL, work,
		    &workers[i]);
		workers[i].started = error == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		return 0;
	atomic_store(&l->stop, true);
	pthread_mutex_lock(&l->lock);
	l->running--;
	pthread_mutex_unlock(&l->lock);
	errno = error;
	return fail(PROG_TEMPORARY, "could not start a thread: %m");
}

/* Until all workers are done; shows how far they are. */
static void
watch(struct loader *l, bool progress)
{
	struct progress p;
	uint64_t seen = 0;

	progress_init(&p, progress, "restored");
	progress_expect(&p, l->units.bytes);
	pthread_mutex_lock(&l->lock);
	while (l->running > 0) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&l->changed, &l->lock, &until);
		uint64_t bytes = l->bytes;

		pthread_mutex_unlock(&l->lock);
		if (prog_stopping())
			atomic_store(&l->stop, true);
		progress_add(&p, bytes - seen);
		seen = bytes;
		pthread_mutex_lock(&l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	progress_add(&p, l->bytes - seen);
	progress_end(&p);
}

static int
check(const struct loader *l)
{
	for (size_t i = 0; i < l->units.table_count; i++) {
		const struct unit_table *t = &l->units.tables[i];
		const struct done *done = &l->done[i];

		if (done->bytes != t->end - t->from || done->rows != t->rows)
			return fail(PROG_PERMANENT, "the backup \"%s\" is "
			    "damaged: table \"%s.%s\" has %" PRIu64 " rows "
			    "there, its trailer says %" PRIu64,
			    l->object->info.url,
			    report_string(t->json, "schema"),
			    report_string(t->json, "name"), done->rows,
			    t->rows);
		if (done->server_rows != t->rows)
			return fail(PROG_PERMANENT, "the server took %" PRIu64
			    " of %" PRIu64 " rows of table \"%s.%s\"",
			    done->server_rows, t->rows,
			    report_string(t->json, "schema"),
			    report_string(t->json, "name"));
	}
	return 0;
}

static void
close_workers(struct worker *workers, unsigned count, char sqlstate[6])
{
	for (unsigned i = 0; i < count; i++) {
		struct worker *w = &workers[i];

		if (w->started)
			pthread_join(w->thread, NULL);
		if (sqlstate[0] == '\0')
			memcpy(sqlstate, rowload_sqlstate(w->rowload), 6);
		range_free(w->range);
		rowload_close(w->rowload);
		buf_release(&w->statement);
	}
}

int
rows_load(struct object *object, struct rows_target *target,
    char sqlstate[6])
{
	struct loader l = {.object = object};
	struct worker *workers = xcalloc(target->jobs, sizeof *workers);
	unsigned count = 0;

	pthread_mutex_init(&l.lock, NULL);
	pthread_cond_init(&l.changed, NULL);
	units_plan(&l.units, target->tables, target->jobs, target->split,
	    object->frame_bytes);
	l.done = xcalloc(l.units.table_count + 1, sizeof *l.done);
	l.statements = xcalloc(l.units.table_count + 1, sizeof *l.statements);
	for (size_t i = 0; i < l.units.table_count; i++)
		l.statements[i] = (struct buf)BUF_INIT;
	int rc = open_workers(&l, target, workers, &count);

	if (rc == 0)
		rc = start(&l, workers, count);
	watch(&l, target->progress);
	close_workers(workers, count, sqlstate);
	if (rc == 0)
		rc = atomic_load(&l.stop) ? -1 : check(&l);
	for (size_t i = 0; i < l.units.table_count; i++)
		buf_release(&l.statements[i]);
	free(l.statements);
	free(l.done);
	free(workers);
	units_release(&l.units);
	pthread_cond_destroy(&l.changed);
	pthread_mutex_destroy(&l.lock);
	return rc;
}
