#include "rows.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "prog.h"
#include "progress.h"
#include "report.h"
#include "rows_work.h"
#include "xalloc.h"

#define TICK_NS (200L * 1000 * 1000)

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
		rc = unit->piece ? rows_load_piece(w, unit) :
		    rows_load_tables(w, unit);
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
