/* The restore itself: beside the live database, or into it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "count.h"
#include "database.h"
#include "flow.h"
#include "load.h"
#include "pg.h"
#include "prog.h"
#include "report.h"
#include "stream.h"
#include "swap.h"

struct restore {
	struct load *load;
	struct stream stream;
	struct stream_result result;
	const char *name;	/* what the new database will be called */
	PGresult *target;	/* what there is now; no row: nothing */
	PGresult *final;	/* the same of name, unless that is target */
	struct buf restoring;	/* the half-restored database, or "" */
	struct buf old;		/* what the target was renamed to, or "" */
};

static bool
target_exists(const struct restore *r)
{
	return PQntuples(r->target) == 1;
}

/* Rights that the end needs are asked for before the beginning. */
static int
check_rights(struct restore *r)
{
	const char *database = r->load->server.database;
	PGresult *me = r->target;

	if (!target_exists(r)) {
		me = database_look(r->load->conn, "template1");
		if (me == NULL)
			return -1;
	}
	bool may_create = PQntuples(me) == 0 ||
	    server_flag(me, 0, "may_create");
	bool owns = !target_exists(r) ||
	    server_flag(r->target, 0, "owner_is_ours");

	if (me != r->target)
		PQclear(me);
	if (may_create && (owns || r->load->no_swap))
		return 0;
	if (may_create)
		fail(PROG_PERMANENT, "cannot swap database \"%s\": it belongs "
		    "to role \"%s\", of which role \"%s\" is no member",
		    database, server_value(r->target, 0, "owner"),
		    PQuser(r->load->conn));
	else
		fail(PROG_PERMANENT, "cannot create a database beside \"%s\": "
		    "role \"%s\" lacks CREATEDB", database,
		    PQuser(r->load->conn));
	if (target_exists(r))
		hint("--clean restores into the database itself, in one "
		    "transaction");
	return -1;
}

/* The swap could not happen while they are there. */
static int
warn_of_prepared(struct restore *r)
{
	const char *name = r->load->server.database;
	PGresult *list = pg_query(r->load->conn, "list prepared transactions",
	    "SELECT gid FROM pg_prepared_xacts WHERE database = $1 LIMIT 1", 1,
	    &name);

	if (PQntuples(list) > 0)
		warning("the prepared transaction \"%s\" in database \"%s\" "
		    "must end before the swap", server_value(list, 0, "gid"),
		    name);
	PQclear(list);
	return list == NULL ? -1 : 0;
}

/* The manifest is of this stream, as far as its first line tells. */
static int
check_manifest(struct restore *r)
{
	const json_t *manifest = r->load->manifest;
	const char *there = report_string(manifest, "database");
	const char *here = report_string(r->stream.header, "database");
	const char *format = report_string(manifest, "format");

	if (there[0] != '\0' && here[0] != '\0' && strcmp(there, here) != 0)
		return fail(PROG_PERMANENT, "the manifest does not belong to "
		    "this stream: it is of database \"%s\", the stream of "
		    "\"%s\"", there, here);
	if (strcmp(format, "sql") != 0 && strcmp(format, "custom") != 0)
		return 0;
	if (strcmp(format, stream_format_name(&r->stream)) != 0)
		return fail(PROG_PERMANENT, "the manifest does not belong to "
		    "this stream: its format is %s", format);
	return 0;
}

static int
look(struct restore *r)
{
	struct load *load = r->load;

	r->target = database_look(load->conn, load->server.database);
	if (r->target == NULL)
		return -1;
	if (!load->no_swap)
		return 0;
	r->final = database_look(load->conn, load->into);
	if (r->final == NULL)
		return -1;
	if (PQntuples(r->final) > 0)
		return fail(PROG_PERMANENT, "cannot restore into \"%s\": a "
		    "database of that name exists", load->into);
	return 0;
}

/*
 * Who is to own what the dump makes. It names no owners, so all of it would
 * belong to us; whoever uses the database now must still be able to.
 */
static const char *
choose_role(const struct restore *r)
{
	if (r->load->role != NULL)
		return r->load->role;
	if (!target_exists(r) || r->load->clean ||
	    strcmp(server_value(r->target, 0, "owner"),
	    PQuser(r->load->conn)) == 0)
		return NULL;
	info("objects will belong to role \"%s\"",
	    server_value(r->target, 0, "owner"));
	return server_value(r->target, 0, "owner");
}

static int
set_role(PGconn *conn, const char *role)
{
	struct buf sql = BUF_INIT;

	if (role == NULL)
		return 0;
	buf_add_string(&sql, "SET ROLE ");
	pg_add_identifier(conn, &sql, role);
	int rc = pg_run(conn, "take the role", sql.data);

	buf_release(&sql);
	return rc;
}

/* Feed the dump to a database. */
static int
feed(struct restore *r, PGconn *conn, const char *role, bool in_transaction)
{
	struct stream_target target = {
		.conn = conn, .bin_dir = r->load->bin_dir, .role = role,
		.in_transaction = in_transaction,
		.progress = r->load->progress, .manifest = r->load->manifest,
	};

	return stream_feed(&r->stream, &target, &r->result);
}

static int
check_rows(struct restore *r, PGconn *conn)
{
	struct buf sql = BUF_INIT;

	if (r->result.tables == NULL) {
		warning("the dump does not say how many rows it has: %s",
		    r->load->manifest == NULL ? "give --manifest if there is "
		    "one" : "nor does the manifest");
		return 0;
	}
	count_add_check(&sql, conn, r->result.tables);
	int rc = sql.len == 0 ? 0 : pg_run(conn, "accept the new database",
	    sql.data);

	buf_release(&sql);
	return rc;
}

static int
analyze(struct restore *r, PGconn *conn)
{
	if (r->load->no_analyze)
		return 0;
	/* Shared catalogs that we may not look at are only warned of. */
	return pg_run(conn, "analyze the new database", "ANALYZE");
}

static int
fill_new(struct restore *r)
{
	const char *role = choose_role(r);
	PGconn *conn = server_connect(&r->load->server, r->restoring.data);
	int rc = conn == NULL ? -1 : feed(r, conn, role, false);

	if (rc == 0)
		rc = set_role(conn, role);
	if (rc == 0)
		rc = check_rows(r, conn);
	if (rc == 0)
		rc = analyze(r, conn);
	pg_disconnect(conn);
	return rc;
}

/* So that the swap, when sessions wait, has little to write. */
static void
checkpoint(struct load *load)
{
	PGresult *result = PQexec(load->conn, "CHECKPOINT");

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		info("no checkpoint: it takes a role that may");
	PQclear(result);
}

static int
swap_in(struct restore *r)
{
	struct load *load = r->load;
	struct swap_step steps[2];
	size_t count = 0;
	struct buf first = BUF_INIT;
	bool replace = target_exists(r) && !load->no_swap;
	int rc = 0;

	if (replace) {
		rc = database_carry_over(load->conn, r->target,
		    r->restoring.data);
		if (rc == 0)
			rc = load_choose_old(load, &r->old, NAME_BEFORE);
		steps[count++] = (struct swap_step){r->name, r->old.data};
	}
	steps[count++] = (struct swap_step){r->restoring.data, r->name};
	database_add_last(&first, load->conn, r->restoring.data,
	    replace ? r->target : NULL);
	if (rc == 0)
		rc = swap_databases(load->conn, load->helper, first.data,
		    steps, count);
	if (rc != 0)
		buf_clear(&r->old);
	buf_release(&first);
	return rc;
}

static uint32_t
new_id(void)
{
	uint32_t id = 0;

	if (getrandom(&id, sizeof id, 0) != sizeof id)
		id = (uint32_t)time(NULL);
	return id;
}

/* Whatever happened, the half-restored database goes. */
static void
undo(struct restore *r)
{
	struct load *load = r->load;

	pg_ignore_stop();
	server_drain(load->conn);
	if (PQstatus(load->conn) == CONNECTION_BAD) {
		pg_disconnect(load->conn);
		load->conn = server_connect(&load->server, load->maintenance);
	}
	if (load->conn == NULL ||
	    database_drop(load->conn, r->restoring.data) != 0)
		warning("the half-restored database \"%s\" is left; the next "
		    "run of this restore drops it", r->restoring.data);
}

static int
restore_beside(struct restore *r)
{
	struct load *load = r->load;
	const json_t *description = r->stream.header != NULL ?
	    r->stream.header : load->manifest;
	int rc = -1;

	if (check_rights(r) != 0 || warn_of_prepared(r) != 0)
		return -1;
	load->helper = server_connect(&load->server, load->maintenance);
	if (load->helper == NULL)
		return -1;
	database_drop_debris(load->conn, r->name);
	name_add_restoring(&r->restoring, r->name, new_id());
	if (database_create(load->conn, r->restoring.data, r->target,
	    description) == 0 && fill_new(r) == 0) {
		checkpoint(load);
		rc = swap_in(r);
	}
	if (rc != 0)
		undo(r);
	return rc;
}

/* One transaction in the live database; its end checks the rows. */
static int
restore_clean(struct restore *r)
{
	struct load *load = r->load;

	if (!target_exists(r))
		return fail(PROG_PERMANENT, "cannot restore with --clean: there"
		    " is no database \"%s\"", r->name);
	PGconn *conn = server_connect(&load->server, r->name);
	int rc = conn == NULL ? -1 : feed(r, conn, choose_role(r), true);

	if (rc == 0 && r->result.tables == NULL)
		warning("the dump does not say how many rows it has");
	if (rc == 0)
		rc = analyze(r, conn);
	pg_disconnect(conn);
	return rc;
}

static int
write_report(struct restore *r)
{
	json_t *report = report_new();

	json_object_set_new(report, "database", json_string(r->name));
	json_object_set_new(report, "old_database", r->old.len == 0 ?
	    json_null() : json_string(r->old.data));
	json_object_set_new(report, "mode", json_string(r->load->clean ?
	    "clean" : r->load->no_swap ? "no-swap" : "swap"));
	json_object_set_new(report, "format",
	    json_string(stream_format_name(&r->stream)));
	json_object_set_new(report, "uncompressed_bytes",
	    json_integer((json_int_t)r->stream.bytes));
	json_object_set_new(report, "tables", r->result.counted ?
	    json_integer((json_int_t)r->result.table_count) : json_null());
	json_object_set_new(report, "row_count", r->result.counted ?
	    json_integer((json_int_t)r->result.row_count) : json_null());
	json_object_set_new(report, "rows_checked",
	    json_boolean(r->result.tables != NULL));
	json_object_set_new(report, "server_version",
	    json_string(PQparameterStatus(r->load->conn, "server_version")));
	report_add_times(report, r->load->started);
	int rc = report_write(r->load->report_path, report);

	json_decref(report);
	return rc;
}

static void
tell_done(const struct restore *r)
{
	struct buf undo_it = BUF_INIT, drop_it = BUF_INIT;

	info("restored %" PRIu64 " rows of %" PRIu64 " tables into database "
	    "\"%s\"", r->result.row_count, r->result.table_count, r->name);
	if (r->old.len > 0 && prog_verbosity >= 0) {
		load_add_command(&undo_it, r->load, "--undo", NULL);
		load_add_command(&drop_it, r->load, "--drop-old",
		    r->old.data);
		hint("what \"%s\" was before is now \"%s\"", r->name,
		    r->old.data);
		hint("to go back: %s", undo_it.data);
		hint("to drop it: %s", drop_it.data);
	}
	buf_release(&undo_it);
	buf_release(&drop_it);
}

int
restore_run(struct load *load)
{
	struct restore r = {
		.load = load, .stream = STREAM_INIT,
		.name = load->no_swap ? load->into : load->server.database,
		.restoring = BUF_INIT, .old = BUF_INIT,
	};
	int rc = -1;

	if (stream_open(&r.stream, load->foreign) == 0 &&
	    check_manifest(&r) == 0 && load_connect(load) == 0 &&
	    load_lock(load, r.name) == 0 && look(&r) == 0)
		rc = load->clean ? restore_clean(&r) : restore_beside(&r);
	if (rc == 0) {
		tell_done(&r);
		rc = write_report(&r);
	}
	json_decref(r.result.tables);
	PQclear(r.target);
	PQclear(r.final);
	stream_release(&r.stream);
	buf_release(&r.restoring);
	buf_release(&r.old);
	return rc;
}
