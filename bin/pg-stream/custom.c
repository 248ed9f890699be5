/*
 * The custom stream: pg_dump's own archive as it comes, and the count of rows
 * of each of its tables, taken in the same snapshot under the same locks.
 */
#include <stdlib.h>

#include "prog.h"
#include "stream.h"
#include "table_lock.h"
#include "text.h"

#define PIECE ((size_t)64 * 1024)	/* bytes */

static int
count_table(struct stream *s, struct table *t)
{
	static const char name_sql[] =
	    "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)"
	    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
	    " ON n.oid = c.relnamespace WHERE c.oid = $1::oid";
	struct buf sql = BUF_INIT;
	struct buf what = BUF_INIT;
	char oid[16];
	const char *param = oid;
	PGresult *count = NULL;
	int rc = -1;

	snprintf(oid, sizeof oid, "%u", t->oid);
	buf_addf(&what, "count the rows of table \"%s.%s\"", t->schema,
	    t->name);
	PGresult *name = pg_query(s->conn, what.data, name_sql, 1, &param);

	if (name == NULL)
		goto out;
	buf_addf(&sql, "SELECT pg_catalog.count(*) FROM ONLY %s",
	    PQgetvalue(name, 0, 0));
	count = pg_query(s->conn, what.data, sql.data, 0, NULL);
	if (count == NULL)
		goto out;
	if (text_number(PQgetvalue(count, 0, 0), &t->rows) != 0) {
		fail(PROG_BUG, "the server's count is no number");
		goto out;
	}
	s->row_count += t->rows;
	rc = 0;
out:
	PQclear(name);
	PQclear(count);
	buf_release(&sql);
	buf_release(&what);
	return rc;
}

static int
pass_all(int in)
{
	char piece[PIECE];

	for (;;) {
		ssize_t n = io_read_some(in, piece, sizeof piece);

		if (n < 0)
			return prog_stopping() ? -1 : fail(PROG_TEMPORARY,
			    "could not read from pg_dump: %m");
		if (n == 0)
			return 0;
		if (output_add(piece, (size_t)n) != 0)
			return -1;
	}
}

static int
dump(struct stream *s)
{
	struct pg_child child = PG_CHILD_INIT;
	struct arguments a = {0};
	int in = -1;
	int rc = -1;

	arguments_add_dump(&a, s);
	arguments_add_selection(&a, s);
	arguments_add(&a, "--format=custom");
	if (s->settings->data_only)
		arguments_add(&a, "--data-only");
	if (s->settings->compress != NULL) {
		arguments_add(&a, "--compress");
		arguments_add(&a, s->settings->compress);
	}
	in = dump_to_pipe(s, &a, &child);
	if (in < 0)
		goto out;
	if (pass_all(in) == 0)
		rc = pg_child_end(&child);
out:
	pg_child_kill(&child);
	io_close(&in);
	arguments_release(&a);
	return rc;
}

int
custom_stream(struct stream *s)
{
	struct restoring list = RESTORING_INIT;
	int toc = -1;

	if (tables_list(s) != 0 || archive_make(s, ARCHIVE_SCHEMA) != 0)
		return -1;
	if (archive_start_list(s, &list) == 0)
		toc = archive_end(&list);
	archive_release(&list);
	if (toc < 0 || tables_select(s, toc) != 0 ||
	    tables_lock(&s->snapshot, s->tables, s->count,
	    s->settings->lock_timeout) != 0)
		return -1;
	for (size_t i = 0; i < s->count; i++) {
		if (count_table(s, &s->tables[i]) != 0)
			return -1;
	}
	return dump(s);
}
