/* --plan as text. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "needs.h"
#include "prog.h"
#include "report.h"
#include "text.h"

#define LABEL 14		/* columns */

static void
add_line(struct buf *out, const char *label, const char *text)
{
	buf_addf(out, "%-*s", LABEL, label);
	text_add_printable(out, text);
	buf_add_byte(out, '\n');
}

/* Of names, or of objects that have one. Nothing for none. */
static void
add_names(struct buf *out, const char *label, const json_t *list)
{
	struct buf names = BUF_INIT;
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		buf_add_string(&names, i == 0 ? "" : ", ");
		buf_add_string(&names, needs_name(entry));
		if (json_object_get(entry, "dumped") != NULL)
			buf_addf(&names, " (%s in the dump, %s here)",
			    report_string(entry, "dumped"),
			    report_string(entry, "here"));
	}
	if (names.len > 0)
		add_line(out, label, names.data);
	buf_release(&names);
}

static void
add_size(struct buf *out, const char *label, const json_t *plan,
    const char *key)
{
	int64_t bytes = report_number(plan, key);
	struct buf text = BUF_INIT;

	buf_addf(&text, "about %" PRId64 " MB", bytes / 1000000);
	if (bytes >= 0)
		add_line(out, label, text.data);
	buf_release(&text);
}

static void
add_action(struct buf *out, const json_t *plan)
{
	const char *action = report_string(plan, "action");
	const char *old = report_string(plan, "old_database");
	struct buf text = BUF_INIT;

	if (strcmp(action, "swap") == 0) {
		add_line(out, "action", "a new database is filled beside it, "
		    "checked, and takes its name");
		buf_addf(&text, "to \"%s\"", old);
		add_line(out, "renamed", text.data);
	} else if (strcmp(action, "clean") == 0) {
		add_line(out, "action", "the objects that the dump knows are "
		    "dropped and made anew, in one transaction");
	} else if (strcmp(action, "table") == 0) {
		buf_addf(&text, "table \"%s\" is made in it, in one "
		    "transaction", report_string(plan, "table"));
		add_line(out, "action", text.data);
	} else {
		add_line(out, "action", "the database is made");
	}
	buf_release(&text);
}

static void
add_collation(struct buf *out, const json_t *plan)
{
	const json_t *version = json_object_get(plan, "collation_version");
	struct buf text = BUF_INIT;

	buf_addf(&text, "version %s in the dump, %s here: sorts otherwise",
	    report_string(version, "dumped"), report_string(version, "here"));
	if (version != NULL)
		add_line(out, "collation", text.data);
	buf_release(&text);
}

static void
add_sessions(struct buf *out, const json_t *plan)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "%zu sessions",
	    json_array_size(json_object_get(plan, "sessions_to_end")));
	if (json_object_get(plan, "sessions_to_end") != NULL)
		add_line(out, "cut off", text.data);
	buf_release(&text);
}

int
plan_print(const json_t *plan)
{
	int64_t needed = report_number(plan, "size_needed_bytes");
	int64_t room = report_number(plan, "free_bytes");
	struct buf out = BUF_INIT;

	add_line(&out, "database", report_string(plan, "database"));
	add_line(&out, "server", report_string(plan, "server_version"));
	add_action(&out, plan);
	add_names(&out, "dropped", json_object_get(plan, "drops"));
	add_size(&out, "has now", plan, "size_bytes");
	add_size(&out, "needs", plan, "size_needed_bytes");
	add_size(&out, "free", plan, "free_bytes");
	if (room < 0)
		add_line(&out, "free", "not known: it is asked over a local "
		    "socket alone");
	else if (needed > room)
		add_line(&out, "", "that is not enough");
	add_sessions(&out, plan);
	add_names(&out, "extensions", json_object_get(plan, "extensions"));
	add_names(&out, "no extension",
	    json_object_get(plan, "missing_extensions"));
	add_names(&out, "no role", json_object_get(plan, "missing_roles"));
	add_names(&out, "no tablespace",
	    json_object_get(plan, "missing_tablespaces"));
	add_names(&out, "no locale", json_object_get(plan, "missing_locales"));
	add_collation(&out, plan);
	if (json_object_get(plan, "undo_command") != NULL) {
		add_line(&out, "to go back",
		    report_string(plan, "undo_command"));
		add_line(&out, "to drop it",
		    report_string(plan, "drop_command"));
	}
	int rc = io_write_full(STDOUT_FILENO, out.data, out.len) == 0 ? 0 :
	    fail(PROG_TEMPORARY, "could not write to standard output: %m");

	buf_release(&out);
	return rc;
}
