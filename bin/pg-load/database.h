/*
 * database: what a server says of a database, a new one like it, and the end
 * of one that came to nothing.
 *
 * All of it runs in the maintenance database. Failures are told.
 */
#ifndef DATABASE_H
#define DATABASE_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "io.h"
#include "names.h"
#include "server.h"

/*
 * One row about a database; columns oid owner encoding collate ctype provider
 * locale rules tablespace comment connection_limit is_template
 * allow_connections owner_is_ours may_create superuser current_user, for
 * server_value(). No row: there is none of that name. NULL: told.
 */
PGresult *database_look(PGconn *, const char *name);

/*
 * Make the empty database name. Encoding, locale, tablespace and, if we may
 * give it away, owner are those of like (a row, or none); else what
 * description (a stream's header or a manifest, or NULL) says; else
 * template1's. It is marked as being restored, so that a later run knows what
 * a killed one left.
 */
int database_create(PGconn *, const char *name, const PGresult *like,
    const json_t *description) MUSTUSE;

/*
 * Drop the half-restored database name if it is there, with the sessions in it
 * and its subscriptions, whose slots are not its own: they stay.
 */
int database_drop(PGconn *, const struct server *, const char *name) MUSTUSE;

/* The subscriptions in a database: column name. NULL: told. */
PGresult *database_subscriptions(PGconn *, const char *name);

/*
 * The databases whose names begin as those that earlier runs left beside name
 * do: columns name, marked (it carries the mark of database_create), size (may
 * be null), sessions.
 */
PGresult *database_relatives(PGconn *, const char *name);

/* Drop the half-restored databases that killed runs left beside name. */
void database_drop_debris(PGconn *, const struct server *, const char *name);

#endif
