#define _GNU_SOURCE
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "dumptrailer.h"
#include "flow.h"
#include "pg.h"
#include "pg_child.h"
#include "prog.h"
#include "psql.h"
#include "report.h"
#include "sqltext.h"
#include "text.h"
#include "xalloc.h"

#define HEADER "-- pgbackpipe sql "
#define PIECE (256 * 1024)	/* bytes read at once */

const char *
stream_format_name(const struct stream *stream)
{
	return stream->format == STREAM_CUSTOM ? "custom" : "sql";
}

void
stream_release(struct stream *stream)
{
	json_decref(stream->header);
	buf_release(&stream->head);
	stream->header = NULL;
}

/* Formats that are undone by another filter before this one. */
static int
refuse_wrapped(const struct buf *head)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *what, *filter;
	} wraps[] = {
		{"\x1f\x8b", 2, "gzip", "gzip-frame -d"},
		{"\x28\xb5\x2f\xfd", 4, "zstd", "guard -- zstd -d"},
		{"age-encryption.org/", 19, "age",
		    "guard -- age -d -i FILE"},
	};

	for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) {
		if (head->len >= wraps[i].len && memcmp(head->data,
		    wraps[i].magic, wraps[i].len) == 0)
			return fail(PROG_PERMANENT, "cannot read %s: put %s "
			    "before it", wraps[i].what, wraps[i].filter);
	}
	return 0;
}

/* K_VERS_* of pg_dump: 1.14 since 12, 1.15 since 16, 1.16 since 17. */
static int
read_archive_version(struct stream *stream)
{
	const unsigned char *head = (unsigned char *)stream->head.data;

	if (stream->head.len < 7)
		return fail(PROG_PERMANENT, "cannot read the archive: it ends "
		    "within its header");
	stream->archive_major = head[5] > 1 || head[6] >= 16 ? 17 :
	    head[6] == 15 ? 16 : 12;
	return 0;
}

static int
read_header(struct stream *stream)
{
	const char *eol = memchr(stream->head.data, '\n', stream->head.len);
	const char *json = stream->head.data + strlen(HEADER) + 2;

	if (eol == NULL)
		return fail(PROG_PERMANENT,
		    "cannot read the stream: it ends within its first line");
	if (!text_starts(stream->head.data, HEADER "1 "))
		return fail(PROG_PERMANENT, "cannot read the stream: its "
		    "format is of a newer version of this program");
	stream->header = report_parse("header", "standard input", json,
	    (size_t)(eol - json));
	return stream->header == NULL ? -1 : 0;
}

static int
judge_head(struct stream *stream, bool foreign)
{
	const struct buf *head = &stream->head;

	if (head->len == 0)
		return fail(PROG_PERMANENT, "cannot restore: the input is "
		    "empty");
	if (refuse_wrapped(head) != 0)
		return -1;
	if (text_starts(head->data, "PGDMP")) {
		stream->format = STREAM_CUSTOM;
		return read_archive_version(stream);
	}
	if (text_starts(head->data, HEADER)) {
		stream->format = STREAM_OURS;
		return read_header(stream);
	}
	stream->format = STREAM_FOREIGN;
	if (foreign)
		return 0;
	fail(PROG_PERMANENT, "cannot restore: the input is neither a stream of "
	    "pg-stream nor a custom archive");
	hint("a plain dump made by pg_dump is restored with --foreign");
	return -1;
}

int
stream_open(struct stream *stream, bool foreign)
{
	struct buf *head = &stream->head;

	buf_reserve(head, DUMPTRAILER_LINE_MAX);
	while (head->len < DUMPTRAILER_LINE_MAX &&
	    (head->len < 8 || (text_starts(head->data, HEADER) &&
	    memchr(head->data, '\n', head->len) == NULL))) {
		ssize_t n = flow_read_some(head->data + head->len,
		    DUMPTRAILER_LINE_MAX - head->len);

		if (n < 0)
			return -1;
		/* A writer that died is the cause of whatever is missing. */
		if (n == 0 && flow_require_upstream(false) != 0)
			return -1;
		if (n == 0)
			break;
		head->len += (size_t)n;
		head->data[head->len] = '\0';
	}
	stream->bytes = head->len;
	return judge_head(stream, foreign);
}

/* The work of one stream_feed. */
struct feed {
	struct stream *stream;
	const struct stream_target *target;
	struct psql psql;
	struct child restore;	/* pg_restore, of an archive */
	int restore_in;
	struct dumptrailer_parser parser;
	struct dumptrailer trailer;
	struct sqltext text;
	struct timespec shown;	/* when progress was */
	uint64_t shown_bytes;
	bool drain;		/* pg_restore has had all that it wants */
	bool gone;		/* a child ended before its input did */
};

static int
write_psql(void *context, const void *data, size_t len)
{
	struct feed *f = context;

	if (psql_write(&f->psql, data, len) == 0)
		return 0;
	f->gone = errno == EPIPE;
	return -1;
}

/* In front of line 1, on that line, so that line numbers stay. */
static int
write_preamble(struct feed *f)
{
	/*
	 * A deferred trigger runs before any COMMIT; until it is told that
	 * all was checked it refuses. So not even a COMMIT in the dump itself
	 * can end the transaction early.
	 */
	static const char guard[] = "BEGIN; "
	    "CREATE TEMPORARY TABLE pgbackpipe_load (checked boolean) "
	    "ON COMMIT DROP; "
	    "CREATE FUNCTION pg_temp.pgbackpipe_load() RETURNS trigger "
	    "LANGUAGE plpgsql AS 'BEGIN IF NOT (SELECT checked FROM "
	    "pg_temp.pgbackpipe_load) THEN RAISE EXCEPTION ''the dump ends the "
	    "transaction that it is restored in''; END IF; RETURN NULL; END'; "
	    "CREATE CONSTRAINT TRIGGER pgbackpipe_load AFTER INSERT ON "
	    "pg_temp.pgbackpipe_load DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
	    " EXECUTE PROCEDURE pg_temp.pgbackpipe_load(); "
	    "INSERT INTO pg_temp.pgbackpipe_load VALUES (false); ";
	struct buf sql = BUF_INIT;

	buf_add_string(&sql, "SET client_min_messages = warning; "
	    "SET synchronous_commit = off; SET statement_timeout = 0; "
	    "SET idle_in_transaction_session_timeout = 0; ");
	if (PQserverVersion(f->target->conn) >= 140000)
		buf_add_string(&sql, "SET idle_session_timeout = 0; ");
	if (f->target->role != NULL) {
		buf_add_string(&sql, "SET ROLE ");
		pg_add_identifier(f->target->conn, &sql, f->target->role);
		buf_add_string(&sql, "; ");
	}
	if (f->target->in_transaction)
		buf_add_string(&sql, guard);
	int rc = write_psql(f, sql.data, sql.len);

	buf_release(&sql);
	return rc;
}

/* Of a transaction: the check of the rows, then its end. */
static int
write_end(struct feed *f, const json_t *tables)
{
	struct buf sql = BUF_INIT;

	/* Its statement is no part of the dump: psql need not show it. */
	buf_add_string(&sql, "\n\\set ECHO none\n"
	    "SET client_encoding = 'UTF8';\n");
	count_add_check(&sql, f->target->conn, tables);
	buf_add_string(&sql,
	    "UPDATE pg_temp.pgbackpipe_load SET checked = true;\nCOMMIT;\n");
	int rc = write_psql(f, sql.data, sql.len);

	buf_release(&sql);
	return rc;
}

static int
start_restore(struct feed *f)
{
	int in[2];
	int major = PQserverVersion(f->target->conn) / 10000;

	if (major < f->stream->archive_major)
		major = f->stream->archive_major;
	if (pipe2(in, O_CLOEXEC) != 0)
		return fail(PROG_TEMPORARY, "could not make a pipe: %m");
	(void)fcntl(in[1], F_SETPIPE_SZ, 1024 * 1024);
	static const char *const name[] = {"pg_restore", NULL};
	char *program = pg_child_program("pg_restore", major,
	    f->target->bin_dir);
	const char *const argv[] = {
		program, "--exit-on-error", "--no-owner", "--no-privileges",
		"--file=-", f->target->in_transaction ? "--clean" : NULL,
		"--if-exists", NULL,
	};

	f->restore.argv = argv;
	f->restore.in = in[0];
	f->restore.out = f->psql.in;
	f->restore.err = f->psql.err;
	int rc = program == NULL ? -1 : child_start(&f->restore);

	f->restore.argv = name;
	free(program);
	io_close(&in[0]);
	f->restore_in = in[1];
	return rc;
}

/*
 * pg_restore reads no more: it may be done before the archive's last bytes,
 * which are still to be read, or have failed.
 */
static int
end_restore(struct feed *f)
{
	io_close(&f->restore_in);
	int status = child_wait(&f->restore);

	f->drain = status == 0;
	if (status == 0)
		return 0;
	f->gone = true;
	if (status < 0 || prog_stopping() || !psql_is_running(&f->psql))
		return -1;
	psql_kill(&f->psql);	/* so that all it said comes first */
	return fail(PROG_PERMANENT,
	    "could not restore: pg_restore cannot read the archive");
}

static int
take(struct feed *f, const void *data, size_t len)
{
	if (f->drain)
		return 0;
	if (f->stream->format == STREAM_CUSTOM) {
		if (io_write_full(f->restore_in, data, len) == 0)
			return 0;
		return errno == EPIPE ? end_restore(f) : -1;
	}
	if (f->stream->format == STREAM_OURS &&
	    dumptrailer_feed(&f->parser, data, len) != 0)
		return -1;
	if (f->text.sink != NULL)
		return sqltext_feed(&f->text, data, len);
	return write_psql(f, data, len);
}

static void
show_progress(struct feed *f)
{
	struct timespec now;
	struct buf size = BUF_INIT, rate = BUF_INIT;

	clock_gettime(CLOCK_MONOTONIC, &now);
	double seconds = (double)(now.tv_sec - f->shown.tv_sec) +
	    (double)(now.tv_nsec - f->shown.tv_nsec) / 1e9;

	if (seconds < 1)
		return;
	text_add_size(&size, f->stream->bytes);
	text_add_size(&rate, (uint64_t)((double)(f->stream->bytes -
	    f->shown_bytes) / seconds));
	progress_line("restored %s, %s/s", size.data, rate.data);
	buf_release(&size);
	buf_release(&rate);
	f->shown = now;
	f->shown_bytes = f->stream->bytes;
}

/*
 * Wait until input is there, or a child has gone: its error may come long
 * before a slow writer's next byte. 0: read on.
 */
static int
wait_for_input(struct feed *f)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = f->psql.in, .events = 0},
		{.fd = f->restore_in, .events = 0},	/* -1: none */
	};

	while (poll(fds, 3, -1) < 0) {
		if (errno != EINTR || prog_stopping())
			return -1;
	}
	if ((fds[1].revents & POLLERR) != 0) {
		f->gone = true;
		return -1;
	}
	return (fds[2].revents & POLLERR) != 0 ? end_restore(f) : 0;
}

static int
pump(struct feed *f)
{
	char *piece = xmalloc(PIECE);
	int rc = take(f, f->stream->head.data, f->stream->head.len);

	while (rc == 0 && (rc = wait_for_input(f)) == 0) {
		ssize_t n = flow_read_some(piece, PIECE);

		if (n <= 0) {
			rc = (int)n;
			break;
		}
		f->stream->bytes += (uint64_t)n;
		rc = take(f, piece, (size_t)n);
		if (f->target->progress)
			show_progress(f);
	}
	free(piece);
	return rc;
}

/* Why a stream of this format is not whole; NULL: it is. */
static const char *
missing(struct feed *f)
{
	const char *reason = NULL;

	if (f->stream->format == STREAM_OURS) {
		if (dumptrailer_finish(&f->parser, &f->trailer, &reason) == 0)
			return NULL;
		return reason;
	}
	if (f->stream->format == STREAM_FOREIGN &&
	    !sqltext_is_complete(&f->text))
		return "it does not end with pg_dump's closing comment";
	return NULL;
}

/* What the manifest says of the input as a whole. */
static int
check_manifest(struct feed *f)
{
	const json_t *manifest = f->target->manifest;
	const json_t *tables = json_object_get(manifest, "tables");
	int64_t bytes = report_number(manifest, "uncompressed_bytes");

	if (bytes >= 0 && (uint64_t)bytes != f->stream->bytes)
		return fail(PROG_PERMANENT, "the manifest does not belong to "
		    "this stream: %" PRId64 " bytes there, %" PRIu64 " here",
		    bytes, f->stream->bytes);
	if (json_array_size(tables) == 0 || f->trailer.tables == NULL)
		return 0;
	return count_agree(f->trailer.tables, tables);
}

static int
check_end(struct feed *f, struct stream_result *result)
{
	if (flow_require_upstream(false) != 0)
		return -1;
	const char *reason = missing(f);

	if (reason != NULL)
		return fail(PROG_PERMANENT, "the dump is not whole: %s",
		    reason);
	if (check_manifest(f) != 0)
		return -1;
	const json_t *tables = f->trailer.tables != NULL ? f->trailer.tables :
	    json_object_get(f->target->manifest, "tables");

	if (tables != NULL && (f->trailer.tables != NULL ||
	    json_array_size(tables) > 0)) {
		result->tables = json_incref((json_t *)tables);
		result->table_count = json_array_size(tables);
		result->row_count = count_rows(tables);
		result->counted = true;
	} else if (f->text.copy_tables > 0) {
		result->table_count = f->text.copy_tables;
		result->row_count = f->text.copy_rows;
		result->counted = true;
	}
	return 0;
}

/* psql went before its text did: mostly at an error. Always -1. */
static int
tell_gone(struct feed *f)
{
	child_kill(&f->restore);
	if (f->psql.child.pid < 0)	/* told when it was ended */
		return -1;
	if (psql_finish(&f->psql) == 0)
		fail(PROG_PERMANENT,
		    "could not restore: psql ended before the dump did");
	return -1;
}

/* Let the children end. 0: they did all that they were told to. */
static int
finish_children(struct feed *f, const json_t *tables)
{
	if (f->restore.pid > 0 && end_restore(f) != 0)
		return tell_gone(f);
	if ((f->text.sink != NULL && sqltext_end(&f->text) != 0) ||
	    (f->target->in_transaction && write_end(f, tables) != 0))
		return f->gone ? tell_gone(f) : -1;
	return psql_finish(&f->psql);
}

/* The feeding broke off: the reason is a child's, or one of the text. */
static int
tell_break(struct feed *f)
{
	if (prog_stopping())
		return -1;
	if (f->text.refused != NULL)
		return fail(PROG_PERMANENT, "cannot restore: line %" PRIu64
		    " of the dump is \"%s...\": it was made with --create or "
		    "by pg_dumpall and would leave its own database",
		    f->text.lines, f->text.refused);
	return f->gone ? tell_gone(f) : -1;
}

static int
start(struct feed *f)
{
	const struct stream_target *target = f->target;

	dumptrailer_init(&f->parser, 0);
	sqltext_init(&f->text);
	if (f->stream->format == STREAM_FOREIGN ||
	    (f->stream->format == STREAM_OURS && target->in_transaction)) {
		f->text.sink = write_psql;
		f->text.context = f;
		f->text.may_be_foreign = f->stream->format == STREAM_FOREIGN;
		f->text.one_transaction = target->in_transaction;
	}
	clock_gettime(CLOCK_MONOTONIC, &f->shown);
	if (psql_start(&f->psql, target->conn, target->bin_dir) != 0)
		return -1;
	if (write_preamble(f) != 0)
		return f->gone ? tell_gone(f) : -1;
	return f->stream->format == STREAM_CUSTOM ? start_restore(f) : 0;
}

int
stream_feed(struct stream *stream, const struct stream_target *target,
    struct stream_result *result)
{
	struct feed f = {
		.stream = stream, .target = target, .psql = PSQL_INIT,
		.restore = CHILD_INIT, .restore_in = -1,
	};
	int rc = start(&f);

	if (rc == 0 && (rc = pump(&f)) != 0)
		rc = tell_break(&f);
	if (rc == 0)
		rc = check_end(&f, result);
	if (rc == 0)
		rc = finish_children(&f, result->tables);
	child_kill(&f.restore);
	psql_kill(&f.psql);
	io_close(&f.restore_in);
	dumptrailer_release(&f.parser);
	dumptrailer_result_release(&f.trailer);
	sqltext_release(&f.text);
	return rc;
}
