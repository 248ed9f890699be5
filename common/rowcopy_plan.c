/*
 * Which rows are read together: several small tables in one query, for each
 * would cost a round trip; large ones in ranges of blocks, for several
 * connections can read them then. Bytes do not depend on it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "rowcopy_task.h"
#include "prog.h"
#include "table_lock.h"
#include "xalloc.h"

#define TABLES_MAX ((size_t)100)	/* in one task */

bool
plan_is_done(const struct plan *p)
{
	return p->table == p->copy->count;
}

static struct task *
new_task(const struct plan *p, struct worker *w, size_t count)
{
	/* Only a caller that lost count asks for more than TABLES_MAX. */
	struct task *task = xcalloc(1, sizeof *task +
	    count * sizeof task->parts[0]);

	task->worker = w;
	task->table = p->table;
	task->count = count;
	task->opens = true;
	task->closes = true;
	return task;
}

/* A condition is a filter and no more: rows keep the order of the heap. */
static void
add_condition(struct buf *sql, const struct table *t)
{
	if (t->where != NULL)
		buf_addf(sql, "%s CASE WHEN (\n%s\n) THEN true END",
		    t->ranges ? " AND" : " WHERE", t->where_sql);
}

/*
 * The last range has no end. A condition may use indexes of other tables.
 */
static void
add_range(struct buf *sql, const struct table *t, uint64_t from, uint64_t to)
{
	if (t->where != NULL)
		buf_add_string(sql, "SET enable_indexscan = on;");
	buf_addf(sql, "COPY (SELECT %s FROM ONLY %s", t->columns, t->relation);
	if (t->ranges)
		buf_addf(sql, " WHERE ctid >= '(%" PRIu64 ",0)'", from);
	if (t->ranges && to < t->blocks)
		buf_addf(sql, " AND ctid < '(%" PRIu64 ",0)'", to);
	add_condition(sql, t);
	buf_add_string(sql, ") TO STDOUT;");
	if (t->where != NULL)
		buf_add_string(sql, "SET enable_indexscan = off;");
}

static void
add_whole(struct buf *sql, const struct table *t)
{
	if (t->where != NULL || t->select) {
		add_range(sql, t, 0, t->blocks);
		return;
	}
	if (*t->columns != '\0')
		buf_addf(sql, "COPY %s (%s) TO STDOUT;", t->relation,
		    t->columns);
	else
		buf_addf(sql, "COPY %s TO STDOUT;", t->relation);
}

/* How many blocks of the table make a range; TOAST counts for its blocks. */
static uint64_t
range_blocks(const struct plan *p, const struct table *t)
{
	uint64_t block = t->blocks == 0 ? 1 : t->size / t->blocks;
	uint64_t blocks = p->range / (block == 0 ? 1 : block);

	return blocks == 0 ? 1 : blocks;
}

/* How many tables from the next one on are small enough to go together. */
static size_t
count_small(const struct plan *p)
{
	const struct table *tables = p->copy->tables;
	uint64_t size = 0;
	size_t n = 0;

	while (n < TABLES_MAX && p->table + n < p->copy->count) {
		size += tables[p->table + n].size;
		if (n > 0 && size > p->range)
			break;
		n++;
	}
	return n;
}

static struct task *
next_range(struct plan *p, struct worker *w, struct buf *sql)
{
	const struct table *t = &p->copy->tables[p->table];
	uint64_t blocks = range_blocks(p, t);
	struct task *task = new_task(p, w, 1);
	uint64_t end = p->block + blocks;

	/* No crumbs: the last range may be half as large again. */
	if (end + blocks / 2 >= t->blocks)
		end = t->blocks;
	add_range(sql, t, p->block, end);
	task->size = (end - p->block) * (t->size / t->blocks);
	task->opens = p->block == 0;
	task->closes = end == t->blocks;
	p->block = task->closes ? 0 : end;
	p->table += task->closes;
	return task;
}

struct task *
plan_next(struct plan *p, struct worker *w)
{
	const struct table *t = &p->copy->tables[p->table];
	struct buf sql = BUF_INIT;
	struct task *task;

	/* The leader has all locks. */
	if (!w->leader)
		table_lock_begin(&sql);
	if (p->block > 0 || (p->split && t->ranges &&
	    t->blocks > range_blocks(p, t) + range_blocks(p, t) / 2)) {
		if (!w->leader)
			table_lock_add(&sql, t);
		task = next_range(p, w, &sql);
	} else {
		task = new_task(p, w, count_small(p));
		for (size_t i = 0; i < task->count; i++) {
			if (!w->leader)
				table_lock_add(&sql, &t[i]);
			add_whole(&sql, &t[i]);
			task->size += t[i].size;
		}
		p->table += task->count;
	}
	if (!w->leader)
		table_lock_end(&sql);
	pg_rows_send(&w->rows, sql.data);
	buf_release(&sql);
	return task;
}
