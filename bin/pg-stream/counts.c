/*
 * The counts of the tables' rows, taken in the snapshot by several connections
 * while pg_dump reads the rows themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "prog.h"
#include "table_lock.h"
#include "text.h"
#include "xalloc.h"

#define LOCKED "55P03"	/* SQLSTATE of a lock that was not to be had */

int
counts_begin(struct counts *c, struct stream *s)
{
	*c = (struct counts){.stream = s};
	c->items = xcalloc(s->settings->jobs, sizeof *c->items);
	c->items[c->count++].conn = s->conn;
	return counts_go_on(c);
}

int
counts_join(struct counts *c)
{
	uint64_t wanted = c->stream->settings->jobs;
	size_t tables = c->stream->count - c->next;

	while (c->count < wanted && tables-- > 0) {
		struct counter *item = &c->items[c->count];
		int rc = snapshot_join(&c->stream->snapshot, &item->conn);

		if (rc > 0) {
			warning("the server has no more connections: %zu "
			    "instead of %zu count rows", c->count,
			    (size_t)wanted);
			break;
		}
		c->count++;
		if (rc != 0)
			return -1;
	}
	return counts_go_on(c);
}

bool
counts_are_done(const struct counts *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->items[i].table != NULL)
			return false;
	}
	return c->next == c->stream->count;
}

static int
fail_count(const struct counter *item, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	struct buf what = BUF_INIT;

	buf_addf(&what, "count the rows of table \"%s.%s\"",
	    item->table->schema, item->table->name);
	pg_fail(item->conn, result, what.data);
	if (state != NULL && strcmp(state, LOCKED) == 0)
		hint("another session waits to change the table; --jobs=1 "
		    "takes no second lock");
	buf_release(&what);
	return -1;
}

/* The leader has all locks. */
static int
ask(struct counts *c, struct counter *item)
{
	struct buf sql = BUF_INIT;
	bool leads = item->conn == c->stream->conn;

	item->table = &c->stream->tables[c->next++];
	if (!leads) {
		table_lock_begin(&sql);
		table_lock_add(&sql, item->table);
	}
	buf_addf(&sql, "SELECT pg_catalog.count(*) FROM ONLY %s;",
	    item->table->relation);
	if (!leads)
		table_lock_end(&sql);
	int sent = PQsendQuery(item->conn, sql.data);

	buf_release(&sql);
	return sent ? 0 : fail_count(item, NULL);
}

/* All results that are there; the table is done with the last. */
static int
take(struct counts *c, struct counter *item)
{
	int rc = 0;

	if (!PQconsumeInput(item->conn))
		return fail_count(item, NULL);
	while (rc == 0 && item->table != NULL && !PQisBusy(item->conn)) {
		PGresult *result = PQgetResult(item->conn);

		if (result == NULL) {
			c->stream->row_count += item->table->rows;
			item->table = NULL;
		} else if (!pg_worked(result)) {
			rc = fail_count(item, result);
		} else if (PQresultStatus(result) == PGRES_TUPLES_OK &&
		    text_number(PQgetvalue(result, 0, 0),
		    &item->table->rows) != 0) {
			rc = fail(PROG_BUG, "the server's count is no number");
		}
		PQclear(result);
	}
	return rc;
}

int
counts_go_on(struct counts *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct counter *item = &c->items[i];

		if (item->table != NULL && take(c, item) != 0)
			return -1;
		if (item->table == NULL && c->next < c->stream->count &&
		    ask(c, item) != 0)
			return -1;
	}
	return 0;
}

size_t
counts_poll(const struct counts *c, struct pollfd *fds)
{
	for (size_t i = 0; i < c->count; i++) {
		fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (c->items[i].table != NULL)
			fds[i].fd = PQsocket(c->items[i].conn);
	}
	return c->count;
}

void
counts_end(struct counts *c)
{
	/* The first one is the stream's. */
	for (size_t i = 1; i < c->count; i++)
		pg_disconnect(c->items[i].conn);
	free(c->items);
}
