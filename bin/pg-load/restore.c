/* The restore itself: beside the live database, or into it. */
#include "restore.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "carry.h"
#include "database.h"
#include "pg.h"
#include "prog.h"
#include "script.h"
#include "swap.h"

#define RECONNECT_TRIES 60
#define RECONNECT_NS (500L * 1000 * 1000)	/* between two of them */

/* So that the swap, when sessions wait, has little to write. */
static int
checkpoint(struct load *load)
{
	PGresult *result = pg_query(load->conn, "look at the user's rights",
	    "SELECT rolsuper OR EXISTS (SELECT FROM pg_roles WHERE rolname ="
	    " 'pg_checkpoint' AND pg_has_role(oid, 'USAGE')) AS may"
	    " FROM pg_roles WHERE rolname = current_user", 0, NULL);
	bool may = PQntuples(result) == 1 && server_flag(result, 0, "may");
	int rc = result == NULL ? -1 : 0;

	PQclear(result);
	return may ? pg_run(load->conn, "make a checkpoint", "CHECKPOINT") : rc;
}

static int
swap_in(struct restore *r)
{
	struct load *load = r->load;
	struct swap_step steps[2];
	size_t count = 0;
	struct buf first = BUF_INIT;
	bool replace = restore_target_exists(r) && !load->no_swap;
	int rc = 0;

	if (replace) {
		rc = carry_over(load->conn, r->target,
		    r->restoring.data);
		if (rc == 0)
			rc = load_choose_old(load, &r->old, NAME_BEFORE);
		steps[count++] = (struct swap_step){r->name, r->old.data};
	}
	steps[count++] = (struct swap_step){r->restoring.data, r->name};
	carry_add_last(&first, load->conn, r->restoring.data,
	    replace ? r->target : NULL);
	if (rc == 0)
		rc = swap_databases(load->conn, load->helper, first.data,
		    steps, count, load->swap_timeout);
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

/*
 * Whatever happened, the half-restored database goes. A server of which a
 * process was killed is back after some seconds.
 */
static void
undo(struct restore *r)
{
	const struct timespec moment = {.tv_nsec = RECONNECT_NS};
	struct load *load = r->load;
	struct prog_held held;
	int rc = -1;

	pg_ignore_stop();
	server_drain(load->conn);
	for (int tries = 0; rc != 0 && tries < RECONNECT_TRIES; tries++) {
		if (tries > 0)
			nanosleep(&moment, NULL);
		prog_hold(&held);
		if (PQstatus(load->conn) == CONNECTION_BAD) {
			pg_disconnect(load->conn);
			load->conn = server_connect(&load->server,
			    load->maintenance);
		}
		if (load->conn != NULL)
			rc = database_drop(load->conn, &load->server,
			    r->restoring.data);
		prog_release(&held);
		if (PQstatus(load->conn) == CONNECTION_OK)
			break;
	}
	if (rc != 0) {
		prog_tell(&held);
		warning("the half-restored database \"%s\" is left; the next "
		    "run of this restore drops it", r->restoring.data);
	}
}

static int
restore_beside(struct restore *r)
{
	struct load *load = r->load;
	const json_t *description = r->stream.header != NULL ?
	    r->stream.header : load->manifest;
	int rc = -1;

	if (restore_check_rights(r) != 0)
		return -1;
	load->helper = server_connect(&load->server, load->maintenance);
	if (load->helper == NULL)
		return -1;
	database_drop_debris(load->conn, &load->server, r->name);
	name_add_restoring(&r->restoring, r->name, new_id());
	if (database_create(load->conn, r->restoring.data, r->target,
	    description) == 0 && restore_fill_new(r) == 0 &&
	    checkpoint(load) == 0)
		rc = swap_in(r);
	if (rc != 0)
		undo(r);
	return rc;
}

/* One transaction in the live database; its end checks the rows. */
static int
restore_clean(struct restore *r)
{
	struct load *load = r->load;

	if (!restore_target_exists(r))
		return fail(PROG_PERMANENT, "cannot restore with --clean: there"
		    " is no database \"%s\"", r->name);
	PGconn *conn = server_connect(&load->server, r->name);
	int rc = conn == NULL ? -1 : restore_feed(r, conn, restore_role(r),
	    true);

	if (rc == 0 && r->result.tables == NULL)
		warning("the dump does not say how many rows it has");
	if (rc == 0)
		rc = restore_analyze(r, conn);
	pg_disconnect(conn);
	return rc;
}

/* Into the database that is there, or a new one. */
static int
restore_table(struct restore *r)
{
	struct load *load = r->load;
	bool into = restore_target_exists(r) && !load->no_swap;
	PGconn *conn = into ? server_connect(&load->server, r->name) : NULL;
	const struct choice_target target = {
		.conn = conn, .bin_dir = load->bin_dir,
		.role = restore_role(r), .freeze = !load->no_freeze,
		.owners = r->stream.owners && !load->no_owner,
		.privileges = r->stream.privileges && !load->no_privileges,
	};
	int rc = into && conn == NULL ? -1 : choice_make(&r->choice,
	    &r->object, conn, load->table, load->with_needs);

	if (rc == 0 && !into) {
		rc = restore_beside(r);
	} else if (rc == 0) {
		r->result.tables = json_incref(r->choice.pick.tables);
		rc = choice_load(&r->choice, &r->object, &target,
		    r->result.sqlstate);
		if (rc == 0)
			rc = restore_analyze(r, conn);
	}
	if (rc != 0 && !load->with_needs && r->choice.list > 0 &&
	    !prog_stopping())
		hint("--with-dependencies brings what the table refers to");
	pg_disconnect(conn);
	return rc;
}

/* Memory for indexes, if the server's own setting is less. */
static int
tune(struct load *load)
{
	struct buf mine = BUF_INIT;
	int rc = 0;

	buf_addf(&mine, "%" PRIu64, load->maintenance_work_mem / 1024);
	const char *parameter = mine.data;
	PGresult *less = pg_query(load->conn, "look at a setting",
	    "SELECT FROM pg_settings WHERE name = 'maintenance_work_mem'"
	    " AND setting::bigint < $1::bigint", 1, &parameter);

	if (less == NULL)
		rc = -1;
	else
		script_tune(load->synchronous_commit, PQntuples(less) > 0 ?
		    load->maintenance_work_mem / 1024 : 0);
	PQclear(less);
	buf_release(&mine);
	return rc;
}

int
restore_run(struct load *load)
{
	struct restore r = {
		.load = load, .stream = STREAM_INIT,
		.name = load->no_swap ? load->into : load->server.database,
		.object = OBJECT_INIT, .restoring = BUF_INIT, .old = BUF_INIT,
	};
	int rc = -1;

	if ((load->url != NULL ? restore_open_object(&r) :
	    stream_open(&r.stream, load->foreign)) == 0 &&
	    restore_check_manifest(&r) == 0 && load_connect(load) == 0 &&
	    tune(load) == 0 &&
	    load_lock(load, r.name) == 0 && restore_look(&r) == 0)
		rc = load->table != NULL ? restore_table(&r) : load->clean ?
		    restore_clean(&r) : restore_beside(&r);
	if (rc == 0) {
		restore_tell_done(&r);
		rc = restore_write_report(&r);
	}
	json_decref(r.result.tables);
	PQclear(r.target);
	PQclear(r.final);
	stream_release(&r.stream);
	choice_release(&r.choice);
	object_close(&r.object);
	buf_release(&r.restoring);
	buf_release(&r.old);
	return rc;
}
