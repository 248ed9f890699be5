/* What a restore says when it is done. */
#include "restore.h"

#include <inttypes.h>

#include "count.h"
#include "prog.h"
#include "report.h"

int
restore_write_report(struct restore *r)
{
	const json_t *tables = r->result.tables;
	json_t *report = report_new();

	json_object_set_new(report, "database", json_string(r->name));
	json_object_set_new(report, "old_database", r->old.len == 0 ?
	    json_null() : json_string(r->old.data));
	json_object_set_new(report, "mode", json_string(r->load->clean ?
	    "clean" : r->load->no_swap ? "no-swap" : r->load->table != NULL &&
	    restore_target_exists(r) ? "table" : "swap"));
	json_object_set_new(report, "format",
	    json_string(stream_format_name(&r->stream)));
	if (r->load->url != NULL) {
		json_object_set_new(report, "bytes_read", json_integer(
		    (json_int_t)atomic_load(&r->object.bytes_read)));
		json_object_set_new(report, "tail_bytes_read",
		    json_integer((json_int_t)r->object.tail_read));
		json_object_set_new(report, "size_bytes",
		    json_integer((json_int_t)r->object.info.size));
	}
	json_object_set_new(report, "uncompressed_bytes",
	    json_integer((json_int_t)r->stream.bytes));
	/* null: neither the dump nor a manifest said how many to expect. */
	json_object_set_new(report, "tables", tables == NULL ? json_null() :
	    json_integer((json_int_t)json_array_size(tables)));
	json_object_set_new(report, "row_count", tables == NULL ? json_null() :
	    json_integer((json_int_t)count_rows(tables)));
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

	info("restored %" PRIu64 " rows of %zu tables into database \"%s\"",
	    count_rows(r->result.tables), json_array_size(r->result.tables),
	    r->name);
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
