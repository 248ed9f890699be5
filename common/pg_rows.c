#include "pg_rows.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "prog.h"
#include "text.h"

static void
on_ready(void *context)
{
	struct pg_rows *r = context;

	r->pending--;
	if (!r->wire.failed)
		r->events->ready(r->context);
}

static void
on_rows(void *context, size_t bytes, uint64_t rows)
{
	struct pg_rows *r = context;

	r->events->rows(r->context, bytes, rows);
}

static void
on_copied(void *context, uint64_t rows)
{
	struct pg_rows *r = context;

	r->events->copied(r->context, rows);
}

static const struct pg_wire_events through = {on_rows, on_copied, on_ready};

void
pg_rows_init(struct pg_rows *r, PGconn *conn,
    const struct pg_wire_events *events, void *context)
{
	*r = (struct pg_rows){.conn = conn, .events = events,
	    .context = context, .unsent = BUF_INIT,
	    .direct = !PQsslInUse(conn) && !PQgssEncInUse(conn)};
	pg_wire_init(&r->wire, &through, r);
}

void
pg_rows_release(struct pg_rows *r)
{
	PQfreemem(r->row);
	buf_release(&r->unsent);
	pg_wire_release(&r->wire);
}

/* As much as the socket takes; a failure is met by the next read. */
static void
flush(struct pg_rows *r)
{
	while (r->sent < r->unsent.len) {
		ssize_t n = send(PQsocket(r->conn), r->unsent.data + r->sent,
		    r->unsent.len - r->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n <= 0)
			return;
		r->sent += (size_t)n;
	}
	buf_clear(&r->unsent);
	r->sent = 0;
}

/* libpq takes one query at a time. */
static void
send_next(struct pg_rows *r)
{
	if (r->unsent.len == 0)
		return;
	if (!PQsendQuery(r->conn, r->unsent.data))
		r->lost = true;
	buf_clear(&r->unsent);
}

void
pg_rows_send(struct pg_rows *r, const char *sql)
{
	size_t length = strlen(sql) + 1 + 4;
	const char head[5] = {'Q', (char)(length >> 24), (char)(length >> 16),
	    (char)(length >> 8), (char)length};

	r->pending++;
	if (r->direct) {
		buf_add(&r->unsent, head, sizeof head);
		buf_add(&r->unsent, sql, length - 4);
		flush(r);
		return;
	}
	buf_add_string(&r->unsent, sql);
	if (r->pending == 1)
		send_next(r);
}

bool
pg_rows_busy(const struct pg_rows *r)
{
	return r->pending > 0;
}

short
pg_rows_events(const struct pg_rows *r)
{
	return r->direct && r->unsent.len > 0 ? POLLIN | POLLOUT : POLLIN;
}

bool
pg_rows_buffered(const struct pg_rows *r)
{
	return r->more;
}

static ssize_t
read_socket(struct pg_rows *r, char *space, size_t size)
{
	ssize_t n = recv(PQsocket(r->conn), space, size, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == EINTR))
		return 0;
	if (n <= 0) {
		r->lost = true;
		return -1;
	}
	ssize_t rows = pg_wire_take(&r->wire, space, (size_t)n);

	if (rows < 0)
		r->strange = true;
	return r->wire.failed ? -1 : rows;
}

static void
copy_field(struct buf *to, const PGresult *result, int field)
{
	const char *text = PQresultErrorField(result, field);

	buf_add_string(to, text == NULL ? "" : text);
}

/* A result that libpq has; NULL: the query is done. 0, or -1. */
static int
take_result(struct pg_rows *r, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	uint64_t counted = 0;

	if (result == NULL) {
		on_ready(r);
		send_next(r);
	} else if (status == PGRES_COPY_OUT) {
		r->copying = true;
	} else if (!pg_worked(result)) {
		r->wire.failed = true;
		if (state != NULL && strlen(state) < sizeof r->wire.state)
			strcpy(r->wire.state, state);
		copy_field(&r->wire.message, result,
		    PG_DIAG_MESSAGE_PRIMARY);
		copy_field(&r->wire.detail, result, PG_DIAG_MESSAGE_DETAIL);
		if (r->wire.message.len == 0)
			buf_add_string(&r->wire.message,
			    PQerrorMessage(r->conn));
	} else if (text_starts(PQcmdStatus(result), "COPY ")) {
		if (text_number(PQcmdTuples(result), &counted) != 0)
			r->strange = true;
		r->events->copied(r->context, counted);
	}
	PQclear(result);
	return r->wire.failed || r->strange ? -1 : 0;
}

/* One row, or a part of it. */
static size_t
take_row(struct pg_rows *r, char *space, size_t size)
{
	size_t n = r->row_len - r->row_at;
	bool whole = n <= size;

	if (!whole)
		n = size;
	if (r->row_at == 0 && memchr(r->row, '\n', r->row_len) !=
	    r->row + r->row_len - 1)
		r->strange = true;
	memcpy(space, r->row + r->row_at, n);
	r->row_at += n;
	r->events->rows(r->context, n, whole ? 1 : 0);
	if (whole) {
		PQfreemem(r->row);
		r->row = NULL;
	}
	return n;
}

/* One step of libpq: 1 done, 0 it has nothing now, -1 failed. */
static int
step(struct pg_rows *r)
{
	if (r->copying) {
		int n = PQgetCopyData(r->conn, &r->row, 1);

		if (n == 0)
			return 0;
		if (n > 0) {
			r->row_len = (size_t)n;
			r->row_at = 0;
			return 1;
		}
		r->copying = false;
	}
	if (r->pending == 0 || PQisBusy(r->conn))
		return 0;
	return take_result(r, PQgetResult(r->conn)) == 0 ? 1 : -1;
}

static ssize_t
read_by_libpq(struct pg_rows *r, char *space, size_t size)
{
	bool consumed = false;
	size_t used = 0;

	r->more = false;
	while (used < size) {
		if (r->row != NULL) {
			used += take_row(r, space + used, size - used);
			continue;
		}
		int n = step(r);

		if (n < 0 || r->strange || r->lost)
			return -1;
		if (n > 0)
			continue;
		if (consumed || r->pending == 0)
			return (ssize_t)used;
		if (!PQconsumeInput(r->conn)) {
			r->lost = true;
			return -1;
		}
		consumed = true;
	}
	r->more = true;
	return (ssize_t)used;
}

ssize_t
pg_rows_read(struct pg_rows *r, char *space, size_t size)
{
	if (r->lost)
		return -1;
	if (!r->direct)
		return read_by_libpq(r, space, size);
	flush(r);
	return read_socket(r, space, size);
}

int
pg_rows_fail(struct pg_rows *r, const char *what)
{
	if (r->wire.failed)
		return pg_fail_fields(r->wire.state, r->wire.message.data,
		    r->wire.detail.len > 0 ? r->wire.detail.data : NULL, what);
	if (r->strange)
		return fail(PROG_BUG, "could not %s: a row is not one line, or "
		    "the server's answer is none to COPY", what);
	return pg_fail_fields("", "server closed the connection unexpectedly",
	    NULL, what);
}

const char *
pg_rows_state(const struct pg_rows *r)
{
	return r->wire.state;
}
