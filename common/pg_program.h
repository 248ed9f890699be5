/* pg_program: which of the PostgreSQL client programs on a machine to run. */
#ifndef PG_PROGRAM_H
#define PG_PROGRAM_H

#include <stdbool.h>

/*
 * The path of a PostgreSQL client program whose major version is the smallest
 * that is not below server_major (10, 15; 0: any). Looked for in bin_dir when
 * that is given, else in PG_BIN_DIR, else in /usr/lib/postgresql/N/bin,
 * /usr/pgsql-N/bin and PATH. The caller frees it. NULL: told (exit 100).
 */
char *pg_child_program(const char *name, int server_major,
    const char *bin_dir);

/*
 * The same, but one that is older than the server serves, too, where there is
 * no other: the newest one from major version least on. psql and pg_restore
 * talk to any server.
 */
char *pg_child_client(const char *name, int server_major, int least,
    const char *bin_dir);

/* The same as the first, but NULL is not told: the caller can do without it. */
char *pg_child_find(const char *name, int server_major);

/* "15.20" of what `program --version` says; the caller frees it. */
char *pg_child_version(const char *program);

/* Whether `program --help` speaks of this text. */
bool pg_child_knows(const char *program, const char *option);

#endif
