/*
 * Large objects: they may be many and large, so pg_dump writes them as text
 * and they pass through here; only its head and foot are taken off.
 */
#include <inttypes.h>
#include <string.h>

#include "prog.h"
#include "stream.h"

#define PIECE ((size_t)64 * 1024)	/* bytes */

int
blobs_present(struct stream *s, bool *there)
{
	*there = false;
	/* As pg_dump: a choice of tables or schemas leaves them out. */
	if (s->settings->tables.count > 0 || s->settings->schemas.count > 0 ||
	    s->settings->schema_only)
		return 0;
	PGresult *any = pg_query(s->conn, "look for large objects", "SELECT "
	    "EXISTS (SELECT 1 FROM pg_catalog.pg_largeobject_metadata)", 0,
	    NULL);

	if (any == NULL)
		return -1;
	*there = strcmp(PQgetvalue(any, 0, 0), "t") == 0;
	PQclear(any);
	return 0;
}

/* What pg_restore --clean --if-exists writes for each. */
int
blobs_drop(struct stream *s)
{
	static const char what[] = "read the list of large objects";
	struct buf line = BUF_INIT;
	uint64_t count;
	char *oid;
	ssize_t n;
	int rc = pg_copy_begin(s->conn, what, "COPY (SELECT oid FROM "
	    "pg_catalog.pg_largeobject_metadata ORDER BY oid DESC) TO STDOUT");

	while (rc == 0 && (n = pg_copy_row(s->conn, what, &oid, &count)) != 0) {
		if (n < 0) {
			rc = -1;
			break;
		}
		buf_clear(&line);
		buf_addf(&line, "SELECT pg_catalog.lo_unlink(oid) FROM "
		    "pg_catalog.pg_largeobject_metadata WHERE oid = '%.*s';\n",
		    (int)n - 1, oid);
		PQfreemem(oid);
		rc = output_add_buf(&line);
	}
	buf_release(&line);
	return rc;
}

/*
 * From the pipe to the output, without head and foot. Whether both were there
 * is told in *whole: a pg_dump that died has the first say.
 */
static int
pass(int in, const struct buf *head, const struct buf *foot, bool *whole)
{
	struct buf held = BUF_INIT;
	bool started = false;
	int rc = -1;

	*whole = false;
	for (;;) {
		buf_reserve(&held, PIECE);
		ssize_t n = io_read_some(in, held.data + held.len, PIECE);

		if (n < 0) {
			if (!prog_stopping())
				fail(PROG_TEMPORARY, "could not read from "
				    "pg_dump: %m");
			goto out;
		}
		held.len += (size_t)n;
		if (!started && held.len >= head->len) {
			started = memcmp(held.data, head->data,
			    head->len) == 0;
			if (!started)
				break;
			held.len -= head->len;
			memmove(held.data, held.data + head->len, held.len);
		}
		if (n == 0)
			break;
		if (!started || held.len <= foot->len)
			continue;
		size_t ready = held.len - foot->len;

		if (output_add(held.data, ready) != 0)
			goto out;
		memmove(held.data, held.data + ready, foot->len);
		held.len = foot->len;
	}
	*whole = started && held.len == foot->len &&
	    memcmp(held.data, foot->data, foot->len) == 0;
	rc = 0;
out:
	buf_release(&held);
	return rc;
}

int
blobs_stream(struct stream *s, const struct buf *head, const struct buf *foot)
{
	struct pg_child child = PG_CHILD_INIT;
	struct arguments a = {0};
	int in = -1;
	bool whole;
	int rc = -1;

	arguments_add_dump(&a, s);
	arguments_add(&a, "--data-only");
	arguments_add(&a, "--blobs");
	arguments_add(&a, "--exclude-schema=*");
	if (!s->settings->owner)
		arguments_add(&a, "--no-owner");
	if (!s->settings->privileges)
		arguments_add(&a, "--no-privileges");
	if (s->restrict_option != NULL)
		arguments_add(&a, s->restrict_option);
	in = dump_to_pipe(s, &a, &child);
	if (in < 0)
		goto out;
	if (pass(in, head, foot, &whole) != 0)
		goto out;
	io_close(&in);
	rc = pg_child_end(&child);
	if (rc == 0 && !whole)
		rc = fail(PROG_BUG, "pg_dump's text of the large objects has "
		    "another head or end than pg_restore's");
out:
	pg_child_kill(&child);
	io_close(&in);
	arguments_release(&a);
	return rc;
}
