#define _GNU_SOURCE
#include "pg_child.h"

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buf.h"
#include "pg.h"
#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define OUTPUT_MAX ((size_t)256 * 1024)	/* bytes of --help */

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

/* What `program argument` prints. Returns 0, or -1 in silence. */
static int
ask(const char *program, const char *argument, struct buf *out)
{
	const char *argv[] = {program, argument, NULL};
	struct child child = CHILD_INIT;
	int fd = memfd_create("answer", MFD_CLOEXEC);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int rc = -1;

	child.argv = argv;
	child.in = child.err = null;
	child.out = fd;
	if (fd >= 0 && null >= 0 && child_start(&child) == 0 &&
	    child_wait(&child) == 0 && lseek(fd, 0, SEEK_SET) == 0)
		rc = buf_read_fd(out, fd, OUTPUT_MAX);
	io_close(&fd);
	io_close(&null);
	return rc;
}

bool
pg_child_knows(const char *program, const char *option)
{
	struct buf help = BUF_INIT;
	bool knows = ask(program, "--help", &help) == 0 &&
	    strstr(help.data, option) != NULL;

	buf_release(&help);
	return knows;
}

/* Of "pg_dump (PostgreSQL) 15.20 (Debian ...)". */
char *
pg_child_version(const char *program)
{
	struct buf answer = BUF_INIT;
	const char *at = ask(program, "--version", &answer) == 0 ?
	    strstr(answer.data, "(PostgreSQL) ") : NULL;
	char *version = at == NULL ? xstrdup("") :
	    xstrndup(at + 13, strcspn(at + 13, " \n"));

	buf_release(&answer);
	return version;
}

/* -1: it does not say. */
static int
major_of(const char *program)
{
	char *version = pg_child_version(program);
	int major = version[0] == '\0' ? -1 : (int)strtol(version, NULL, 10);

	free(version);
	return major;
}

struct search {
	const char *name;
	int server_major;
	int best_major;
	char *best;
	int newest;		/* of those that are too old */
};

static void
consider(struct search *s, const char *path)
{
	if (access(path, X_OK) != 0)
		return;
	int major = major_of(path);

	if (major < s->server_major) {
		if (major > s->newest)
			s->newest = major;
		return;
	}
	if (s->best == NULL || major < s->best_major) {
		free(s->best);
		s->best = xstrdup(path);
		s->best_major = major;
	}
}

static void
consider_all(struct search *s, const char *pattern)
{
	char *path = xasprintf("%s/%s", pattern, s->name);
	glob_t found = {0};

	if (glob(path, GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			consider(s, found.gl_pathv[i]);
	}
	globfree(&found);
	free(path);
}

static void
consider_path(struct search *s)
{
	const char *at = getenv("PATH");

	while (at != NULL && *at != '\0') {
		size_t len = strcspn(at, ":");
		char *path = xasprintf("%.*s/%s", (int)len, at, s->name);

		if (len > 0)
			consider(s, path);
		free(path);
		at += len + (at[len] == ':');
	}
}

static const char *
bin_directory(const char *bin_dir)
{
	if (bin_dir == NULL || *bin_dir == '\0')
		bin_dir = getenv("PG_BIN_DIR");
	return bin_dir != NULL && *bin_dir != '\0' ? bin_dir : NULL;
}

static void
search(struct search *s, const char *bin_dir)
{
	if (bin_dir != NULL) {
		char *path = xasprintf("%s/%s", bin_dir, s->name);

		consider(s, path);
		free(path);
		return;
	}
	consider_all(s, "/usr/lib/postgresql/*/bin");
	consider_all(s, "/usr/pgsql-*/bin");
	/* On Debian, PATH has a wrapper that needs a cluster. */
	if (s->best == NULL)
		consider_path(s);
}

char *
pg_child_find(const char *name, int server_major)
{
	struct search s = {.name = name, .server_major = server_major};

	search(&s, bin_directory(NULL));
	return s.best;
}

char *
pg_child_program(const char *name, int server_major, const char *bin_dir)
{
	struct search s = {.name = name, .server_major = server_major};

	bin_dir = bin_directory(bin_dir);
	search(&s, bin_dir);
	if (s.best != NULL)
		return s.best;
	if (s.newest > 0)
		fail(PROG_PERMANENT, "cannot use %s %d: the server is of "
		    "version %d", name, s.newest, server_major);
	else
		fail(PROG_PERMANENT, "cannot find the program %s%s%s", name,
		    bin_dir != NULL ? " in " : "",
		    bin_dir != NULL ? bin_dir : "");
	hint("install the PostgreSQL client programs of version %d or newer "
	    "(Debian: postgresql-client-%d), or give --pg-bin-dir",
	    server_major, server_major);
	return NULL;
}

int
pg_child_start(struct pg_child *p)
{
	p->messages = memfd_create("messages", MFD_CLOEXEC);
	if (p->messages < 0)
		return fail(PROG_TEMPORARY, "could not make a file in memory: "
		    "%m");
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
	};

	if (strstr(message, "lock timeout") != NULL)
		return PROG_TEMPORARY;
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

static int
tell_failure(const char *name, int status, const char *text)
{
	struct buf line = BUF_INIT;
	const char *at = strstr(text, "error: ");

	pg_add_message(&line, at != NULL ? at + 7 : text);
	if (line.len > 0)
		fail(code_of(line.data), "%s failed: %s", name, line.data);
	else if (status > 128)
		fail(PROG_TEMPORARY, "%s was killed by signal %d", name,
		    status - 128);
	else
		fail(PROG_TEMPORARY, "%s failed with status %d", name, status);
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
