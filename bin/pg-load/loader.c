#include "loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "held.h"
#include "leaveout.h"
#include "pgrestore.h"
#include "prog.h"
#include "psql.h"
#include "script.h"
#include "session.h"
#include "split.h"
#include "text.h"
#include "xalloc.h"

struct loader {
	const struct loader_setup *setup;
	struct split split;
	struct session session;
	struct psql psql;
	bool psql_runs;
	struct deal *deal;	/* while COPY blocks go by */
	char sqlstate[6];	/* of an error in rows, or "" */
	bool had_rows;
	unsigned jobs;		/* connections that could be had */
	struct held held;	/* post-data */
};

/* psql took no more: mostly because of an error, which it tells. */
static int
tell_gone(struct loader *l)
{
	l->psql_runs = false;
	if (psql_finish(&l->psql) == 0)
		fail(PROG_PERMANENT,
		    "could not restore: psql ended before the dump did");
	return -1;
}

static int
write_psql(struct loader *l, const void *data, size_t len)
{
	if (psql_write(&l->psql, data, len) == 0)
		return 0;
	return errno == EPIPE ? tell_gone(l) : -1;
}

/* A new one, for text that begins at this line of the dump. */
static int
start_psql(struct loader *l, uint64_t line)
{
	const struct loader_setup *setup = l->setup;
	struct buf sql = BUF_INIT;

	script_add_begin(&sql, setup->conn, setup->role, false);
	if (l->session.count > 0)
		buf_add_byte(&sql, '\n');
	size_t lines = session_add(&l->session, &sql);

	l->psql = (struct psql)PSQL_INIT;
	l->psql.line_offset = (int64_t)line - 1 -
	    (int64_t)(lines > 0 ? lines + 1 : 0);
	int rc = psql_start(&l->psql, setup->conn, setup->bin_dir, false);

	l->psql_runs = rc == 0;
	if (rc == 0)
		rc = write_psql(l, sql.data, sql.len);
	buf_release(&sql);
	return rc;
}

static int
finish_psql(struct loader *l)
{
	bool runs = l->psql_runs;

	l->psql_runs = false;
	return runs ? psql_finish(&l->psql) : 0;
}

static void
end_deal(struct loader *l)
{
	deal_sqlstate(l->deal, l->sqlstate);
	deal_free(l->deal);
	l->deal = NULL;
}

/* All rows so far, whose connections are of no use then. */
static int
finish_rows(struct loader *l)
{
	if (l->deal == NULL)
		return 0;
	int rc = deal_wait(l->deal);

	end_deal(l);
	return rc;
}

/* Text goes on: rows before it must be in. */
static int
give_text(struct loader *l, const char *data, size_t len, uint64_t line)
{
	if (finish_rows(l) != 0)
		return -1;
	if (!l->psql_runs && start_psql(l, line) != 0)
		return -1;
	return write_psql(l, data, len);
}

static int
give_held_piece(void *context, const void *data, size_t len)
{
	struct loader *l = context;

	return give_text(l, data, len, l->held.line);
}

/*
 * Whether a statement behind the rows belongs to the data: sequences' values,
 * large objects. Anything else begins the post-data.
 */
static bool
is_data(const char *statement)
{
	static const char *const begins[] = {
		"SELECT ", "BEGIN;", "COMMIT;", "SET ",
		"COMMENT ON LARGE OBJECT ", "ALTER LARGE OBJECT ",
		"GRANT ", "REVOKE ", "\\",
	};

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		if (text_starts(statement, begins[i]))
			return true;
	}
	return false;
}

static int
on_text(void *context, const char *data, size_t len, const char *statement)
{
	struct loader *l = context;
	size_t before = statement == NULL ? len : (size_t)(statement - data);
	struct buf lines = BUF_INIT;
	int rc;

	if (statement != NULL && leaveout_drops(statement, len - before,
	    !l->setup->owners, !l->setup->privileges)) {
		leaveout_add_lines(&lines, data, len);
		rc = l->held.text >= 0 ? held_add(&l->held, lines.data,
		    lines.len, 0) : l->psql_runs ? write_psql(l, lines.data,
		    lines.len) : 0;
		buf_release(&lines);
		return rc;
	}
	if (l->held.text >= 0 || (l->setup->jobs > 1 && l->had_rows &&
	    statement != NULL && !is_data(statement))) {
		rc = held_add(&l->held, data, len, l->split.line);
		return rc == 0 && statement != NULL && leaveout_drops(
		    statement, len - before, false, true) ?
		    held_add_grant(&l->held, statement, len - before) : rc;
	}
	rc = give_text(l, data, len, l->split.line);
	if (statement != NULL)
		session_note(&l->session, statement, len - before);
	return rc;
}

static int
on_begin(void *context, const char *statement)
{
	struct loader *l = context;
	const struct deal_setup setup = {
		.like = l->setup->conn, .role = l->setup->role,
		.encoding = l->setup->encoding, .freeze = l->setup->freeze,
		.jobs = l->setup->jobs, .split = l->setup->split,
	};

	if (held_give(&l->held.text, give_held_piece, l) != 0)
		return -1;
	if (finish_psql(l) != 0)
		return -1;
	if (l->deal == NULL)
		l->deal = deal_new(&setup);
	if (l->deal == NULL)
		return -1;
	l->had_rows = true;
	l->jobs = deal_jobs(l->deal);
	return deal_begin(l->deal, statement);
}

static int
on_rows(void *context, const char *data, size_t len, uint64_t rows)
{
	struct loader *l = context;

	return deal_put(l->deal, data, len, rows);
}

static int
on_end(void *context)
{
	struct loader *l = context;

	return deal_end(l->deal);
}

struct loader *
loader_new(const struct loader_setup *setup)
{
	static const struct split_events events = {
		.text = on_text, .begin = on_begin, .rows = on_rows,
		.end = on_end,
	};
	struct loader *l = xcalloc(1, sizeof *l);

	l->setup = setup;
	l->psql = (struct psql)PSQL_INIT;
	l->held = (struct held)HELD_INIT;
	split_init(&l->split, &events, l);
	return l;
}

void
loader_free(struct loader *l)
{
	if (l == NULL)
		return;
	if (l->deal != NULL)
		end_deal(l);
	if (l->psql_runs)
		psql_kill(&l->psql);
	session_release(&l->session);
	split_release(&l->split);
	held_release(&l->held);
	free(l);
}

int
loader_feed(struct loader *l, const void *data, size_t len)
{
	return split_feed(&l->split, data, len);
}

int
loader_take_catalog(void *context, const void *data, size_t len)
{
	struct loader *l = context;

	/* No use for it, else. */
	return l->held.text < 0 ? 0 :
	    held_take_catalog(&l->held.catalog, data, len);
}

void
loader_poll(const struct loader *l, struct pollfd fds[LOADER_FDS])
{
	fds[0] = (struct pollfd){.fd = l->psql_runs ? l->psql.in : -1};
	fds[1] = (struct pollfd){.events = POLLIN,
	    .fd = l->deal == NULL ? -1 : deal_failed_fd(l->deal)};
}

bool
loader_broke(struct loader *l, const struct pollfd fds[LOADER_FDS])
{
	if ((fds[0].revents & POLLERR) != 0)
		tell_gone(l);
	return ((fds[0].revents & POLLERR) | (fds[1].revents & POLLIN)) != 0;
}

/* Post-data by pg_restore if it can, else by psql. */
static int
finish_held(struct loader *l)
{
	const struct loader_setup *setup = l->setup;
	const struct pgrestore restore = {
		.conn = setup->conn, .bin_dir = setup->bin_dir,
		.role = setup->role, .jobs = l->jobs,
		.archive = l->held.catalog, .owners = setup->owners,
	};
	static const char *const sections[] = {"--section=post-data", NULL};

	if (l->jobs < 2 || !held_can_restore(&l->held, &restore))
		return held_give(&l->held.text, give_held_piece, l);
	/*
	 * What psql was given comes first, and privileges, which are of
	 * nothing in the post-data: views that are filled then may need them.
	 */
	if (held_give(&l->held.grants, give_held_piece, l) != 0 ||
	    finish_rows(l) != 0 || finish_psql(l) != 0)
		return -1;
	info("making indexes and constraints");
	return pgrestore_run(&restore, sections);
}

int
loader_finish(struct loader *l)
{
	if (split_end(&l->split) != 0)
		return -1;
	if (l->held.text >= 0 && finish_held(l) != 0)
		return -1;
	return finish_rows(l) != 0 ? -1 : finish_psql(l);
}

void
loader_sqlstate(struct loader *l, char sqlstate[6])
{
	memcpy(sqlstate, l->psql.sqlstate, sizeof l->psql.sqlstate);
	if (sqlstate[0] == '\0' && l->deal != NULL)
		deal_sqlstate(l->deal, sqlstate);
	else if (sqlstate[0] == '\0')
		memcpy(sqlstate, l->sqlstate, sizeof l->sqlstate);
}
