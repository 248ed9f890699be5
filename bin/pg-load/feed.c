#define _GNU_SOURCE
#include "feed.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "count.h"
#include "dumptrailer.h"
#include "flow.h"
#include "leaveout.h"
#include "loader.h"
#include "pg.h"
#include "prog.h"
#include "progress.h"
#include "psql.h"
#include "report.h"
#include "script.h"
#include "sqltext.h"
#include "unpack.h"
#include "xalloc.h"

#define PIECE (256 * 1024)	/* bytes read at once */

/* The work of one feed_stream. */
struct feed {
	struct stream *stream;
	const struct feed_target *target;
	struct loader_setup loading;
	struct loader *loader;	/* of STREAM_OURS beside the live database */
	struct psql psql;	/* of all others */
	struct unpack unpack;	/* of an archive, before it */
	struct dumptrailer_parser parser;
	struct dumptrailer trailer;
	struct sqltext text;
	struct leaveout leaveout;
	bool leaves_out;
	struct progress progress;
	uint64_t at;		/* offset of what is fed next */
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

/* Text of the dump. */
static int
give(void *context, const void *data, size_t len)
{
	struct feed *f = context;

	if (f->loader != NULL)
		return loader_feed(f->loader, data, len);
	return f->leaves_out ? leaveout_feed(&f->leaveout, data, len) :
	    write_psql(f, data, len);
}

static int
start_unpacking(struct feed *f)
{
	const struct unpack_setup setup = {
		.conn = f->target->conn, .bin_dir = f->target->bin_dir,
		.archive_major = f->stream->archive_major,
		.drops = f->target->in_transaction,
		.no_owners = f->target->no_owners,
		.no_privileges = f->target->no_privileges,
	};

	return unpack_start(&f->unpack, &setup, &f->psql);
}

/*
 * pg_restore reads no more: it may be done before the archive's last bytes,
 * which are still to be read, or have failed.
 */
static int
end_unpacking(struct feed *f)
{
	int rc = unpack_end(&f->unpack);

	f->drain = rc == 0;
	f->gone = rc != 0;
	if (rc <= 0)
		return rc;
	psql_kill(&f->psql);	/* so that all it said comes first */
	return fail(PROG_PERMANENT,
	    "could not restore: pg_restore cannot read the archive");
}

/*
 * A new database needs no drops, and there are some that fail in it: of a
 * domain's constraint, of a view that is made anew without its columns.
 */
static int
give_without_drops(struct feed *f, const char *data, size_t len)
{
	uint64_t from = f->stream->drops, to = f->stream->drops_end;
	uint64_t end = f->at + len;
	size_t before = f->at >= from ? 0 : end <= from ? len :
	    (size_t)(from - f->at);
	size_t after = end <= to ? 0 : f->at >= to ? len :
	    (size_t)(end - to);

	f->at = end;
	if (before == len || after == len || to <= from)
		return give(f, data, len);
	/* Lines stay, for the numbers in psql's messages. */
	struct buf lines = BUF_INIT;

	buf_add(&lines, data, before);
	leaveout_add_lines(&lines, data + before, len - after - before);
	buf_add(&lines, data + len - after, after);
	int rc = give(f, lines.data, lines.len);

	buf_release(&lines);
	return rc;
}

static int
take(struct feed *f, const void *data, size_t len)
{
	if (f->drain)
		return 0;
	if (f->stream->format == STREAM_CUSTOM) {
		if (unpack_write(&f->unpack, data, len) == 0)
			return 0;
		return errno == EPIPE ? end_unpacking(f) : -1;
	}
	if (f->stream->format == STREAM_OURS &&
	    dumptrailer_feed(&f->parser, data, len) != 0)
		return -1;
	if (f->text.sink != NULL)
		return sqltext_feed(&f->text, data, len);
	return give_without_drops(f, data, len);
}

/*
 * Wait until input is there, or a child has gone: its error may come long
 * before a slow writer's next byte. 0: read on.
 */
static int
wait_for_input(struct feed *f)
{
	struct pollfd fds[3 + LOADER_FDS] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = f->psql.in, .events = 0},
		{.fd = f->unpack.in, .events = 0},	/* -1: none */
		{.fd = -1}, {.fd = -1},
	};

	if (f->loader != NULL)
		loader_poll(f->loader, &fds[3]);
	while (poll(fds, 3 + LOADER_FDS, -1) < 0) {
		if (errno != EINTR || prog_stopping())
			return -1;
	}
	if (f->loader != NULL && loader_broke(f->loader, &fds[3]))
		return -1;
	if ((fds[1].revents & POLLERR) != 0) {
		f->gone = true;
		return -1;
	}
	return (fds[2].revents & POLLERR) != 0 ? end_unpacking(f) : 0;
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
		progress_add(&f->progress, (uint64_t)n);
	}
	if (rc == 0)
		progress_end(&f->progress);
	free(piece);
	return rc;
}

/* Why a stream of this format is not whole; NULL: it is. */
static const char *
missing(struct feed *f)
{
	const char *reason = NULL;

	if (f->stream->format == STREAM_FOREIGN)
		return sqltext_missing(&f->text);
	if (f->stream->format == STREAM_OURS &&
	    dumptrailer_finish(&f->parser, &f->trailer, &reason) != 0)
		return reason;
	return NULL;
}

/*
 * The best that is known of the tables: what the stream says of itself, the
 * manifest, what a foreign dump was seen to hold. NULL: nothing.
 */
static const json_t *
known_tables(const struct feed *f)
{
	const json_t *tables = json_object_get(f->target->manifest, "tables");

	if (f->trailer.tables != NULL)
		return f->trailer.tables;
	/* Of an adopted dump not every name may be known. */
	if (json_array_size(tables) > 0 && count_list_is_whole(tables))
		return tables;
	return f->stream->format == STREAM_FOREIGN ?
	    sqltext_tables(&f->text) : NULL;
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
check_end(struct feed *f, struct feed_result *result)
{
	if (flow_require_upstream(false) != 0)
		return -1;
	const char *reason = missing(f);

	if (reason != NULL)
		return fail(PROG_PERMANENT, "the dump is not whole: %s",
		    reason);
	if (check_manifest(f) != 0)
		return -1;
	result->tables = json_incref((json_t *)known_tables(f));
	return 0;
}

/* psql went before its text did: mostly at an error. Always -1. */
static int
tell_gone(struct feed *f)
{
	unpack_kill(&f->unpack);
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
	if (f->loader != NULL)
		return loader_finish(f->loader);
	if (unpack_runs(&f->unpack) && end_unpacking(f) != 0)
		return tell_gone(f);
	struct buf sql = BUF_INIT;
	int rc = f->text.sink == NULL ? 0 : sqltext_end(&f->text);

	if (rc == 0 && f->leaves_out)
		rc = leaveout_end(&f->leaveout);
	if (f->target->in_transaction)
		script_add_end(&sql, f->target->conn, tables);
	if (rc == 0)
		rc = write_psql(f, sql.data, sql.len);
	buf_release(&sql);
	if (rc != 0)
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

/* psql alone, with pg_restore before it for an archive. */
static int
start_psql(struct feed *f)
{
	const struct feed_target *target = f->target;
	struct buf sql = BUF_INIT;

	f->leaveout.sink = write_psql;
	f->leaveout.context = f;
	f->leaveout.owners = target->no_owners;
	f->leaveout.privileges = target->no_privileges;
	f->leaveout.spare_drops = target->in_transaction;
	/* An archive's text does not come by here. A server before 17 does not
	   know transaction_timeout. */
	f->leaves_out = f->stream->format != STREAM_CUSTOM &&
	    (target->no_owners || target->no_privileges ||
	    target->in_transaction || PQserverVersion(target->conn) < 170000);
	if (f->stream->format == STREAM_FOREIGN ||
	    (f->stream->format == STREAM_OURS && target->in_transaction)) {
		f->text.sink = give;
		f->text.context = f;
		f->text.may_be_foreign = f->stream->format == STREAM_FOREIGN;
		f->text.one_transaction = target->in_transaction;
	}
	if (psql_start(&f->psql, target->conn, target->bin_dir,
	    target->in_transaction) != 0)
		return -1;
	script_add_begin(&sql, target->conn, target->role,
	    target->in_transaction);
	int rc = write_psql(f, sql.data, sql.len);

	buf_release(&sql);
	if (rc != 0)
		return f->gone ? tell_gone(f) : -1;
	return f->stream->format == STREAM_CUSTOM ? start_unpacking(f) : 0;
}

static void
start_loader(struct feed *f)
{
	const struct feed_target *target = f->target;

	f->loading = (struct loader_setup){
		.conn = target->conn, .bin_dir = target->bin_dir,
		.role = target->role, .jobs = target->jobs,
		.split = target->split,
		.encoding = report_string(f->stream->header, "encoding"),
		.owners = f->stream->owners && !target->no_owners,
		.privileges = f->stream->privileges && !target->no_privileges,
		.freeze = target->freeze,
	};
	f->loader = loader_new(&f->loading);
	if (target->jobs > 1) {
		f->parser.sink = loader_take_catalog;
		f->parser.context = f->loader;
	}
}

static int
start(struct feed *f)
{
	dumptrailer_init(&f->parser, 0);
	sqltext_init(&f->text);
	leaveout_init(&f->leaveout);
	progress_init(&f->progress, f->target->progress, "restored");
	if (f->stream->format != STREAM_OURS || f->target->in_transaction)
		return start_psql(f);
	start_loader(f);
	return 0;
}

int
feed_stream(struct stream *stream, const struct feed_target *target,
    struct feed_result *result)
{
	struct feed f = {
		.stream = stream, .target = target, .psql = PSQL_INIT,
		.unpack = UNPACK_INIT,
	};
	int rc = start(&f);

	if (rc == 0 && (rc = pump(&f)) != 0)
		rc = tell_break(&f);
	if (rc == 0)
		rc = check_end(&f, result);
	if (rc == 0)
		rc = finish_children(&f, result->tables);
	child_kill(&f.psql.child);
	unpack_kill(&f.unpack);
	psql_kill(&f.psql);
	if (f.loader != NULL)
		loader_sqlstate(f.loader, result->sqlstate);
	else
		memcpy(result->sqlstate, f.psql.sqlstate,
		    sizeof result->sqlstate);
	loader_free(f.loader);
	dumptrailer_release(&f.parser);
	dumptrailer_result_release(&f.trailer);
	sqltext_release(&f.text);
	leaveout_release(&f.leaveout);
	return rc;
}
