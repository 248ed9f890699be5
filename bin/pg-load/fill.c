/* The dump into a database: its rows, and whether all are there. */
#include <string.h>

#include "count.h"
#include "pg.h"
#include "prog.h"
#include "ranged.h"
#include "restore.h"

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

int
restore_open_object(struct restore *r)
{
	if (r->load->clean) {
		fail(PROG_PERMANENT, "cannot restore \"%s\" by ranges with "
		    "--clean: one transaction has one connection",
		    r->load->url);
		hint("through a pipe: s3-get %s | gzip-frame -d | %s --clean "
		    "...", r->load->url, prog_name());
		return -1;
	}
	int rc = object_open(&r->object, r->load->url, r->load->seen,
	    &r->load->pace);

	if (rc != 0)
		return rc == 1 ? object_tell_refused(&r->object) : -1;
	r->stream.format = STREAM_OURS;
	r->stream.header = json_incref(r->object.header);
	r->stream.bytes = r->object.size;
	stream_find_owners(&r->stream);
	return ranged_check_manifest(&r->object, r->load->manifest);
}

static int
feed_ranges(struct restore *r, PGconn *conn, const char *role)
{
	const json_t *tables = r->load->table == NULL ?
	    r->object.trailer.tables : r->choice.pick.tables;
	struct ranged_target target = {
		.tables = tables, .use_list = r->choice.list,
		.conn = conn, .bin_dir = r->load->bin_dir, .role = role,
		.jobs = (unsigned)r->load->jobs, .split = r->load->split,
		.freeze = !r->load->no_freeze,
		.owners = r->stream.owners && !r->load->no_owner,
		.privileges = r->stream.privileges && !r->load->no_privileges,
		.progress = r->load->progress,
	};

	r->result.tables = json_incref((json_t *)tables);
	return ranged_load(&r->object, &target, r->result.sqlstate);
}

int
restore_feed(struct restore *r, PGconn *conn, const char *role,
    bool in_transaction)
{
	struct feed_target target = {
		.conn = conn, .bin_dir = r->load->bin_dir, .role = role,
		.in_transaction = in_transaction,
		.jobs = (unsigned)r->load->jobs, .split = r->load->split,
		.freeze = !r->load->no_freeze,
		.no_owners = r->load->no_owner,
		.no_privileges = r->load->no_privileges,
		.progress = r->load->progress, .manifest = r->load->manifest,
	};

	return r->load->url != NULL ? feed_ranges(r, conn, role) :
	    feed_stream(&r->stream, &target, &r->result);
}

static int
check_rows(struct restore *r, PGconn *conn)
{
	struct buf sql = BUF_INIT;
	struct count count;
	int rc = 0;

	if (r->result.tables == NULL) {
		warning("the dump does not say how many rows it has: %s",
		    r->load->manifest == NULL ? "give --manifest if there is "
		    "one" : "nor does the manifest");
		return 0;
	}
	count_init(&count, r->result.tables);
	while (rc == 0 && count_add_check(&count, &sql, conn)) {
		rc = pg_run(conn, "accept the new database", sql.data);
		buf_clear(&sql);
	}
	count_release(&count);
	buf_release(&sql);
	return rc;
}

/* A role that is not there, or that we may not act for. */
static void
tell_roles(const struct restore *r)
{
	const char *state = r->result.sqlstate;

	if ((r->stream.owners || r->stream.privileges) &&
	    (strcmp(state, "42501") == 0 || strcmp(state, "42704") == 0))
		hint("--no-owner and --no-privileges leave out the roles that "
		    "the dump names");
}

int
restore_fill_new(struct restore *r)
{
	const char *role = restore_role(r);
	PGconn *conn = server_connect(&r->load->server, r->restoring.data);
	int rc = conn == NULL ? -1 : restore_feed(r, conn, role, false);

	if (rc != 0 && role != NULL && strcmp(r->result.sqlstate, "42501") == 0)
		hint("it was restored as role \"%s\", who owns the database; "
		    "--role=%s would let you own it", role,
		    PQuser(r->load->conn));
	else if (rc != 0 && role == NULL)
		tell_roles(r);
	if (rc == 0)
		rc = set_role(conn, role);
	if (rc == 0)
		rc = check_rows(r, conn);
	if (rc == 0)
		rc = restore_analyze(r, conn);
	pg_disconnect(conn);
	return rc;
}
