/*
 * load: what the parts of pg-load share: the command line, the connections
 * and the lock.
 */
#ifndef LOAD_H
#define LOAD_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "buf.h"
#include "io.h"
#include "names.h"
#include "pace.h"
#include "server.h"

struct load {
	/* the command line */
	struct server server;	/* server.database is the target */
	const char *maintenance;	/* database to work from */
	const char *manifest_path, *report_path, *seen_path;
	const char *into;	/* --no-swap: name of the new database */
	const char *role, *bin_dir, *drop_old;
	bool foreign, clean, no_swap, no_analyze, no_freeze, progress, json;
	bool no_owner, no_privileges, synchronous_commit;
	uint64_t maintenance_work_mem;	/* bytes; 0: the server's */
	bool undo, plan, list_old;
	uint64_t swap_timeout;	/* seconds */
	const char *url;	/* the dump is there; NULL: on stdin */
	struct pace pace;	/* how fast it is read */
	const char *table;	/* only this one of it */
	bool with_needs;	/* and what it refers to */
	uint64_t jobs;		/* connections */
	uint64_t split;		/* bytes of a table's rows that one loads */
	/* what became of it */
	json_t *manifest;
	json_t *seen;		/* what the object was before */
	struct timespec started;
	const char *old_time_text;
	struct timespec old_time;	/* in the old name; 0: of the swap */
	PGconn *conn;		/* to the maintenance database */
	PGconn *helper;		/* a second one, to end sessions */
};

/* Connect to the maintenance database. -1: told. */
int load_connect(struct load *) MUSTUSE;

/*
 * Keep other runs for the database name out until we disconnect. -1: told;
 * exit 111 when there is one.
 */
int load_lock(struct load *, const char *name) MUSTUSE;

/*
 * Append the command line of this program for the same server and database,
 * with more options, quoted for a shell.
 */
void load_add_command(struct buf *, const struct load *, const char *option,
    const char *value);

/*
 * Append a name of this kind for what the database was until now, one that is
 * free. -1: told.
 */
int load_choose_old(struct load *, struct buf *, enum name_kind) MUSTUSE;

/* The modes: restore.c, undo.c, plan.c. 0 done, -1 told. */
int restore_run(struct load *) MUSTUSE;
int undo_run(struct load *) MUSTUSE;
int plan_run(struct load *) MUSTUSE;
int plan_print(const json_t *plan) MUSTUSE;	/* as text: plan_text.c */
int old_list(struct load *) MUSTUSE;
int old_drop(struct load *) MUSTUSE;

#endif
