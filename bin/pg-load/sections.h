/*
 * sections: parts of a catalog's archive, as SQL, through psql.
 */
#ifndef SECTIONS_H
#define SECTIONS_H

#include "io.h"
#include "pgrestore.h"
#include "psql.h"

/*
 * Give psql the text of these (NULL-terminated), without what its server does
 * not know. -1: told, or psql takes no more: errno is EPIPE.
 */
int sections_give(const struct pgrestore *, const char *const *sections,
    struct psql *) MUSTUSE;

/*
 * Restore these by pg_restore itself, or, where the server would refuse what
 * it sets, by one psql. -1: told.
 */
int sections_run(const struct pgrestore *, const char *const *sections)
    MUSTUSE;

#endif
