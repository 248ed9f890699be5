#include "count.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pg.h"
#include "prog.h"
#include "report.h"
#include "xalloc.h"

#define GROUPS_MAX 1000		/* tables that one statement counts */

/*
 * For each entry: the count of all its parts against rows. A row security
 * policy that is forced on the owner would hide rows, and the owner may lift
 * it: nobody sees that outside of this transaction.
 */
static const char loop[] =
    " LOOP total := 0; more := false;"
    " FOREACH part IN ARRAY t.parts LOOP"
    " id := pg_catalog.to_regclass(part);"
    " IF id IS NULL THEN total := NULL; EXIT; END IF;"
    " root := EXISTS (SELECT FROM pg_catalog.pg_class"
    " WHERE oid = id AND relkind = 'p');"
    " more := more OR root OR EXISTS (SELECT FROM pg_catalog.pg_depend"
    " WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND objid = id AND deptype = 'e');"
    " hidden := pg_catalog.row_security_active(id::pg_catalog.oid);"
    " IF hidden THEN EXECUTE 'ALTER TABLE ' || part ||"
    " ' NO FORCE ROW LEVEL SECURITY'; END IF;"
    " EXECUTE 'SELECT pg_catalog.count(*) FROM ' ||"
    " CASE WHEN root THEN '' ELSE 'ONLY ' END || part INTO n;"
    " IF hidden THEN EXECUTE 'ALTER TABLE ' || part ||"
    " ' FORCE ROW LEVEL SECURITY'; END IF;"
    " total := total + n;"
    " END LOOP;"
    " IF total IS NULL THEN wrong := wrong + 1;"
    " IF wrong <= 5 THEN list := list || pg_catalog.format("
    "'; table %s is missing', t.label); END IF;"
    " ELSIF total < t.rows OR (total > t.rows AND NOT more) THEN"
    " wrong := wrong + 1;"
    " IF wrong <= 5 THEN list := list || pg_catalog.format("
    "'; table %s has %s rows, the dump says %s', t.label, total, t.rows);"
    " END IF;"
    " END IF;"
    " END LOOP;"
    " IF wrong > 0 THEN RAISE EXCEPTION USING MESSAGE = pg_catalog.format("
    "'the restored rows are not those of the dump, %s tables differ%s',"
    " wrong, list); END IF;"
    " END";

uint64_t
count_rows(const json_t *tables)
{
	uint64_t sum = 0;
	size_t i;
	json_t *table;

	json_array_foreach((json_t *)tables, i, table)
		sum += (uint64_t)report_number(table, "rows");
	return sum;
}

bool
count_list_is_whole(const json_t *tables)
{
	size_t i;
	json_t *table;

	json_array_foreach((json_t *)tables, i, table) {
		if (report_string(table, "schema")[0] == '\0' ||
		    report_string(table, "name")[0] == '\0' ||
		    report_number(table, "rows") < 0)
			return false;
	}
	return true;
}

/* No name holds a 0x1f by accident; \x00 cannot be in a JSON key here. */
static void
add_key(struct buf *key, const json_t *table)
{
	buf_clear(key);
	buf_add_string(key, report_string(table, "schema"));
	buf_add_byte(key, '\x1f');
	buf_add_string(key, report_string(table, "name"));
}

static json_t *
rows_by_name(const json_t *tables)
{
	json_t *map = json_object();
	struct buf key = BUF_INIT;
	size_t i;
	json_t *table;

	json_array_foreach((json_t *)tables, i, table) {
		add_key(&key, table);
		json_object_set(map, key.data, json_object_get(table, "rows"));
	}
	buf_release(&key);
	return map;
}

int
count_agree(const json_t *trailer, const json_t *manifest)
{
	json_t *map = rows_by_name(manifest);
	struct buf key = BUF_INIT;
	int rc = 0;
	size_t i;
	json_t *table;

	json_array_foreach((json_t *)trailer, i, table) {
		add_key(&key, table);
		json_t *rows = json_object_get(map, key.data);

		if (rc == 0 && rows == NULL)
			rc = fail(PROG_PERMANENT, "the manifest does not "
			    "belong to this stream: it lacks table \"%s.%s\"",
			    report_string(table, "schema"),
			    report_string(table, "name"));
		else if (rc == 0 &&
		    !json_equal(rows, json_object_get(table, "rows")))
			rc = fail(PROG_PERMANENT, "the manifest does not "
			    "belong to this stream: table \"%s.%s\" has "
			    "%" JSON_INTEGER_FORMAT " rows there, %" PRId64
			    " here", report_string(table, "schema"),
			    report_string(table, "name"),
			    json_integer_value(rows),
			    report_number(table, "rows"));
		json_object_del(map, key.data);
	}
	if (rc == 0 && json_object_size(map) > 0)
		rc = fail(PROG_PERMANENT, "the manifest does not belong to "
		    "this stream: it has %zu more tables",
		    json_object_size(map));
	buf_release(&key);
	json_decref(map);
	return rc;
}

static void
add_full_name(struct buf *out, PGconn *conn, const json_t *named)
{
	pg_add_identifier(conn, out, report_string(named, "schema"));
	buf_add_byte(out, '.');
	pg_add_identifier(conn, out, report_string(named, "name"));
}

/* The tables of each root, which are counted together. */
static json_t *
find_roots(const json_t *tables)
{
	json_t *roots = json_object();
	struct buf key = BUF_INIT;
	size_t i;
	json_t *table;

	json_array_foreach((json_t *)tables, i, table) {
		json_t *root = json_object_get(table, "root");

		if (!json_is_object(root))
			continue;
		add_key(&key, root);
		if (json_object_get(roots, key.data) == NULL)
			json_object_set_new(roots, key.data, json_array());
		json_array_append(json_object_get(roots, key.data), table);
	}
	buf_release(&key);
	return roots;
}

/* ('label', ARRAY['"s"."t"', ...]::text[], 3) */
static void
add_group(struct buf *sql, PGconn *conn, json_t *const *members, size_t count)
{
	const json_t *root = json_object_get(members[0], "root");
	struct buf name = BUF_INIT;
	uint64_t rows = 0;

	add_full_name(&name, conn, json_is_object(root) ? root : members[0]);
	buf_add_byte(sql, '(');
	pg_add_literal(conn, sql, name.data);
	buf_add_string(sql, ", ARRAY[");
	for (size_t i = 0; i < count; i++) {
		buf_clear(&name);
		add_full_name(&name, conn, members[i]);
		if (i > 0)
			buf_add_byte(sql, ',');
		pg_add_literal(conn, sql, name.data);
		rows += (uint64_t)report_number(members[i], "rows");
	}
	buf_addf(sql, "]::pg_catalog.text[], %" PRIu64 "::pg_catalog.int8)",
	    rows);
	buf_release(&name);
}

void
count_init(struct count *c, const json_t *tables)
{
	*c = (struct count){.tables = (json_t *)tables,
	    .roots = find_roots(tables)};
	c->root = json_object_iter(c->roots);
}

void
count_release(struct count *c)
{
	json_decref(c->roots);
	*c = (struct count){0};
}

/* The next group goes to body; false: there is none. */
static bool
add_next(struct count *c, struct buf *body, PGconn *conn, const char *before)
{
	json_t *table;

	while ((table = json_array_get(c->tables, c->next)) != NULL) {
		c->next++;
		if (json_is_object(json_object_get(table, "root")))
			continue;
		buf_add_string(body, before);
		add_group(body, conn, &table, 1);
		return true;
	}
	if (c->root == NULL)
		return false;
	const json_t *members = json_object_iter_value(c->root);
	size_t count = json_array_size(members);
	json_t **list = xcalloc(count, sizeof *list);

	for (size_t i = 0; i < count; i++)
		list[i] = json_array_get(members, i);
	buf_add_string(body, before);
	add_group(body, conn, list, count);
	c->root = json_object_iter_next(c->roots, c->root);
	free(list);
	return true;
}

bool
count_add_check(struct count *c, struct buf *sql, PGconn *conn)
{
	struct buf body = BUF_INIT;
	size_t groups = 0;

	buf_add_string(&body, "DECLARE t record; part pg_catalog.text;"
	    " n pg_catalog.int8; total pg_catalog.int8;"
	    " hidden pg_catalog.bool; root pg_catalog.bool;"
	    " more pg_catalog.bool; id pg_catalog.regclass;"
	    " wrong pg_catalog.int8 := 0;"
	    " list pg_catalog.text := ''; BEGIN"
	    " SET LOCAL row_security = off;"
	    " FOR t IN SELECT * FROM (VALUES ");
	while (groups < GROUPS_MAX && add_next(c, &body, conn, groups == 0 ?
	    "" : ",\n"))
		groups++;
	buf_add_string(&body, ") AS v(label, parts, rows)");
	buf_add_string(&body, loop);
	if (groups > 0) {
		buf_add_string(sql, "DO ");
		pg_add_literal(conn, sql, body.data);
		buf_add_string(sql, ";\n");
	}
	buf_release(&body);
	return groups > 0;
}

void
count_add_checks(struct buf *sql, PGconn *conn, const json_t *tables)
{
	struct count c;

	count_init(&c, tables);
	while (count_add_check(&c, sql, conn))
		continue;
	count_release(&c);
}
