/* The snapshot, what it says of the database, and the programs for it. */
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "report.h"
#include "stream.h"
#include "xalloc.h"

/* Both of one release: pg_restore reads what pg_dump writes. */
int
session_check_programs(struct stream *s)
{
	int major = PQserverVersion(s->conn) / 10000;
	char *beside = xstrndup(s->pg_dump,
	    (size_t)(strrchr(s->pg_dump, '/') - s->pg_dump));

	s->pg_restore = pg_child_program("pg_restore", major, beside);
	free(beside);
	if (s->pg_restore == NULL)
		return -1;
	char *version = pg_child_version(s->pg_dump);

	json_object_set_new(s->report, "pg_dump_version",
	    json_string(version));
	free(version);
	s->keyed = pg_child_knows(s->pg_restore, "--restrict-key");
	return 0;
}

int
session_begin(struct stream *s)
{
	if (snapshot_begin(&s->snapshot, &s->settings->server,
	    s->settings->snapshot.deferrable) != 0)
		return -1;
	s->conn = s->snapshot.conn;
	s->environment = pg_child_environment(s->conn);
	if (s->environment == NULL)
		return -1;
	s->header = snapshot_describe(&s->snapshot);
	if (s->settings->data_only)
		json_object_set_new(s->header, "data_only", json_true());
	if (s->settings->owner)
		json_object_set_new(s->header, "owners", json_true());
	if (s->settings->privileges)
		json_object_set_new(s->header, "privileges", json_true());
	s->report = report_new();
	json_object_update(s->report, s->header);
	json_object_set_new(s->report, "format",
	    json_string(s->settings->custom ? "custom" : "sql"));
	snapshot_add_report(&s->snapshot, s->report);
	s->pg_dump = pg_child_program("pg_dump",
	    PQserverVersion(s->conn) / 10000, s->settings->bin_dir);
	return s->pg_dump == NULL ? -1 : 0;
}
