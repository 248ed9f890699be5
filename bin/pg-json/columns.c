/* Columns of the tables: their names, and what their values become. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "prog.h"
#include "xalloc.h"

#define BATCH ((size_t)500)	/* tables in one query */

/* A domain's values are those of its base type. */
#define COLUMNS_SQL(generated) "SELECT u.at - 1, " UTF8_HEX("a.attname") "," \
	" pg_catalog.quote_ident(a.attname), (WITH RECURSIVE base AS (" \
	"SELECT a.atttypid AS id UNION ALL SELECT t.typbasetype FROM base" \
	" JOIN pg_catalog.pg_type t ON t.oid = base.id WHERE t.typtype = 'd')" \
	" SELECT base.id FROM base JOIN pg_catalog.pg_type t" \
	" ON t.oid = base.id WHERE t.typtype <> 'd'), " generated \
	" FROM pg_catalog.unnest($1::oid[]) WITH ORDINALITY AS u(oid, at)" \
	" JOIN pg_catalog.pg_attribute a ON a.attrelid = u.oid" \
	" AND a.attnum > 0 AND NOT a.attisdropped ORDER BY u.at, a.attnum"

enum { AT, NAME, QUOTED, TYPE, IS_GENERATED };

static const char before_12_sql[] = COLUMNS_SQL("false");
static const char columns_sql[] = COLUMNS_SQL("a.attgenerated <> ''");

/* PostgreSQL's own types never change their numbers (pg_type.dat). */
static const struct {
	const char *oid;
	enum copyjson_kind kind;
} kinds[] = {
	{"16", COPYJSON_BOOLEAN},	/* bool */
	{"20", COPYJSON_NUMBER},	/* int8 */
	{"21", COPYJSON_NUMBER},	/* int2 */
	{"23", COPYJSON_NUMBER},	/* int4 */
	{"26", COPYJSON_NUMBER},	/* oid */
	{"114", COPYJSON_JSON},		/* json */
	{"700", COPYJSON_NUMBER},	/* float4 */
	{"701", COPYJSON_NUMBER},	/* float8 */
	{"1114", COPYJSON_TIMESTAMP},	/* timestamp */
	{"1184", COPYJSON_TIMESTAMPTZ},	/* timestamptz */
	{"1266", COPYJSON_TIMETZ},	/* timetz */
	{"3802", COPYJSON_JSON},	/* jsonb */
};

static enum copyjson_kind
kind_of(const char *oid)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(oid, kinds[i].oid) == 0)
			return kinds[i].kind;
	}
	return COPYJSON_TEXT;
}

/* `"name":`, in UTF-8 but for what JSON must escape. */
static char *
before_value(const char *hex, bool first, size_t *len)
{
	json_t *name = json_from_hex(hex);
	char *text = json_dumps(name, JSON_ENCODE_ANY);
	char *before = xasprintf("%s%s:", first ? "" : ",", text);

	free(text);
	json_decref(name);
	*len = strlen(before);
	return before;
}

static void
take_column(struct group *g, const PGresult *rows, int i)
{
	struct copyjson_column *c;
	struct buf columns = BUF_INIT;

	g->items = xrealloc_array(g->items, g->count + 1, sizeof *g->items);
	c = &g->items[g->count];
	c->before = before_value(PQgetvalue(rows, i, NAME), g->count == 0,
	    &c->len);
	c->kind = kind_of(PQgetvalue(rows, i, TYPE));
	if (g->count > 0)
		buf_addf(&columns, "%s, ", g->columns);
	buf_add_string(&columns, PQgetvalue(rows, i, QUOTED));
	free(g->columns);
	g->columns = buf_detach(&columns);
	g->generated = g->generated ||
	    strcmp(PQgetvalue(rows, i, IS_GENERATED), "t") == 0;
	g->count++;
}

static int
describe_batch(struct json *j, struct group *groups, size_t count)
{
	struct buf oids = BUF_INIT;

	for (size_t i = 0; i < count; i++) {
		buf_addf(&oids, "%c%u", i == 0 ? '{' : ',', groups[i].oid);
		groups[i].columns = xstrdup("");
	}
	buf_add_byte(&oids, '}');
	const char *param = oids.data;
	PGresult *rows = pg_query(j->conn, "read the columns of tables",
	    PQserverVersion(j->conn) < 120000 ? before_12_sql : columns_sql,
	    1, &param);

	for (int i = 0; rows != NULL && i < PQntuples(rows); i++)
		take_column(&groups[strtoul(PQgetvalue(rows, i, AT), NULL,
		    10)], rows, i);
	buf_release(&oids);
	PQclear(rows);
	return rows == NULL ? -1 : 0;
}

int
columns_describe(struct json *j)
{
	size_t part = 0;

	for (size_t i = 0; i < j->group_count; i += BATCH) {
		if (describe_batch(j, &j->groups[i], j->group_count - i <
		    BATCH ? j->group_count - i : BATCH) != 0)
			return -1;
	}
	for (size_t i = 0; i < j->group_count; i++) {
		const struct group *g = &j->groups[i];

		for (size_t n = 0; n < g->parts; n++, part++) {
			j->tables[part].columns = xstrdup(g->columns);
			j->tables[part].select = g->generated;
		}
	}
	return 0;
}

static int
by_key(const void *left, const void *right)
{
	const struct group *const *a = left;
	const struct group *const *b = right;

	return strcmp((*a)->key, (*b)->key);
}

/* Those whose keys are the same get longer ones. How many that were. */
static size_t
part_keys(struct json *j)
{
	struct group **sorted = xcalloc(j->group_count + 1, sizeof *sorted);
	size_t same = 0;

	for (size_t i = 0; i < j->group_count; i++)
		sorted[i] = &j->groups[i];
	qsort(sorted, j->group_count, sizeof *sorted, by_key);
	for (size_t i = 0, end; i < j->group_count; i = end) {
		for (end = i + 1; end < j->group_count &&
		    strcmp(sorted[i]->key, sorted[end]->key) == 0;)
			end++;
		if (end - i == 1)
			continue;
		same += end - i;
		for (size_t n = i; n < end; n++) {
			struct group *g = sorted[n];

			free(g->key);
			g->key = xasprintf("%s.%s", g->schema, g->name);
		}
	}
	free(sorted);
	return same;
}

int
keys_make(struct json *j)
{
	for (size_t i = 0; i < j->group_count; i++)
		j->groups[i].key = xstrdup(j->groups[i].name);
	/* A table "a.b" may stand beside the table b of a schema a. */
	if (part_keys(j) == 0 || part_keys(j) == 0 || part_keys(j) == 0)
		return 0;
	return fail(PROG_PERMANENT, "cannot tell two tables apart: their "
	    "schemas and names, parted by a dot, are the same");
}
