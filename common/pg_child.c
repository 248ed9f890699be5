#define _GNU_SOURCE
#include "pg_child.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "memory_file.h"
#include "pg.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define OUTPUT_MAX ((size_t)256 * 1024)	/* bytes of --help */
#define QUERY_MAX ((size_t)400)		/* bytes of one that failed */

struct settings {
	const char **items;	/* NULL-terminated */
	size_t count;
};

static void
add(struct settings *s, const char *name, const char *value)
{
	s->items = xrealloc_array(s->items, s->count + 2, sizeof *s->items);
	s->items[s->count++] = value == NULL ? xstrdup(name) :
	    xasprintf("%s=%s", name, value);
	s->items[s->count] = NULL;
}

/* Set below from the connection itself, or of no use to a child. */
static bool
is_special(const char *keyword)
{
	static const char *const keywords[] = {
		"host", "hostaddr", "port", "user", "dbname", "password",
		"service", "client_encoding", "fallback_application_name",
		"replication", "load_balance_hosts", "target_session_attrs",
		/* no variables, and their defaults serve a child */
		"keepalives", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout",
	};

	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		if (strcmp(keyword, keywords[i]) == 0)
			return true;
	}
	return false;
}

static int
add_option(struct settings *s, const PQconninfoOption *option)
{
	bool set = option->val != NULL && option->val[0] != '\0';

	if (is_special(option->keyword))
		return 0;
	if (option->envvar != NULL) {
		add(s, option->envvar, set ? option->val : NULL);
		return 0;
	}
	if (!set || (option->compiled != NULL &&
	    strcmp(option->val, option->compiled) == 0))
		return 0;
	return fail(PROG_PERMANENT, "cannot hand the connection setting \"%s\" "
	    "to pg_dump: it has no environment variable", option->keyword);
}

/* The server that we are connected to, by address where there is one. */
static void
add_place(struct settings *s, PGconn *conn)
{
	const char *host = PQhost(conn);
	const char *address = PQhostaddr(conn);
	bool socket = host != NULL && (host[0] == '/' || host[0] == '@');

	add(s, "PGHOST", host != NULL && host[0] != '\0' ? host : NULL);
	add(s, "PGHOSTADDR", socket || address == NULL || *address == '\0' ?
	    NULL : address);
	add(s, "PGPORT", PQport(conn));
	add(s, "PGUSER", PQuser(conn));
	add(s, "PGDATABASE", PQdb(conn));
	add(s, "PGPASSWORD", PQpass(conn) != NULL && PQpass(conn)[0] != '\0' ?
	    PQpass(conn) : NULL);
	add(s, "PGCLIENTENCODING", PQparameterStatus(conn, "client_encoding"));
	add(s, "PGSERVICE", NULL);
	add(s, "PGTARGETSESSIONATTRS", NULL);
	add(s, "PGLOADBALANCEHOSTS", NULL);
	add(s, "LC_ALL", "C");
}

const char **
pg_child_environment(PGconn *conn)
{
	struct settings s = {0};
	PQconninfoOption *options = PQconninfo(conn);
	int rc = 0;

	for (const PQconninfoOption *o = options;
	    o != NULL && o->keyword != NULL && rc == 0; o++)
		rc = add_option(&s, o);
	PQconninfoFree(options);
	add_place(&s, conn);
	if (rc == 0)
		return s.items;
	pg_child_environment_free(s.items);
	return NULL;
}

void
pg_child_environment_free(const char **items)
{
	for (size_t i = 0; items != NULL && items[i] != NULL; i++) {
		/* One of them is a password. */
		explicit_bzero((char *)items[i], strlen(items[i]));
		free((char *)items[i]);
	}
	free(items);
}

int
pg_child_start(struct pg_child *p)
{
	p->messages = memory_file("messages");
	if (p->messages < 0)
		return -1;
	p->child.err = p->messages;
	if (child_start(&p->child) == 0)
		return 0;
	io_close(&p->messages);
	return -1;
}

/* What the programs say when the server, not the request, is the trouble. */
static int
code_of(const char *message)
{
	static const char *const permanent[] = {
		"no matching", "permission denied", "improper",
		"version mismatch", "must be owner", "row-level security",
		"unrecognized option", "invalid option", "invalid ",
		"authentication failed", "unsupported",
		/* pg_restore's, of a statement that the server refused */
		"could not execute query", "COPY failed for table",
	};
	static const char *const temporary[] = {
		"lock timeout", "No space left", "could not extend file",
		"out of memory", "deadlock detected", "too many clients",
		"server closed the connection", "terminating connection",
		"the database system is", "conflict with recovery",
	};

	for (size_t i = 0; i < sizeof temporary / sizeof *temporary; i++) {
		if (strstr(message, temporary[i]) != NULL)
			return PROG_TEMPORARY;
	}
	for (size_t i = 0; i < sizeof permanent / sizeof *permanent; i++) {
		if (strstr(message, permanent[i]) != NULL)
			return PROG_PERMANENT;
	}
	return PROG_TEMPORARY;
}

static void
warn_lines(const char *name, char *text)
{
	char *rest = text;

	for (char *line = strsep(&rest, "\n"); line != NULL;
	    line = strsep(&rest, "\n")) {
		if (text_starts(line, name) && line[strlen(name)] == ':')
			line += strlen(name) + 1;
		line += strspn(line, " \t");
		if (text_starts(line, "warning: "))
			line += 9;
		if (*line != '\0')
			warning("%s: %s", name, line);
	}
}

#define QUERY "detail: Query was: "

/*
 * Of a query that failed: which table is locked, but nothing of pg_dump's own
 * on the catalog, which have thousands of bytes.
 */
static void
cut_query(const char *text, char *query)
{
	size_t len = QUERY_MAX;

	if (!text_starts(query + strlen(QUERY), "LOCK TABLE ")) {
		/* From the line's begin on, which has the program's name. */
		while (query > text && query[-1] != '\n')
			query--;
		*query = '\0';
	} else if (strlen(query) >= len + sizeof "...") {
		while (len > 0 && ((unsigned char)query[len] & 0xc0) == 0x80)
			len--;
		memcpy(query + len, "...", sizeof "...");
	}
}

static int
tell_failure(const char *name, int status, char *text)
{
	struct buf line = BUF_INIT;
	const char *at = strstr(text, "error: ");
	char *query = strstr(text, QUERY);

	if (query != NULL && (at == NULL || query > at))
		cut_query(text, query);
	pg_add_message(&line, at != NULL ? at + 7 : text);
	if (line.len > 0)
		fail(code_of(line.data), "%s failed: %s", name, line.data);
	else if (status > 128)
		fail(PROG_TEMPORARY, "%s was killed by signal %d", name,
		    status - 128);
	else
		fail(PROG_TEMPORARY, "%s failed with status %d", name, status);
	pg_hint(line.data);
	buf_release(&line);
	return -1;
}

int
pg_child_end(struct pg_child *p)
{
	struct buf text = BUF_INIT;
	const char *slash = strrchr(p->child.argv[0], '/');
	const char *name = slash == NULL ? p->child.argv[0] : slash + 1;
	int status = child_wait(&p->child);

	/* More than that is cut, and the rest of no use to anybody. */
	if (lseek(p->messages, 0, SEEK_SET) != 0 ||
	    buf_read_fd(&text, p->messages, OUTPUT_MAX) != 0)
		info("%s said more than can be told here", name);
	io_close(&p->messages);
	if (status == 0)
		warn_lines(name, text.data);
	else if (status > 0 && !prog_stopping())
		tell_failure(name, status, text.data);
	buf_release(&text);
	return status == 0 ? 0 : -1;
}

void
pg_child_kill(struct pg_child *p)
{
	child_kill(&p->child);
	io_close(&p->messages);
}
