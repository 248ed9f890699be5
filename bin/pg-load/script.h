/*
 * script: the SQL around a dump that psql runs. conn is for quoting and the
 * server's version alone.
 *
 * For a restore that is one transaction psql must run with AUTOCOMMIT off:
 * then nothing of the dump is ever outside of one, also behind a ROLLBACK.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

/*
 * For all sessions to come, before the first of them: whether each commit waits
 * for the disk, and maintenance_work_mem in KiB (0: the server's).
 */
void script_tune(bool synchronous_commit, uint64_t maintenance_work_mem);

/* The same for PGOPTIONS; caller frees. */
char *script_options(void);

/*
 * Append what stands before the dump, without a line end, so that the dump's
 * line numbers stay. role: who is to own all of it, NULL: the user.
 */
void script_add_begin(struct buf *, PGconn *conn, const char *role,
    bool in_transaction);

/* Append the end of the transaction: the check of the rows, then COMMIT. */
void script_add_end(struct buf *, PGconn *conn, const json_t *tables);

#endif
