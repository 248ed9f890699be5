/*
 * table_lock: locks on tables for the time of a snapshot. Failures are told,
 * with the table's name: exit 111.
 */
#ifndef TABLE_LOCK_H
#define TABLE_LOCK_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "snapshot.h"
#include "table.h"

/*
 * ACCESS SHARE on all of them, waiting timeout seconds for each at most; then
 * proves that they still are what the snapshot saw.
 */
int tables_lock(struct snapshot *, const struct table *, size_t count,
    uint64_t timeout) MUSTUSE;

/*
 * SQL for the connections beside the one that has those locks: what they read
 * stands between the first and the last of these, each table behind a lock of
 * its own. They must not wait for it: behind a session that waits for the first
 * connection to end, they would wait for ever, and the server cannot see why.
 * The last one lets go of them: the server has room for one set of locks on
 * thousands of tables, not for one a connection.
 */
void table_lock_begin(struct buf *sql);
void table_lock_add(struct buf *sql, const struct table *);
void table_lock_end(struct buf *sql);

#endif
