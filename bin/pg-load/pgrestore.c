#define _GNU_SOURCE
#include "pgrestore.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pg_child.h"
#include "prog.h"
#include "script.h"
#include "server.h"
#include "stream.h"
#include "text.h"
#include "xalloc.h"

#define OPTIONS_MAX 24
#define TRANSACTION_TIMEOUT 170000	/* the first server that has it */

struct arguments {
	const char *items[OPTIONS_MAX];
	size_t count;
};

/* The connection's own options and, behind them, those of a restore. */
static const char **
environment_of(const struct pgrestore *p)
{
	const char **items = pg_child_environment(p->conn);
	const char *before = NULL;
	size_t n = 0;

	for (; items != NULL && items[n] != NULL; n++) {
		if (text_starts(items[n], "PGOPTIONS="))
			before = items[n] + strlen("PGOPTIONS=");
	}
	if (items == NULL)
		return NULL;
	items = xrealloc_array(items, n + 2, sizeof *items);
	char *options = script_options();

	items[n] = xasprintf("PGOPTIONS=%s%s%s", before == NULL ? "" : before,
	    before == NULL ? "" : " ", options);
	free(options);
	items[n + 1] = NULL;
	return items;
}

char *
pgrestore_program(PGconn *conn, int archive_major, const char *bin_dir)
{
	return pg_child_client("pg_restore", PQserverVersion(conn) / 10000,
	    archive_major, bin_dir);
}

static char *
find_program(const struct pgrestore *p)
{
	unsigned char head[7] = {0};

	if (pread(p->archive, head, sizeof head, 0) != sizeof head) {
		fail(PROG_PERMANENT, "cannot read the archive: it ends within "
		    "its header");
		return NULL;
	}
	return pgrestore_program(p->conn, stream_archive_major(head),
	    p->bin_dir);
}

bool
pgrestore_suits(PGconn *conn, const char *program)
{
	if (PQserverVersion(conn) >= TRANSACTION_TIMEOUT)
		return true;
	char *version = pg_child_version(program);
	bool suits = strtol(version, NULL, 10) < TRANSACTION_TIMEOUT / 10000;

	free(version);
	return suits;
}

/* Whether there is one that suits or, with suits false, does not. */
static bool
is_there(const struct pgrestore *p, bool suits)
{
	struct prog_held held;

	prog_hold(&held);
	char *program = find_program(p);
	bool is = program != NULL &&
	    pgrestore_suits(p->conn, program) == suits;

	prog_release(&held);
	free(program);
	return is;
}

bool
pgrestore_can(const struct pgrestore *p)
{
	return is_there(p, true);
}

bool
pgrestore_must_be_text(const struct pgrestore *p)
{
	return is_there(p, false);
}

int
pgrestore_run(const struct pgrestore *p, const char *const *sections)
{
	struct pg_child child = PG_CHILD_INIT;
	struct arguments a = {.count = 0};
	struct buf dbname = BUF_INIT, role = BUF_INIT, jobs = BUF_INIT;
	struct buf list = BUF_INIT;
	const char **environment = environment_of(p);
	char *program = environment == NULL ? NULL : find_program(p);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int rc = -1;

	if (program == NULL)
		goto out;
	if (null < 0) {
		fail(PROG_TEMPORARY, "could not open \"/dev/null\": %m");
		goto out;
	}
	buf_add_string(&dbname, "--dbname=");
	server_add_dbname(&dbname, PQdb(p->conn));
	buf_addf(&role, "--role=%s", p->role == NULL ? "" : p->role);
	buf_addf(&jobs, "--jobs=%u", p->jobs);
	buf_addf(&list, "--use-list=/proc/%ld/fd/%d", (long)getpid(),
	    p->use_list);
	a.items[a.count++] = program;
	a.items[a.count++] = "--exit-on-error";
	if (!p->owners)
		a.items[a.count++] = "--no-owner";
	if (!p->privileges)
		a.items[a.count++] = "--no-privileges";
	a.items[a.count++] = "--no-password";
	a.items[a.count++] = p->text > 0 ? "--file=-" : dbname.data;
	if (p->use_list > 0)
		a.items[a.count++] = list.data;
	if (p->role != NULL && p->text <= 0)
		a.items[a.count++] = role.data;
	if (p->no_tablespaces)
		a.items[a.count++] = "--no-tablespaces";
	if (p->jobs > 1 && p->text <= 0)
		a.items[a.count++] = jobs.data;
	for (; *sections != NULL; sections++)
		a.items[a.count++] = *sections;
	/* Each of its processes opens the file for itself. */
	a.items[a.count++] = "/proc/self/fd/0";
	child.child.argv = a.items;
	child.child.environment = environment;
	child.child.in = p->archive;
	child.child.out = p->text > 0 ? p->text : null;
	rc = pg_child_start(&child);
	if (rc == 0)
		rc = pg_child_end(&child);
	if (rc != 0 && (p->owners || p->privileges) && !prog_stopping())
		hint("--no-owner and --no-privileges leave out the roles that "
		    "the dump names");
out:
	io_close(&null);
	free(program);
	pg_child_environment_free(environment);
	buf_release(&dbname);
	buf_release(&role);
	buf_release(&jobs);
	buf_release(&list);
	return rc;
}
