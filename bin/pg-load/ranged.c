#include "ranged.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "count.h"
#include "leaveout.h"
#include "pg.h"
#include "prog.h"
#include "psql.h"
#include "range.h"
#include "report.h"
#include "rows.h"
#include "script.h"
#include "sections.h"
#include "text.h"

#define HEAD_MAX 8192	/* bytes of the stream: its first line, settings */

static int
check_number(const json_t *manifest, const char *key, uint64_t here)
{
	int64_t there = report_number(manifest, key);

	return there < 0 || (uint64_t)there == here ? 0 : fail(PROG_PERMANENT,
	    "the manifest does not belong to this object: %s is %" PRId64
	    " there, %" PRIu64 " here", key, there, here);
}

int
ranged_check_manifest(const struct object *o, const json_t *manifest)
{
	const json_t *tables = json_object_get(manifest, "tables");

	if (check_number(manifest, "size_bytes", o->info.size) != 0 ||
	    check_number(manifest, "uncompressed_bytes", o->size) != 0 ||
	    (o->frames && (check_number(manifest, "frames",
	    o->frame_count) != 0 || check_number(manifest, "frame_bytes",
	    o->frame_bytes) != 0)))
		return -1;
	return json_array_size(tables) == 0 ? 0 :
	    count_agree(o->trailer.tables, tables);
}

static int
write_psql(void *context, const void *data, size_t len)
{
	return psql_write(context, data, len);
}

/* From where psql takes it to the end of its input. */
static int
pass_objects(struct object *o, const struct ranged_target *target,
    struct psql *psql)
{
	static const atomic_bool never;
	const struct dumptrailer_range *text = &o->trailer.objects;
	struct range *range = range_new(o, &never);
	struct leaveout leaveout;
	const char *data;
	ssize_t n = range_begin(range, text->from, text->from + text->bytes);

	leaveout_init(&leaveout);
	leaveout.sink = write_psql;
	leaveout.context = psql;
	leaveout.owners = !target->owners;
	leaveout.privileges = !target->privileges;
	while (n == 0 && (n = range_next(range, &data)) > 0)
		n = leaveout_feed(&leaveout, data, (size_t)n);
	if (n == 0)
		n = leaveout_end(&leaveout);
	leaveout_release(&leaveout);
	range_free(range);
	return (int)n;
}

/* What the stream's head says of its strings; a setting of the database. */
static int
add_strings(struct object *o, struct buf *sql)
{
	static const char set[] = "\nSET standard_conforming_strings = ";
	static const atomic_bool never;
	struct range *range = range_new(o, &never);
	struct buf head = BUF_INIT;
	const char *data;
	ssize_t n = range_begin(range, 0, o->trailer.objects.from < HEAD_MAX ?
	    o->trailer.objects.from : HEAD_MAX);

	while (n == 0 && (n = range_next(range, &data)) > 0) {
		buf_add(&head, data, (size_t)n);
		n = 0;
	}
	/* The first one: behind it there may be names of any kind. */
	const char *value = head.len == 0 ? NULL : strstr(head.data, set);

	if (n == 0)
		buf_addf(sql, "SET standard_conforming_strings = %s; "
		    "SET escape_string_warning = off; ", value != NULL &&
		    text_starts(value + strlen(set), "off;") ? "off" : "on");
	buf_release(&head);
	range_free(range);
	return (int)n;
}

static int
load_objects(struct object *o, const struct ranged_target *target,
    char sqlstate[6])
{
	struct psql psql = PSQL_INIT;
	struct buf sql = BUF_INIT;

	if (o->trailer.objects.bytes == 0)
		return 0;
	if (psql_start(&psql, target->conn, target->bin_dir, false) != 0)
		return -1;
	script_add_begin(&sql, target->conn, target->role, false);
	int rc = add_strings(o, &sql);

	buf_add_string(&sql, "SET search_path = ''; SET client_encoding = ");
	pg_add_literal(target->conn, &sql,
	    report_string(o->header, "encoding"));
	buf_add_string(&sql, ";\n");
	if (rc == 0)
		rc = psql_write(&psql, sql.data, sql.len);
	if (rc == 0)
		rc = pass_objects(o, target, &psql);
	/* When it went before its text did, it says why. */
	if (rc == 0 || (errno == EPIPE && !prog_stopping() &&
	    !psql_is_running(&psql)))
		rc = psql_finish(&psql) == 0 ? rc : -1;
	psql_kill(&psql);
	if (sqlstate[0] == '\0')
		memcpy(sqlstate, psql.sqlstate, sizeof psql.sqlstate);
	buf_release(&sql);
	return rc;
}

int
ranged_load(struct object *o, const struct ranged_target *target,
    char sqlstate[6])
{
	static const char *const before[] = {"--section=pre-data", NULL};
	static const char *const behind[] = {"--section=data",
	    "--section=post-data", NULL};
	struct pgrestore archive = {
		.conn = target->conn, .bin_dir = target->bin_dir,
		.archive = o->catalog, .use_list = target->use_list,
		.role = target->role, .jobs = 1,
		.owners = target->owners, .privileges = target->privileges,
	};
	struct rows_target rows = {
		.tables = target->tables,
		.conn = target->conn, .role = target->role,
		.jobs = target->jobs, .split = target->split,
		.freeze = target->freeze,
		.progress = target->progress,
	};

	info("making the tables");
	if (sections_run(&archive, before) != 0)
		return -1;
	info("loading the rows of %zu tables by %u connections",
	    json_array_size(target->tables), target->jobs);
	if (rows_load(o, &rows, sqlstate) != 0 || (target->use_list <= 0 &&
	    load_objects(o, target, sqlstate) != 0))
		return -1;
	info("making indexes and constraints");
	archive.jobs = rows.got > 0 ? rows.got : 1;
	return sections_run(&archive, behind);
}
