/*
 * pgrestore: pg_restore of a catalog's archive that is in memory.
 */
#ifndef PGRESTORE_H
#define PGRESTORE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "io.h"

struct pgrestore {
	PGconn *conn;		/* it connects as this does, to its database */
	const char *bin_dir;	/* or NULL */
	int archive;		/* a file that can be read more than once */
	int use_list;		/* a file of the entries to restore; 0: all */
	int text;		/* write SQL there instead; 0: restore */
	const char *role;	/* owner of what is made; NULL: the user */
	unsigned jobs;		/* connections */
	bool owners, privileges;	/* with those of the archive */
	bool no_tablespaces;
};

/*
 * A pg_restore that reads archives of this version and suits the server best;
 * the caller frees it. NULL: told (exit 100).
 */
char *pgrestore_program(PGconn *, int archive_major, const char *bin_dir);

/*
 * Whether the server takes what this pg_restore sets: from version 17 on that
 * is transaction_timeout, too.
 */
bool pgrestore_suits(PGconn *, const char *program);

/* Whether there is a pg_restore here that can be connected to the server. */
bool pgrestore_can(const struct pgrestore *);

/* Whether there is one that reads the archive, but cannot be connected. */
bool pgrestore_must_be_text(const struct pgrestore *);

/*
 * Restore these sections (NULL-terminated). It stops at the first error. 0; -1
 * told, with object and statement.
 */
int pgrestore_run(const struct pgrestore *, const char *const *sections)
    MUSTUSE;

#endif
