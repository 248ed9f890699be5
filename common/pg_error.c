#include "pg_error.h"

#include <string.h>

#include "prog.h"
#include "text.h"

static bool ignore_stop;

void
pg_ignore_stop(void)
{
	ignore_stop = true;
}

bool
pg_must_stop(void)
{
	return prog_stopping() && !ignore_stop;
}

int
pg_exit_code(const char *sqlstate)
{
	/* Classes of errors that may be gone later. */
	static const char *const later[] = {
		"08", "25P03", "25P04", "40", "53", "55", "57", "58", "72",
		"XX",
	};

	if (sqlstate == NULL || *sqlstate == '\0')
		return PROG_TEMPORARY;
	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		if (text_starts(sqlstate, later[i]))
			return PROG_TEMPORARY;
	}
	return PROG_PERMANENT;
}

void
pg_add_message(struct buf *out, const char *text)
{
	bool first = true;

	while (*text != '\0') {
		size_t len = strcspn(text, "\r\n");
		size_t skip = strspn(text, " \t");

		if (skip < len) {
			buf_add_string(out, first ? "" : "; ");
			buf_add(out, text + skip, len - skip);
			first = false;
		}
		text += len;
		text += strspn(text, "\r\n");
	}
	while (!first && out->data[out->len - 1] == '.')
		out->data[--out->len] = '\0';
}

void
pg_hint(const char *message)
{
	if (strstr(message, "conflict with recovery") != NULL)
		hint("the standby had to replay what removes rows that were "
		    "being read: raise its max_standby_streaming_delay, set "
		    "hot_standby_feedback = on, or read from the primary");
	if (strstr(message, "server closed the connection") != NULL)
		hint("the server's log has the reason; it may be that the "
		    "session was ended, that the server stopped, or, on a "
		    "standby, a conflict with recovery (see its "
		    "max_standby_streaming_delay)");
	if (strstr(message, "cache lookup failed") != NULL)
		hint("something was dropped or altered while it was read: "
		    "the next try will find it as it is then");
}

int
pg_fail_fields(const char *state, const char *primary, const char *detail,
    const char *what)
{
	struct buf text = BUF_INIT;
	int code = pg_exit_code(state);

	if (pg_must_stop())
		return -1;
	pg_add_message(&text, primary);
	if (detail != NULL) {
		buf_add_string(&text, " (");
		pg_add_message(&text, detail);
		buf_add_byte(&text, ')');
	}
	if (text.len == 0)
		buf_add_string(&text, "unexpected answer of the server");
	fail(code, "%s %s: %s", code == PROG_TEMPORARY ? "could not" :
	    "cannot", what, text.data);
	pg_hint(text.data);
	buf_release(&text);
	return -1;
}

int
pg_fail(PGconn *conn, const PGresult *result, const char *what)
{
	const char *primary =
	    PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	return pg_fail_fields(PQresultErrorField(result, PG_DIAG_SQLSTATE),
	    primary != NULL ? primary : PQerrorMessage(conn),
	    PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL), what);
}
