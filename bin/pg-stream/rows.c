/*
 * The rows: one COPY block a table, written and commented as pg_dump does,
 * counted twice: by the server's command tag and by the lines that passed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "stream.h"
#include "text.h"

/* How a table is read and written, as the snapshot's catalog has it. */
#define COPY_SQL(generated) "SELECT pg_catalog.format('%I.%I'," \
	" n.nspname, c.relname), n.nspname, c.relname," \
	" pg_catalog.pg_get_userbyid(c.relowner), c.relispartition," \
	" (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname)," \
	" ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a" \
	" WHERE a.attrelid = c.oid AND a.attnum > 0" \
	" AND NOT a.attisdropped" generated ")" \
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n" \
	" ON n.oid = c.relnamespace WHERE c.oid = $1::oid"

enum { QUOTED, SCHEMA, NAME, OWNER, IS_PARTITION, COLUMNS };

static const char before_12_sql[] = COPY_SQL("");
static const char copy_sql[] = COPY_SQL(" AND a.attgenerated = ''");

/*
 * The root of a partition whose rows have to be loaded through it, as pg_dump
 * does: below a hash key with an enum, whose hash differs from server to
 * server, a row may belong elsewhere after a restore.
 */
static const char root_sql[] =
    "WITH RECURSIVE up AS (SELECT i.inhparent AS oid, 1 AS height"
    " FROM pg_catalog.pg_inherits i WHERE i.inhrelid = $1::oid"
    " UNION ALL SELECT i.inhparent, up.height + 1 FROM up"
    " JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid"
    " AND c.relispartition)"
    " SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), "
    UTF8_HEX("n.nspname") ", " UTF8_HEX("c.relname")
    " FROM up JOIN pg_catalog.pg_class c ON c.oid = up.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE EXISTS (SELECT 1 FROM up u"
    " JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = u.oid"
    " WHERE (SELECT o.oid FROM pg_catalog.pg_opclass o"
    " JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod"
    " WHERE o.opcname = 'enum_ops' AND m.amname = 'hash'"
    " AND o.opcnamespace = 'pg_catalog'::pg_catalog.regnamespace)"
    " = ANY (p.partclass)) ORDER BY up.height DESC LIMIT 1";

/* Names in comments: line breaks would end them. */
static void
add_one_line(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_add_byte(out, *text == '\n' || *text == '\r' ? ' ' : *text);
}

/* Quoted name of the root into target, which holds the table's before. */
static int
find_root(struct stream *s, struct table *t, const char *oid,
    struct buf *target)
{
	PGresult *root = pg_query(s->conn, "look for a partition root",
	    root_sql, 1, &oid);

	if (root == NULL)
		return -1;
	if (PQntuples(root) == 1) {
		buf_clear(target);
		buf_add_string(target, PQgetvalue(root, 0, 0));
		t->root = json_object();
		json_object_set_new(t->root, "schema",
		    json_from_hex(PQgetvalue(root, 0, 1)));
		json_object_set_new(t->root, "name",
		    json_from_hex(PQgetvalue(root, 0, 2)));
	}
	PQclear(root);
	return 0;
}

/* The comment and COPY line of the stream, and the COPY for the server. */
static int
describe(struct stream *s, struct table *t, struct buf *head,
    struct buf *statement)
{
	struct buf target = BUF_INIT;
	char oid[16];
	const char *param = oid;
	int rc = -1;

	snprintf(oid, sizeof oid, "%u", t->oid);
	PGresult *row = pg_query(s->conn, "read the columns of a table",
	    PQserverVersion(s->conn) < 120000 ? before_12_sql : copy_sql, 1,
	    &param);

	if (row == NULL)
		goto out;
	if (PQntuples(row) != 1) {
		fail(PROG_BUG, "table \"%s.%s\" is not in the snapshot",
		    t->schema, t->name);
		goto out;
	}
	buf_add_string(&target, PQgetvalue(row, 0, QUOTED));
	if (strcmp(PQgetvalue(row, 0, IS_PARTITION), "t") == 0 &&
	    PQserverVersion(s->conn) >= 110000 &&
	    find_root(s, t, oid, &target) != 0)
		goto out;
	buf_add_string(head, "--\n-- Data for Name: ");
	add_one_line(head, PQgetvalue(row, 0, NAME));
	buf_add_string(head, "; Type: TABLE DATA; Schema: ");
	add_one_line(head, PQgetvalue(row, 0, SCHEMA));
	buf_add_string(head, "; Owner: ");
	add_one_line(head, s->settings->owner ? PQgetvalue(row, 0, OWNER) :
	    "-");
	buf_add_string(head, "\n--\n\n");
	if (t->root != NULL) {
		buf_add_string(head, "-- load via partition root ");
		add_one_line(head, target.data);
		buf_add_string(head, "\n\n");
	}
	const char *columns = PQgetvalue(row, 0, COLUMNS);
	const char *open = *columns == '\0' ? "" : "(";
	const char *close = *columns == '\0' ? "" : ")";

	buf_addf(head, "COPY %s %s%s%s FROM stdin;\n", target.data, open,
	    columns, close);
	buf_addf(statement, "COPY %s %s%s%s TO STDOUT",
	    PQgetvalue(row, 0, QUOTED), open, columns, close);
	rc = 0;
out:
	PQclear(row);
	buf_release(&target);
	return rc;
}

/* One row is one message of the server, and one line. */
static int
copy_rows(struct stream *s, struct table *t, const char *what)
{
	uint64_t counted = 0;
	ssize_t n;
	char *row;

	while ((n = pg_copy_row(s->conn, what, &row, &counted)) > 0) {
		bool one_line = memchr(row, '\n', (size_t)n) == row + n - 1;
		int rc = output_add(row, (size_t)n);

		PQfreemem(row);
		if (rc != 0)
			return -1;
		if (!one_line)
			return fail(PROG_BUG, "table \"%s.%s\": a row is not "
			    "one line", t->schema, t->name);
		t->rows++;
		t->bytes += (uint64_t)n;
	}
	if (n == 0 && counted != t->rows)
		return fail(PROG_BUG, "table \"%s.%s\": the server counted %"
		    PRIu64 " rows, %" PRIu64 " came", t->schema, t->name,
		    counted, t->rows);
	return (int)n;
}

static int
stream_table(struct stream *s, struct table *t)
{
	struct buf head = BUF_INIT;
	struct buf statement = BUF_INIT;
	struct buf what = BUF_INIT;
	int rc = -1;

	buf_addf(&what, "read table \"%s.%s\"", t->schema, t->name);
	if (describe(s, t, &head, &statement) != 0 ||
	    output_add_buf(&head) != 0)
		goto out;
	t->from = output_offset();
	if (pg_copy_begin(s->conn, what.data, statement.data) != 0 ||
	    copy_rows(s, t, what.data) != 0)
		goto out;
	s->row_count += t->rows;
	rc = output_add("\\.\n\n\n", 5);
out:
	buf_release(&head);
	buf_release(&statement);
	buf_release(&what);
	return rc;
}

int
rows_stream(struct stream *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (stream_table(s, &s->tables[i]) != 0)
			return -1;
	}
	return 0;
}
