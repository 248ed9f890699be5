/* The databases that restores left behind: go back to one, list, drop. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "load.h"
#include "pg.h"
#include "prog.h"
#include "report.h"
#include "swap.h"
#include "text.h"

/* The newest one; its name goes to out. 0, or -1 told. */
static int
find_newest(struct load *load, struct buf *out)
{
	PGresult *list = database_relatives(load->conn,
	    load->server.database);
	const char *newest = NULL, *newest_stamp = "";

	for (int i = 0; i < PQntuples(list); i++) {
		const char *name = server_value(list, i, "name");
		const char *stamp;

		if (name_kind_of(load->server.database, name, &stamp) ==
		    NAME_BEFORE && strcmp(stamp, newest_stamp) > 0) {
			newest = name;
			newest_stamp = stamp;
		}
	}
	if (newest != NULL)
		buf_add_string(out, newest);
	else if (list != NULL)
		fail(PROG_PERMANENT, "cannot go back: there is no database "
		    "that \"%s\" was before a restore", load->server.database);
	PQclear(list);
	return newest == NULL ? -1 : 0;
}

static int
write_report(const struct load *load, const char *from, const char *to)
{
	json_t *report = report_new();

	json_object_set_new(report, "mode", json_string("undo"));
	json_object_set_new(report, "database",
	    json_string(load->server.database));
	json_object_set_new(report, "restored_database", json_string(from));
	json_object_set_new(report, "old_database",
	    to[0] == '\0' ? json_null() : json_string(to));
	report_add_times(report, load->started);
	int rc = report_write(load->report_path, report);

	json_decref(report);
	return rc;
}

static int
undo(struct load *load, const char *before, const PGresult *target,
    struct buf *undone)
{
	struct swap_step steps[2];
	size_t count = 0;

	if (PQntuples(target) == 1) {
		if (load_choose_old(load, undone, NAME_UNDONE) != 0)
			return -1;
		steps[count++] = (struct swap_step){load->server.database,
		    undone->data};
	}
	steps[count++] = (struct swap_step){before, load->server.database};
	load->helper = server_connect(&load->server, load->maintenance);
	if (load->helper == NULL)
		return -1;
	return swap_databases(load->conn, load->helper, "", steps, count,
	    load->swap_timeout);
}

int
undo_run(struct load *load)
{
	struct buf before = BUF_INIT, undone = BUF_INIT, drop = BUF_INIT;
	PGresult *target = NULL;
	int rc = -1;

	if (load_connect(load) == 0 &&
	    load_lock(load, load->server.database) == 0 &&
	    find_newest(load, &before) == 0 && (target = database_look(
	    load->conn, load->server.database)) != NULL)
		rc = undo(load, before.data, target, &undone);
	if (rc == 0) {
		info("\"%s\" is again what was \"%s\"", load->server.database,
		    before.data);
		rc = write_report(load, before.data, undone.data);
	}
	if (rc == 0 && undone.len > 0 && prog_verbosity >= 0) {
		load_add_command(&drop, load, "--drop-old", undone.data);
		hint("what was undone is now \"%s\"", undone.data);
		hint("to drop it: %s", drop.data);
	}
	PQclear(target);
	buf_release(&before);
	buf_release(&undone);
	buf_release(&drop);
	return rc;
}

static int
print_json(const char *name, const char *kind, const char *time,
    const char *size, const char *sessions)
{
	json_t *line = json_pack("{s:s, s:s, s:o, s:o, s:I}", "name", name,
	    "kind", kind,
	    "time", time[0] == '\0' ? json_null() : json_string(time),
	    "size_bytes", size == NULL ? json_null() :
	    json_integer(strtoll(size, NULL, 10)),
	    "sessions", (json_int_t)strtoll(sessions, NULL, 10));
	int rc = line == NULL ? fail(PROG_PERMANENT, "cannot print a name that "
	    "is not UTF-8") : report_print(line);

	json_decref(line);
	return rc;
}

static void
print_row(const char *name, const char *kind, const char *time,
    const char *size, const char *sessions)
{
	struct buf text = BUF_INIT;

	if (size != NULL)
		text_add_size(&text, (uint64_t)strtoll(size, NULL, 10));
	printf("%-10s  %-20s  %12s  %8s  ", kind,
	    time[0] == '\0' ? "-" : time, text.len == 0 ? "-" : text.data,
	    sessions);
	buf_clear(&text);
	text_add_printable(&text, name);
	puts(text.data);
	buf_release(&text);
}

int
old_list(struct load *load)
{
	if (load_connect(load) != 0)
		return -1;
	PGresult *list = database_relatives(load->conn,
	    load->server.database);
	int rc = list == NULL ? -1 : 0;

	if (rc == 0 && !load->json)
		printf("%-10s  %-20s  %12s  %8s  %s\n", "Kind", "Since", "Size",
		    "Sessions", "Name");
	for (int i = 0; rc == 0 && i < PQntuples(list); i++) {
		const char *name = server_value(list, i, "name");
		const char *stamp;
		enum name_kind kind = name_kind_of(load->server.database, name,
		    &stamp);
		struct buf time = BUF_INIT;

		if (kind == NAME_OTHER)
			continue;
		if (kind != NAME_RESTORING)
			name_add_stamp_time(&time, stamp);
		if (load->json)
			rc = print_json(name, name_kind_word(kind), time.data,
			    server_value(list, i, "size"),
			    server_value(list, i, "sessions"));
		else
			print_row(name, name_kind_word(kind), time.data,
			    server_value(list, i, "size"),
			    server_value(list, i, "sessions"));
		buf_release(&time);
	}
	PQclear(list);
	return rc;
}

/* They may be at work, and their slots are on another server. */
static int
refuse_subscriptions(struct load *load)
{
	PGresult *list = database_subscriptions(load->conn, load->drop_old);
	int rc = list == NULL ? -1 : 0;

	if (PQntuples(list) > 0) {
		rc = fail(PROG_PERMANENT, "cannot drop \"%s\": it has the "
		    "subscription \"%s\"", load->drop_old,
		    server_value(list, 0, "name"));
		hint("drop that first; with SET (slot_name = NONE), if what "
		    "was restored is to go on with its slot");
	}
	PQclear(list);
	return rc;
}

static int
drop(struct load *load, const PGresult *old)
{
	struct buf sql = BUF_INIT;
	int rc = 0;

	if (refuse_subscriptions(load) != 0)
		return -1;
	if (server_flag(old, 0, "is_template")) {
		buf_add_string(&sql, "ALTER DATABASE ");
		pg_add_identifier(load->conn, &sql, load->drop_old);
		buf_add_string(&sql, " IS_TEMPLATE false");
		rc = pg_run(load->conn, "drop the old database", sql.data);
		buf_clear(&sql);
	}
	/* Not by force: who still works in it has a reason. */
	buf_add_string(&sql, "DROP DATABASE ");
	pg_add_identifier(load->conn, &sql, load->drop_old);
	if (rc == 0)
		rc = pg_run(load->conn, "drop the old database", sql.data);
	buf_release(&sql);
	return rc;
}

int
old_drop(struct load *load)
{
	if (name_kind_of(load->server.database, load->drop_old, NULL) ==
	    NAME_OTHER) {
		fail(PROG_PERMANENT, "cannot drop \"%s\": that is no name that "
		    "a restore of \"%s\" gives", load->drop_old,
		    load->server.database);
		hint("--list-old shows those that are there");
		return -1;
	}
	if (load_connect(load) != 0 ||
	    load_lock(load, load->server.database) != 0)
		return -1;
	PGresult *old = database_look(load->conn, load->drop_old);
	int rc = -1;

	if (old != NULL && PQntuples(old) == 0)
		fail(PROG_PERMANENT, "cannot drop \"%s\": there is no such "
		    "database", load->drop_old);
	else if (old != NULL)
		rc = drop(load, old);
	PQclear(old);
	return rc;
}
