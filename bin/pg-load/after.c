/* What a restore says when it is done. */
#include "restore.h"

#include <inttypes.h>

#include "prog.h"
#include "report.h"

int
restore_write_report(struct restore *r)
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

void
restore_tell_done(const struct restore *r)
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
