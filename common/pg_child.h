/*
 * pg_child: run PostgreSQL's own programs beside a connection of ours.
 * Failures are told.
 */
#ifndef PG_CHILD_H
#define PG_CHILD_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "child.h"
#include "io.h"

/*
 * The settings for child.h's environment by which pg_dump, pg_restore or psql
 * reach the very server of this connection (the same of several hosts and
 * addresses), as the same user. The password travels in the environment,
 * never in argv. Messages are in English. NULL: told (exit 100: it holds a
 * setting that has no variable). pg_child_environment_free(NULL) does nothing.
 */
const char **pg_child_environment(PGconn *);
void pg_child_environment_free(const char **);

/*
 * The path of a PostgreSQL client program whose major version is the smallest
 * that is not below server_major (10, 15; 0: any). Looked for in bin_dir when
 * that is given, else in PG_BIN_DIR, else in /usr/lib/postgresql/N/bin,
 * /usr/pgsql-N/bin and PATH. The caller frees it. NULL: told (exit 100).
 */
char *pg_child_program(const char *name, int server_major,
    const char *bin_dir);

/* The same, but NULL is not told: the caller can do without it. */
char *pg_child_find(const char *name, int server_major);

/* "15.20" of what `program --version` says; the caller frees it. */
char *pg_child_version(const char *program);

/*
 * Start and end one of them, with its messages passed on as ours: as
 * warnings when it succeeded, as the reason when it failed. pg_child_end
 * returns 0, or -1 told: exit 111 for what a retry may mend (server away,
 * lock time-out), else 100.
 */
struct pg_child {
	struct child child;	/* argv, environment, in, out by the caller */
	int messages;		/* private */
};
#define PG_CHILD_INIT {.child = CHILD_INIT, .messages = -1}

int pg_child_start(struct pg_child *) MUSTUSE;
int pg_child_end(struct pg_child *) MUSTUSE;
void pg_child_kill(struct pg_child *);	/* for clean-up; says nothing */

/* Whether `program --help` speaks of this text. */
bool pg_child_knows(const char *program, const char *option);

#endif
