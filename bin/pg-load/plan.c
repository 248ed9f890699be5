/* --plan: what a restore would do. */
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "load.h"
#include "needs.h"
#include "pg.h"
#include "object.h"
#include "pick.h"
#include "prog.h"
#include "ranged.h"
#include "report.h"

#define EMPTY_DATABASE (8 * 1024 * 1024)	/* bytes */

static json_t *
text_or_null(const char *text)
{
	json_t *value = text == NULL ? NULL : json_string(text);

	return value == NULL ? json_null() : value;
}

static json_t *
number_or_null(const char *text)
{
	return text == NULL ? json_null() :
	    json_integer(strtoll(text, NULL, 10));
}

static int
add_sessions(json_t *plan, struct load *load)
{
	const char *name = load->server.database;
	PGresult *list = pg_query(load->conn, "list the sessions",
	    "SELECT pid, usename AS user, application_name AS application,"
	    " host(client_addr) AS client, state FROM pg_stat_activity"
	    " WHERE datname = $1"
	    " AND backend_type IS DISTINCT FROM 'autovacuum worker'"
	    " ORDER BY pid", 1, &name);

	if (list == NULL)
		return -1;
	json_t *sessions = json_array();

	for (int i = 0; i < PQntuples(list); i++)
		json_array_append_new(sessions, json_pack(
		    "{s:o, s:o, s:o, s:o, s:o}",
		    "pid", number_or_null(server_value(list, i, "pid")),
		    "user", text_or_null(server_value(list, i, "user")),
		    "application",
		    text_or_null(server_value(list, i, "application")),
		    "client", text_or_null(server_value(list, i, "client")),
		    "state", text_or_null(server_value(list, i, "state"))));
	json_object_set_new(plan, load->clean || load->table != NULL ?
	    "sessions" : "sessions_to_end", sessions);
	PQclear(list);
	return 0;
}

static int
add_prepared(json_t *plan, struct load *load)
{
	const char *name = load->server.database;
	PGresult *list = pg_query(load->conn, "list prepared transactions",
	    "SELECT gid FROM pg_prepared_xacts WHERE database = $1", 1, &name);

	if (list == NULL)
		return -1;
	json_t *gids = json_array();

	for (int i = 0; i < PQntuples(list); i++)
		json_array_append_new(gids,
		    text_or_null(server_value(list, i, "gid")));
	json_object_set_new(plan, "prepared_transactions", gids);
	PQclear(list);
	return 0;
}

/* What killed runs left, which goes. */
static int
add_drops(json_t *plan, struct load *load)
{
	const char *name = load->no_swap ? load->into : load->server.database;
	PGresult *list = database_relatives(load->conn, name);
	json_t *drops = json_array();

	for (int i = 0; i < PQntuples(list); i++) {
		const char *relative = server_value(list, i, "name");

		if (server_flag(list, i, "marked") &&
		    name_kind_of(name, relative, NULL) == NAME_RESTORING)
			json_array_append_new(drops, json_string(relative));
	}
	json_object_set_new(plan, "drops", drops);
	PQclear(list);
	return list == NULL ? -1 : 0;
}

/* By the text of its rows, where nobody says how large the database was. */
static int64_t
guess_size(const struct load *load, const struct object *o)
{
	uint64_t bytes = 0;
	const json_t *table;
	size_t i;

	if (load->url == NULL || o->trailer.tables == NULL)
		return -1;
	json_array_foreach(o->trailer.tables, i, table) {
		if (load->table == NULL || pick_is_named(load->table,
		    report_string(table, "schema"),
		    report_string(table, "name")))
			bytes += (uint64_t)report_number(table, "bytes");
	}
	/* Rows take about that much more than their text, with an index. */
	return (int64_t)(bytes + bytes / 2 + EMPTY_DATABASE);
}

static int
add_target(json_t *plan, struct load *load, const PGresult *target,
    const struct object *object)
{
	const char *name = load->server.database;
	int64_t needed = load->table != NULL ? -1 :
	    report_number(load->manifest, "database_size_bytes");
	int64_t room = needs_free_space(load);

	if (needed < 0)
		needed = guess_size(load, object);

	json_object_set_new(plan, "target_exists",
	    json_boolean(PQntuples(target) == 1));
	if (PQntuples(target) == 1) {
		PGresult *size = pg_query(load->conn, "measure the database",
		    "SELECT pg_database_size($1::name) AS size", 1, &name);

		if (size == NULL)
			return -1;
		json_object_set_new(plan, "owner",
		    text_or_null(server_value(target, 0, "owner")));
		json_object_set_new(plan, "size_bytes",
		    number_or_null(server_value(size, 0, "size")));
		if (needed < 0)
			needed = strtoll(server_value(size, 0, "size"), NULL,
			    10);
		PQclear(size);
	}
	/* That cannot be asked over SQL. */
	json_object_set_new(plan, "free_bytes", room < 0 ? json_null() :
	    json_integer(room));
	json_object_set_new(plan, "size_needed_bytes", needed < 0 ?
	    json_null() : json_integer(needed));
	return 0;
}

static int
add_way_back(json_t *plan, struct load *load)
{
	struct buf name = BUF_INIT, command = BUF_INIT;
	int rc = load_choose_old(load, &name, NAME_BEFORE);

	if (rc == 0) {
		json_object_set_new(plan, "old_database",
		    json_string(name.data));
		load_add_command(&command, load, "--undo", NULL);
		json_object_set_new(plan, "undo_command",
		    json_string(command.data));
		buf_clear(&command);
		load_add_command(&command, load, "--drop-old", name.data);
		json_object_set_new(plan, "drop_command",
		    json_string(command.data));
	}
	buf_release(&name);
	buf_release(&command);
	return rc;
}

static int
fill(json_t *plan, struct load *load, const PGresult *target,
    const struct object *object)
{
	bool there = PQntuples(target) == 1 && !load->no_swap;
	bool swaps = there && !load->clean && load->table == NULL;

	json_object_set_new(plan, "action", json_string(load->clean ? "clean" :
	    swaps ? "swap" : there ? "table" : "create"));
	if (load->table != NULL)
		json_object_set_new(plan, "table", json_string(load->table));
	json_object_set_new(plan, "database", json_string(load->no_swap ?
	    load->into : load->server.database));
	json_object_set_new(plan, "server_version",
	    json_string(PQparameterStatus(load->conn, "server_version")));
	if (add_target(plan, load, target, object) != 0 ||
	    add_sessions(plan, load) != 0 || add_prepared(plan, load) != 0 ||
	    needs_add(plan, load, object->catalog < 0 ? NULL : object,
	    !there) != 0)
		return -1;
	if ((swaps || !there) && add_drops(plan, load) != 0)
		return -1;
	return swaps ? add_way_back(plan, load) : 0;
}

/* By its tail alone. */
static int
add_object(json_t *plan, struct load *load, struct object *object)
{
	int rc = load->url == NULL ? 0 : object_open(object, load->url,
	    load->seen, &load->pace);

	if (rc < 0 || load->url == NULL)
		return rc;
	json_object_set_new(plan, "ranges", json_boolean(rc == 0));
	json_object_set_new(plan, "ranges_reason", text_or_null(object->why));
	if (rc == 0)
		rc = ranged_check_manifest(object, load->manifest);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	json_object_set(plan, "dump", object->header);
	json_object_set_new(plan, "tables", json_integer((json_int_t)
	    json_array_size(object->trailer.tables)));
	json_object_set_new(plan, "row_count",
	    json_integer((json_int_t)object->trailer.row_count));
	json_object_set_new(plan, "uncompressed_bytes",
	    json_integer((json_int_t)object->size));
	json_object_set_new(plan, "size_bytes_of_object",
	    json_integer((json_int_t)object->info.size));
	return 0;
}

int
plan_run(struct load *load)
{
	struct object object = OBJECT_INIT;
	PGresult *target = NULL;
	json_t *plan = json_object();
	int rc = -1;

	if (add_object(plan, load, &object) == 0 && load_connect(load) == 0)
		target = database_look(load->conn, load->server.database);
	if (target != NULL)
		rc = fill(plan, load, target, &object);
	if (rc == 0)
		rc = load->json ? report_print(plan) : plan_print(plan);
	PQclear(target);
	json_decref(plan);
	object_close(&object);
	return rc;
}
