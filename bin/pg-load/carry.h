/*
 * carry: what belongs to a database but is in no dump of it goes from the old
 * one to the new one. old is a row of database_look().
 */
#ifndef CARRY_H
#define CARRY_H

#include <libpq-fe.h>

#include "buf.h"
#include "io.h"

/*
 * Give the database name the privileges and settings (also those for single
 * roles) of old.
 */
int carry_over(PGconn *, const PGresult *old, const char *name)
    MUSTUSE;

/*
 * Append the statements for the transaction of the swap: they take our mark
 * off name and give it old's comment, connection limit and flags, with some
 * of which it could not be dropped any more.
 */
void carry_add_last(struct buf *, PGconn *, const char *name,
    const PGresult *old);

#endif
