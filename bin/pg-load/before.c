/* What must be so before a restore begins. */
#include "restore.h"

#include <string.h>

#include "database.h"
#include "pg.h"
#include "prog.h"
#include "report.h"

bool
restore_target_exists(const struct restore *r)
{
	return PQntuples(r->target) == 1;
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

int
restore_check_rights(struct restore *r)
{
	const char *database = r->load->server.database;
	PGresult *me = r->target;

	if (!restore_target_exists(r)) {
		me = database_look(r->load->conn, "template1");
		if (me == NULL)
			return -1;
	}
	bool may_create = PQntuples(me) == 0 ||
	    server_flag(me, 0, "may_create");
	bool owns = !restore_target_exists(r) ||
	    server_flag(r->target, 0, "owner_is_ours");

	if (me != r->target)
		PQclear(me);
	if (may_create && r->load->no_swap)
		return 0;
	if (may_create && owns)
		return warn_of_prepared(r);
	if (may_create)
		fail(PROG_PERMANENT, "cannot swap database \"%s\": it belongs "
		    "to role \"%s\", of which role \"%s\" is no member",
		    database, server_value(r->target, 0, "owner"),
		    PQuser(r->load->conn));
	else
		fail(PROG_PERMANENT, "cannot create a database beside \"%s\": "
		    "role \"%s\" lacks CREATEDB", database,
		    PQuser(r->load->conn));
	if (restore_target_exists(r))
		hint("--clean restores into the database itself, in one "
		    "transaction");
	return -1;
}

int
restore_check_manifest(struct restore *r)
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

int
restore_look(struct restore *r)
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

const char *
restore_role(const struct restore *r)
{
	const char *owner = restore_target_exists(r) ?
	    server_value(r->target, 0, "owner") : NULL;

	if (r->load->role != NULL)
		return r->load->role;
	/* To give each to its owner takes the rights of us all. */
	if (r->stream.owners && !r->load->no_owner)
		return NULL;
	if (owner == NULL || strcmp(owner, PQuser(r->load->conn)) == 0 ||
	    !server_flag(r->target, 0, "owner_is_ours"))
		return NULL;
	if (r->load->clean) {
		/* It may not own what is there, and so could not drop it. */
		warning("what is restored will belong to role \"%s\", the "
		    "database belongs to \"%s\": see --role",
		    PQuser(r->load->conn), owner);
		return NULL;
	}
	info("what is restored will belong to role \"%s\"", owner);
	return owner;
}
