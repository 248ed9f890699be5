/*
 * table_lock: locks on tables for the time of a snapshot. Failures are told,
 * with the table's name: exit 111.
 */
#ifndef TABLE_LOCK_H
#define TABLE_LOCK_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"
#include "table.h"

/*
 * ACCESS SHARE on all of them, waiting timeout seconds for each at most; then
 * proves that they still are what the snapshot saw.
 */
int tables_lock(struct snapshot *, const struct table *, size_t count,
    uint64_t timeout) MUSTUSE;

#endif
