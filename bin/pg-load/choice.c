#include "choice.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory_file.h"
#include "pg.h"
#include "prog.h"

/*
 * How the server is asked for a thing of a type: $1 is its schema, $2 its tag.
 * A function's tag is "name(type, type)".
 */
static const struct {
	const char *types;	/* with a blank before and behind each */
	const char *query;
} questions[] = {
	{" SCHEMA ", "SELECT FROM pg_namespace WHERE nspname = $2"},
	{" EXTENSION ", "SELECT FROM pg_extension WHERE extname = $2"},
	{" TABLE VIEW SEQUENCE INDEX MATERIALIZED_VIEW FOREIGN_TABLE ",
	    "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
	    " WHERE nspname = $1 AND relname = $2"},
	{" TYPE DOMAIN SHELL_TYPE ",
	    "SELECT FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace"
	    " WHERE nspname = $1 AND typname = $2"},
	{" FUNCTION PROCEDURE AGGREGATE ",
	    "SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace"
	    " WHERE nspname = $1 AND $2 = proname || '(' || coalesce((SELECT"
	    " string_agg(format_type(t, NULL), ', ' ORDER BY i) FROM"
	    " unnest(proargtypes) WITH ORDINALITY a(t, i)), '') || ')'"},
	{" COLLATION ", "SELECT FROM pg_collation c JOIN pg_namespace n ON"
	    " n.oid = collnamespace WHERE nspname = $1 AND collname = $2"},
};

static const char *
question_of(const struct toc_entry *e)
{
	char type[64];
	int len = snprintf(type, sizeof type, " %s ", e->type);

	if (len < 0 || (size_t)len >= sizeof type)
		return NULL;
	for (char *c = type + 1; c < type + len - 1; c++) {
		if (*c == ' ')
			*c = '_';
	}
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		if (strstr(questions[i].types, type) != NULL)
			return questions[i].query;
	}
	return NULL;
}

static int
ask_server(void *context, const struct toc_entry *e)
{
	const char *query = question_of(e);
	const char *parameters[] = {e->schema, e->tag};

	if (query == NULL)
		return 0;
	/* Each query names both, so that the server knows their types. */
	struct buf sql = BUF_INIT;

	buf_addf(&sql, "%s AND $1::text IS NOT NULL", query);
	PGresult *result = pg_query(context, "look for what is there",
	    sql.data, 2, parameters);
	int there = result == NULL ? -1 : PQntuples(result) > 0;

	PQclear(result);
	buf_release(&sql);
	return there;
}

int
choice_read_toc(struct toc *toc, const struct object *o)
{
	const char *reason = "it is empty";
	struct stat st;

	if (fstat(o->catalog, &st) != 0)
		return fail(PROG_TEMPORARY,
		    "could not look at a file in memory: %m");
	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
	    o->catalog, 0);

	if (data == MAP_FAILED)
		return fail(PROG_TEMPORARY,
		    "could not map a file in memory: %m");
	int rc = toc_parse(toc, data, (size_t)st.st_size, &reason);

	(void)munmap(data, (size_t)st.st_size);
	return rc == 0 ? 0 : fail(PROG_PERMANENT, "cannot read the catalog of "
	    "\"%s\": %s", o->info.url, reason);
}

static int
write_list(struct choice *c)
{
	struct buf list = BUF_INIT;

	c->list = memory_file("list");
	pick_add_list(&list, &c->toc, &c->pick);
	int rc = c->list < 0 ? -1 : memory_file_add(c->list, list.data,
	    list.len);

	buf_release(&list);
	return rc;
}

int
choice_make(struct choice *c, const struct object *o, PGconn *conn,
    const char *table, bool with_needs)
{
	const struct pick_there there = {
		.ask = conn == NULL ? NULL : ask_server, .context = conn,
	};
	const json_t *text;
	size_t i;

	if (choice_read_toc(&c->toc, o) != 0 || pick_table(&c->pick, &c->toc,
	    o->trailer.tables, table, with_needs, &there) != 0 ||
	    write_list(c) != 0)
		return -1;
	json_array_foreach(c->pick.left_out, i, text)
		warning("left out, as the table that it refers to is not "
		    "there: %s (see --with-dependencies)",
		    json_string_value(text));
	return 0;
}

void
choice_release(struct choice *c)
{
	if (c->list > 0)
		io_close(&c->list);
	pick_release(&c->pick);
	toc_release(&c->toc);
}
