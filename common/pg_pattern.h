/*
 * pg_pattern: names of tables as psql and pg_dump take them (psql manual,
 * "Patterns").
 */
#ifndef PG_PATTERN_H
#define PG_PATTERN_H

#include <libpq-fe.h>

#include "buf.h"
#include "opt.h"

/*
 * Append the regular expressions for the server that a pattern means: those
 * of its schema, nothing where it has none, and of its name.
 *
 *     shop.Item*   ^(shop)$   ^(item.*)$
 *     "Item*"                 ^(Item\*)$
 */
void pg_pattern(const char *pattern, struct buf *schema, struct buf *name);

/*
 * Append SQL: whether pg_class c in pg_namespace n, or n, matches. A name
 * without a schema is looked up by search_path.
 */
void pg_pattern_add_relation(PGconn *, struct buf *, const char *pattern);
void pg_pattern_add_schema(PGconn *, struct buf *, const char *pattern);

/*
 * Append "(a OR b ...)" of the patterns, each by add; "(none)" where there are
 * no patterns.
 */
void pg_pattern_add_any(PGconn *, struct buf *, const struct opt_list *,
    void (*add)(PGconn *, struct buf *, const char *), const char *none);

#endif
