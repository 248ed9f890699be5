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

static char *
find_program(const struct pgrestore *p)
{
	unsigned char head[7] = {0};
	int major = PQserverVersion(p->conn) / 10000;

	if (pread(p->archive, head, sizeof head, 0) != sizeof head) {
		fail(PROG_PERMANENT, "cannot read the archive: it ends within "
		    "its header");
		return NULL;
	}
	int needed = stream_archive_major(head);

	return pg_child_program("pg_restore", major > needed ? major : needed,
	    p->bin_dir);
}

bool
pgrestore_can(const struct pgrestore *p)
{
	struct prog_held held;

	prog_hold(&held);
	char *program = find_program(p);
	char *version = program == NULL ? NULL : pg_child_version(program);
	bool can = version != NULL;

	/* One of 17 sets transaction_timeout, which older servers refuse. */
	if (can && PQserverVersion(p->conn) < TRANSACTION_TIMEOUT)
		can = strtol(version, NULL, 10) < TRANSACTION_TIMEOUT / 10000;
	prog_release(&held);
	free(version);
	free(program);
	return can;
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
