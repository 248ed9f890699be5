/*
 * pg_child: run PostgreSQL's own programs beside a connection of ours.
 * Failures are told.
 */
#ifndef PG_CHILD_H
#define PG_CHILD_H

#include <libpq-fe.h>

#include "child.h"
#include "io.h"
#include "pg_program.h"

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

#endif
