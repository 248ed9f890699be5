#include "pg_denied.h"

#include <stdlib.h>

#include "pg_text.h"
#include "prog.h"

#define NAMED_MAX 30	/* in one message */

void
pg_denied_release(struct pg_denied *d)
{
	buf_release(&d->names);
}

void
pg_denied_add(struct pg_denied *d, const char *kind, const char *schema_hex,
    const char *name_hex, const char *why)
{
	if (++d->count > NAMED_MAX)
		return;
	char *schema = pg_text_from_hex(schema_hex);
	char *name = pg_text_from_hex(name_hex);

	buf_addf(&d->names, "%s%s%s\"%s%s%s\" (%s)", d->count == 1 ? "" : ", ",
	    kind, *kind == '\0' ? "" : " ", schema, *schema == '\0' ? "" : ".",
	    name, why);
	free(schema);
	free(name);
}

int
pg_denied_refuse(const struct pg_denied *d, PGconn *conn, const char *what)
{
	struct buf more = BUF_INIT;

	if (d->count == 0)
		return 0;
	if (d->count > NAMED_MAX)
		buf_addf(&more, " and %d more", d->count - NAMED_MAX);
	fail(PROG_PERMANENT, "cannot read %d %s%s: %s%s", d->count, what,
	    d->count == 1 ? "" : "s", d->names.data,
	    d->count > NAMED_MAX ? more.data : "");
	hint("the role \"%s\" needs SELECT on them (a member of "
	    "pg_read_all_data has it), and BYPASSRLS where there is "
	    "row-level security", PQuser(conn));
	buf_release(&more);
	return -1;
}
