/* How each table is read and written, as the snapshot's catalog has it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "stream.h"
#include "text.h"
#include "xalloc.h"

#define BATCH ((size_t)500)	/* tables in one query */
#define RANGES_MIN 140000	/* the first server that reads ranges by TID */

#define DESCRIBE_SQL(generated, heap) \
	"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)," \
	" n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner)," \
	" c.relispartition, (SELECT pg_catalog.string_agg(" \
	"pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)" \
	" FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid" \
	" AND a.attnum > 0 AND NOT a.attisdropped" generated ")," \
	heap " AND c.relkind = 'r'," \
	" coalesce(pg_catalog.pg_relation_size(c.oid), 0) /" \
	" pg_catalog.current_setting('block_size')::bigint," \
	" coalesce(pg_catalog.pg_relation_size(c.oid), 0)," \
	" coalesce(pg_catalog.pg_relation_size(c.reltoastrelid), 0)" \
	" FROM pg_catalog.unnest($1::oid[]) WITH ORDINALITY AS u(oid, at)" \
	" JOIN pg_catalog.pg_class c ON c.oid = u.oid" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" \
	" ORDER BY u.at"

enum {
	QUOTED, SCHEMA, NAME, OWNER, IS_PARTITION, COLUMNS, IS_HEAP, BLOCKS,
	HEAP_SIZE, TOAST_SIZE,
};

static const char before_12_sql[] = DESCRIBE_SQL("", "true");
static const char describe_sql[] = DESCRIBE_SQL(" AND a.attgenerated = ''",
    "c.relam = (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'heap')");

/* The operator class of enums by whose hash rows are dealt to partitions. */
#define ENUM_HASH "(SELECT o.oid FROM pg_catalog.pg_opclass o" \
	" JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod" \
	" WHERE o.opcname = 'enum_ops' AND m.amname = 'hash'" \
	" AND o.opcnamespace = 'pg_catalog'::pg_catalog.regnamespace)"

static const char any_root_sql[] = "SELECT EXISTS (SELECT 1"
    " FROM pg_catalog.pg_partitioned_table p WHERE " ENUM_HASH
    " = ANY (p.partclass))";

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
    " WHERE " ENUM_HASH " = ANY (p.partclass))"
    " ORDER BY up.height DESC LIMIT 1";

/* Names in comments: line breaks would end them. */
static void
add_one_line(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_add_byte(out, *text == '\n' || *text == '\r' ? ' ' : *text);
}

/* Quoted name of the root into target, which holds the table's before. */
static int
find_root(struct stream *s, struct table *t, struct buf *target)
{
	char oid[16];
	const char *param = oid;

	snprintf(oid, sizeof oid, "%u", t->oid);
	PGresult *root = pg_query(s->conn, "look for a partition root",
	    root_sql, 1, &param);

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

/* The comment and the COPY line of the stream. */
static void
make_head(const struct stream *s, struct table *t, const PGresult *row, int i,
    const char *target)
{
	struct buf head = BUF_INIT;
	const char *columns = PQgetvalue(row, i, COLUMNS);

	buf_add_string(&head, "--\n-- Data for Name: ");
	add_one_line(&head, PQgetvalue(row, i, NAME));
	buf_add_string(&head, "; Type: TABLE DATA; Schema: ");
	add_one_line(&head, PQgetvalue(row, i, SCHEMA));
	buf_add_string(&head, "; Owner: ");
	add_one_line(&head, s->settings->owner ? PQgetvalue(row, i, OWNER) :
	    "-");
	buf_add_string(&head, "\n--\n\n");
	if (t->root != NULL) {
		buf_add_string(&head, "-- load via partition root ");
		add_one_line(&head, target);
		buf_add_string(&head, "\n\n");
	}
	buf_addf(&head, "COPY %s ", target);
	if (*columns != '\0')
		buf_addf(&head, "(%s)", columns);
	t->columns = xstrdup(columns);
	buf_add_string(&head, " FROM stdin;\n");
	t->head = buf_detach(&head);
}

static int
take_row(struct stream *s, struct table *t, const PGresult *row, int i,
    bool roots)
{
	struct buf target = BUF_INIT;
	uint64_t heap, toast;
	int rc = -1;

	buf_add_string(&target, PQgetvalue(row, i, QUOTED));
	if (roots && strcmp(PQgetvalue(row, i, IS_PARTITION), "t") == 0 &&
	    find_root(s, t, &target) != 0)
		goto out;
	if (text_number(PQgetvalue(row, i, BLOCKS), &t->blocks) != 0 ||
	    text_number(PQgetvalue(row, i, HEAP_SIZE), &heap) != 0 ||
	    text_number(PQgetvalue(row, i, TOAST_SIZE), &toast) != 0) {
		fail(PROG_BUG, "the size of table \"%s.%s\" is no number",
		    t->schema, t->name);
		goto out;
	}
	t->relation = xstrdup(PQgetvalue(row, i, QUOTED));
	t->size = heap + toast;
	t->ranges = PQserverVersion(s->conn) >= RANGES_MIN &&
	    strcmp(PQgetvalue(row, i, IS_HEAP), "t") == 0;
	make_head(s, t, row, i, target.data);
	rc = 0;
out:
	buf_release(&target);
	return rc;
}

static int
describe_batch(struct stream *s, struct table *tables, size_t count,
    bool roots)
{
	struct buf oids = BUF_INIT;
	int rc = -1;

	for (size_t i = 0; i < count; i++)
		buf_addf(&oids, "%c%u", i == 0 ? '{' : ',', tables[i].oid);
	buf_add_byte(&oids, '}');
	const char *param = oids.data;
	PGresult *rows = pg_query(s->conn, "read the columns of tables",
	    PQserverVersion(s->conn) < 120000 ? before_12_sql : describe_sql,
	    1, &param);

	if (rows == NULL)
		goto out;
	if (PQntuples(rows) != (int)count) {
		fail(PROG_BUG, "a table is not in the snapshot");
		goto out;
	}
	rc = 0;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = take_row(s, &tables[i], rows, (int)i, roots);
out:
	PQclear(rows);
	buf_release(&oids);
	return rc;
}

/* Whether any table's rows have to be loaded through a root. */
static int
look_for_roots(struct stream *s, bool *roots)
{
	*roots = false;
	if (PQserverVersion(s->conn) < 110000)
		return 0;
	PGresult *any = pg_query(s->conn, "look for partition roots",
	    any_root_sql, 0, NULL);

	if (any == NULL)
		return -1;
	*roots = strcmp(PQgetvalue(any, 0, 0), "t") == 0;
	PQclear(any);
	return 0;
}

int
tables_describe(struct stream *s)
{
	bool roots;

	if (look_for_roots(s, &roots) != 0)
		return -1;
	for (size_t i = 0; i < s->count; i += BATCH) {
		if (describe_batch(s, &s->tables[i], s->count - i < BATCH ?
		    s->count - i : BATCH, roots) != 0)
			return -1;
	}
	return 0;
}
