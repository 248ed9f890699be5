#define _GNU_SOURCE
#include "pg_program.h"

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buf.h"
#include "child.h"
#include "prog.h"
#include "xalloc.h"

#define OUTPUT_MAX ((size_t)256 * 1024)	/* bytes of --help */

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
	int newest;		/* of those that are too old; its path: */
	char *newest_path;
};

static void
consider(struct search *s, const char *path)
{
	if (access(path, X_OK) != 0)
		return;
	int major = major_of(path);

	if (major < s->server_major) {
		if (major > s->newest) {
			free(s->newest_path);
			s->newest_path = xstrdup(path);
			s->newest = major;
		}
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
	free(s.newest_path);
	return s.best;
}

char *
pg_child_program(const char *name, int server_major, const char *bin_dir)
{
	return pg_child_client(name, server_major, server_major, bin_dir);
}

char *
pg_child_client(const char *name, int server_major, int least,
    const char *bin_dir)
{
	struct search s = {.name = name, .server_major = server_major > least ?
	    server_major : least};

	bin_dir = bin_directory(bin_dir);
	search(&s, bin_dir);
	if (s.best == NULL && s.newest >= least) {
		s.best = s.newest_path;
		s.newest_path = NULL;
	}
	free(s.newest_path);
	if (s.best != NULL)
		return s.best;
	if (s.newest > 0)
		fail(PROG_PERMANENT, "cannot use %s %d: the %s is of version "
		    "%d", name, s.newest, least == server_major ? "server" :
		    "archive", least);
	else
		fail(PROG_PERMANENT, "cannot find the program %s%s%s", name,
		    bin_dir != NULL ? " in " : "",
		    bin_dir != NULL ? bin_dir : "");
	hint("install the PostgreSQL client programs of version %d or newer "
	    "(Debian: postgresql-client-%d), or give --pg-bin-dir",
	    s.server_major, s.server_major);
	return NULL;
}
