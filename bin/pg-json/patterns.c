/* The tables that are asked for: options and a file; each must be there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "pg_pattern.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

static const char what[] = "look for the tables";

/* Blanks around a name are none of it. An empty line and # say nothing. */
static char *
take_line(char *line)
{
	size_t len = strlen(line);

	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		line[--len] = '\0';
	line += strspn(line, " \t");
	return *line == '\0' || *line == '#' ? NULL : xstrdup(line);
}

static int
read_file(struct json *j, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (file == NULL)
		return fail(PROG_PERMANENT, "could not open file \"%s\": %m",
		    path);
	while (getline(&line, &size, file) > 0) {
		char *name = take_line(line);

		if (name != NULL)
			j->patterns.items[j->patterns.count++] = name;
		j->patterns.items = xrealloc_array(j->patterns.items,
		    j->patterns.count + 1, sizeof *j->patterns.items);
	}
	bool failed = ferror(file) != 0;

	free(line);
	fclose(file);
	if (failed)
		return fail(PROG_TEMPORARY, "could not read file \"%s\": %m",
		    path);
	if (j->patterns.count == j->settings->tables.count)
		return fail(PROG_PERMANENT, "file \"%s\" names no table",
		    path);
	return 0;
}

int
patterns_read(struct json *j)
{
	const struct opt_list *given = &j->settings->tables;

	j->patterns.items = xcalloc(given->count + 1,
	    sizeof *j->patterns.items);
	for (size_t i = 0; i < given->count; i++)
		j->patterns.items[j->patterns.count++] =
		    xstrdup(given->items[i]);
	if (j->settings->tables_file != NULL &&
	    read_file(j, j->settings->tables_file) != 0)
		return -1;
	for (size_t i = 0; i < j->patterns.count; i++) {
		const char *item = j->patterns.items[i];

		if (!text_is_utf8(item, strlen(item)))
			return fail(PROG_PERMANENT, "cannot use \"%s\" as the "
			    "name of a table: it is not in UTF-8", item);
	}
	return 0;
}

/* The numbers of those that match nothing, a row each. */
static void
add_missing(struct json *j, struct buf *sql)
{
	for (size_t i = 0; i < j->patterns.count; i++) {
		buf_addf(sql, "%sSELECT %zu WHERE NOT EXISTS (SELECT 1"
		    " FROM pg_catalog.pg_class c"
		    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
		    " WHERE c.relkind IN ('r', 'p')"
		    " AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'"
		    " AND n.nspname <> 'information_schema' AND ",
		    i == 0 ? "" : " UNION ALL ", i);
		pg_pattern_add_relation(j->conn, sql, j->patterns.items[i]);
		buf_add_byte(sql, ')');
	}
}

/* A name that is there, but for its letters' case. */
static void
hint_at_case(struct json *j, const char *name)
{
	PGresult *found = pg_query(j->conn, what, "SELECT "
	    UTF8_HEX("c.relname") " FROM pg_catalog.pg_class c WHERE"
	    " c.relkind IN ('r', 'p') AND c.relname = $1"
	    " AND c.relname <> pg_catalog.lower(c.relname)", 1, &name);

	if (found != NULL && PQntuples(found) > 0)
		hint("capital letters of a name count in double quotes alone: "
		    "--table='\"%s\"'", name);
	PQclear(found);
}

static int
refuse_missing(struct json *j, const PGresult *missing)
{
	struct buf names = BUF_INIT;
	int count = PQntuples(missing);
	const char *name = NULL;

	for (int i = 0; i < count; i++) {
		uint64_t n = 0;

		if (text_number(PQgetvalue(missing, i, 0), &n) == 0)
			name = j->patterns.items[n];
		buf_addf(&names, "%s\"%s\"", i == 0 ? "" : ", ", name);
	}
	fail(PROG_PERMANENT, "cannot find %s %s in database \"%s\"",
	    count == 1 ? "table" : "tables", names.data, PQdb(j->conn));
	if (count == 1 && name != NULL)
		hint_at_case(j, name);
	buf_release(&names);
	return -1;
}

int
patterns_check(struct json *j)
{
	struct buf sql = BUF_INIT;
	int rc = -1;

	if (j->patterns.count == 0)
		return 0;
	add_missing(j, &sql);
	PGresult *missing = NULL;

	/* A name without a schema is looked up as the user's would be. */
	if (pg_run(j->conn, what, "RESET search_path") == 0)
		missing = pg_query(j->conn, what, sql.data, 0, NULL);
	if (missing != NULL)
		rc = PQntuples(missing) == 0 ? 0 : refuse_missing(j, missing);
	PQclear(missing);
	buf_release(&sql);
	return rc;
}

void
patterns_release(struct json *j)
{
	for (size_t i = 0; i < j->patterns.count; i++) {
		char *item = (char *)j->patterns.items[i];

		free(item);
	}
	free(j->patterns.items);
}
