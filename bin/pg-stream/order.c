/*
 * The order of tables for --data-only: rows go into tables that have their
 * foreign keys, so each table stands behind those that it refers to. Apart
 * from that, the order is by names.
 */
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "stream.h"
#include "xalloc.h"

/* From a table to one that it refers to; a table itself is no matter. */
static const char keys_sql[] = "SELECT DISTINCT conrelid, confrelid"
    " FROM pg_catalog.pg_constraint WHERE contype = 'f'"
    " AND conrelid <> confrelid";

struct node {
	unsigned oid;
	size_t table;		/* index in the stream's list */
	size_t *needs;		/* nodes by index of their tables, in order */
	size_t count;
	size_t at;		/* the next of them to look at */
	enum { NEW, OPEN, DONE } state;
};

struct graph {
	struct stream *stream;
	struct node *nodes;	/* by index of the table */
	struct node **by_oid;
	size_t *path;		/* of open nodes, to the current one */
	size_t depth;
	struct table *ordered;
	size_t done;
};

static int
compare_oids(const void *left, const void *right)
{
	const struct node *const *a = left;
	const struct node *const *b = right;

	return (*a)->oid < (*b)->oid ? -1 : (*a)->oid > (*b)->oid;
}

static int
compare_tables(const void *left, const void *right)
{
	const size_t *a = left;
	const size_t *b = right;

	return *a < *b ? -1 : *a > *b;
}

static struct node *
find(const struct graph *g, const char *oid)
{
	struct node wanted = {.oid = (unsigned)strtoul(oid, NULL, 10)};
	const struct node *key = &wanted;
	struct node **found = bsearch(&key, g->by_oid, g->stream->count,
	    sizeof *g->by_oid, compare_oids);

	return found == NULL ? NULL : *found;
}

static void
add_keys(struct graph *g, const PGresult *keys)
{
	for (int i = 0; i < PQntuples(keys); i++) {
		struct node *from = find(g, PQgetvalue(keys, i, 0));
		const struct node *to = find(g, PQgetvalue(keys, i, 1));

		if (from == NULL || to == NULL)
			continue;
		from->needs = xrealloc_array(from->needs, from->count + 1,
		    sizeof *from->needs);
		from->needs[from->count++] = to->table;
	}
	for (size_t i = 0; i < g->stream->count; i++) {
		if (g->nodes[i].count > 0)
			qsort(g->nodes[i].needs, g->nodes[i].count,
			    sizeof(size_t), compare_tables);
	}
}

static void
warn_of_circle(const struct graph *g, size_t first)
{
	struct buf names = BUF_INIT;
	size_t i = g->depth;

	while (i > 0 && g->path[i - 1] != first)
		i--;
	for (i -= i > 0; i < g->depth; i++) {
		const struct table *t = &g->stream->tables[g->path[i]];

		buf_addf(&names, "%s\"%s.%s\"", names.len == 0 ? "" : ", ",
		    t->schema, t->name);
	}
	warning("there are circular foreign keys among these tables: %s",
	    names.data);
	hint("to restore their rows, drop the keys or disable the triggers "
	    "before, or take a dump that is not --data-only");
	buf_release(&names);
}

/* Depth first, without recursion: a chain may be as long as the list. */
static void
visit(struct graph *g, size_t root)
{
	if (g->nodes[root].state != NEW)
		return;
	g->nodes[root].state = OPEN;
	g->path[g->depth++] = root;
	while (g->depth > 0) {
		struct node *node = &g->nodes[g->path[g->depth - 1]];

		if (node->at == node->count) {
			node->state = DONE;
			g->ordered[g->done++] = g->stream->tables[node->table];
			g->depth--;
			continue;
		}
		struct node *next = &g->nodes[node->needs[node->at++]];

		if (next->state == OPEN)
			warn_of_circle(g, next->table);
		if (next->state != NEW)
			continue;
		next->state = OPEN;
		g->path[g->depth++] = next->table;
	}
}

static void
sort_tables(struct graph *g, const PGresult *keys)
{
	struct stream *s = g->stream;

	g->nodes = xcalloc(s->count, sizeof *g->nodes);
	g->by_oid = xcalloc(s->count, sizeof *g->by_oid);
	g->path = xcalloc(s->count, sizeof *g->path);
	g->ordered = xcalloc(s->count, sizeof *g->ordered);
	for (size_t i = 0; i < s->count; i++) {
		g->nodes[i].oid = s->tables[i].oid;
		g->nodes[i].table = i;
		g->by_oid[i] = &g->nodes[i];
	}
	qsort(g->by_oid, s->count, sizeof *g->by_oid, compare_oids);
	add_keys(g, keys);
	for (size_t i = 0; i < s->count; i++)
		visit(g, i);
	memcpy(s->tables, g->ordered, s->count * sizeof *s->tables);
	for (size_t i = 0; i < s->count; i++)
		free(g->nodes[i].needs);
	free(g->nodes);
	free(g->by_oid);
	free(g->path);
	free(g->ordered);
}

int
tables_order(struct stream *s)
{
	struct graph graph = {.stream = s};
	PGresult *keys = pg_query(s->conn, "read the foreign keys", keys_sql,
	    0, NULL);

	if (keys == NULL)
		return -1;
	if (s->count > 1 && PQntuples(keys) > 0)
		sort_tables(&graph, keys);
	PQclear(keys);
	return 0;
}
