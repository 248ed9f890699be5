/* The tables of a choice into a database that is in use. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "choice.h"
#include "copyline.h"
#include "pg.h"
#include "prog.h"
#include "psql.h"
#include "range.h"
#include "report.h"
#include "sections.h"
#include "script.h"
#include "text.h"
#include "xalloc.h"

struct filling {
	const struct choice *choice;
	struct object *object;
	const struct choice_target *target;
	struct psql psql;
};

/* SQL of these sections to psql. */
static int
give_sections(struct filling *f, const char *const *sections)
{
	const struct pgrestore archive = {
		.conn = f->target->conn, .bin_dir = f->target->bin_dir,
		.archive = f->object->catalog, .use_list = f->choice->list,
		.owners = f->target->owners,
		.privileges = f->target->privileges, .jobs = 1,
	};

	return sections_give(&archive, sections, &f->psql);
}

/* "COPY ... FROM stdin WITH (FREEZE);" of a table made just now. */
static int
give_statement(struct filling *f, const json_t *table, struct buf *statement)
{
	if (f->target->freeze && json_object_get(table, "root") == NULL) {
		statement->len -= strlen(";\n");
		buf_add_string(statement, " WITH (FREEZE);\n");
	}
	return psql_write(&f->psql, statement->data, statement->len);
}

static int
give_rows(struct filling *f, const json_t *table, struct range *range)
{
	uint64_t from = (uint64_t)report_number(table, "from");
	uint64_t bytes = (uint64_t)report_number(table, "bytes");
	struct buf statement = BUF_INIT;
	struct copyline_rows first;
	const char *data;
	ssize_t n;

	if (report_number(table, "rows") == 0)
		return 0;
	n = copyline_begin(range, from, from + bytes, &statement, &first);
	if (n == 1)
		n = fail(PROG_PERMANENT, "the backup \"%s\" is damaged: the "
		    "rows of table \"%s.%s\" are not where its trailer says",
		    f->object->info.url, report_string(table, "schema"),
		    report_string(table, "name"));
	if (n == 0)
		n = give_statement(f, table, &statement);
	if (n == 0)
		n = psql_write(&f->psql, first.data, first.len);
	while (n == 0 && (n = range_next(range, &data)) > 0)
		n = psql_write(&f->psql, data, (size_t)n);
	buf_release(&statement);
	return n < 0 ? -1 : psql_write(&f->psql, "\\.\n", strlen("\\.\n"));
}

static int
give_all(struct filling *f)
{
	static const char *const before[] = {"--section=pre-data", NULL};
	static const char *const behind[] = {"--section=data",
	    "--section=post-data", NULL};
	static const atomic_bool never;
	PGconn *conn = f->target->conn;
	struct range *range = range_new(f->object, &never);
	struct buf sql = BUF_INIT;
	const json_t *table;
	size_t i;

	script_add_begin(&sql, conn, f->target->role, true);
	buf_add_byte(&sql, '\n');
	int rc = psql_write(&f->psql, sql.data, sql.len);

	if (rc == 0)
		rc = give_sections(f, before);
	json_array_foreach(f->choice->pick.tables, i, table) {
		if (rc == 0)
			rc = give_rows(f, table, range);
	}
	if (rc == 0)
		rc = give_sections(f, behind);
	buf_clear(&sql);
	script_add_end(&sql, conn, f->choice->pick.tables);
	if (rc == 0)
		rc = psql_write(&f->psql, sql.data, sql.len);
	buf_release(&sql);
	range_free(range);
	return rc;
}

int
choice_load(const struct choice *c, struct object *o,
    const struct choice_target *target, char sqlstate[6])
{
	struct filling f = {
		.choice = c, .object = o, .target = target, .psql = PSQL_INIT,
	};
	int rc = psql_start(&f.psql, target->conn, target->bin_dir, true);

	if (rc == 0)
		rc = give_all(&f);
	/* When it went before its text did, it says why. */
	if (rc == 0 || (errno == EPIPE && !prog_stopping() &&
	    f.psql.child.pid > 0 && !psql_is_running(&f.psql)))
		rc = psql_finish(&f.psql) == 0 ? rc : -1;
	psql_kill(&f.psql);
	memcpy(sqlstate, f.psql.sqlstate, sizeof f.psql.sqlstate);
	return rc;
}
