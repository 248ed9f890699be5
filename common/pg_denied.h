/*
 * pg_denied: what a role may not read, told all at once. Exit 100, with a hint
 * at the rights that it needs.
 */
#ifndef PG_DENIED_H
#define PG_DENIED_H

#include <libpq-fe.h>

#include "buf.h"
#include "io.h"

struct pg_denied {
	struct buf names;	/* of the first ones */
	int count;
};

#define PG_DENIED_INIT {.names = BUF_INIT}
void pg_denied_release(struct pg_denied *);

/*
 * One more. kind stands before its name ("sequence", ""); schema ("": none)
 * and name are in hex, as pg_text.h has them; why is "permission denied".
 */
void pg_denied_add(struct pg_denied *, const char *kind, const char *schema,
    const char *name, const char *why);

/* 0: there is none; -1 told: "cannot read 2 WHATs: ...". */
int pg_denied_refuse(const struct pg_denied *, PGconn *, const char *what)
    MUSTUSE;

#endif
