/*
 * needs: what a dump asks of a server, for --plan: what it has not, and what
 * it has in another version.
 */
#ifndef NEEDS_H
#define NEEDS_H

#include <jansson.h>
#include <stdbool.h>

#include "io.h"
#include "load.h"
#include "object.h"

/*
 * Set in plan: missing_extensions, missing_roles, missing_tablespaces (names),
 * extensions (of other versions), missing_locales, collation_version; what
 * neither the object (NULL: there is none) nor the manifest tells is left out.
 * new_database: it takes the dump's locale. -1: told.
 */
int needs_add(json_t *plan, struct load *, const struct object *,
    bool new_database) MUSTUSE;

/* The name of what is listed: a name, or an object that has one. */
const char *needs_name(const json_t *entry);

/*
 * Free bytes where the server keeps the database, or would a new one, if that
 * is here: the server is on a local socket, and we may look there. -1: unknown.
 */
int64_t needs_free_space(struct load *);

#endif
