/*
 * names: what the databases beside a restored one are called. Pure.
 *
 *     shop__restoring_0123abcd		being filled; half a database
 *     shop__before_20260129t143022z	what shop was until that restore
 *     shop__undone_20260129t150000z	what shop was until that --undo
 *
 * PostgreSQL's names hold 63 bytes. A long name is cut, at a UTF-8 boundary,
 * and gets 8 hex digits of a hash instead; which names are cut does not depend
 * on what stands behind them, so a database's own can be found again.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "buf.h"

#define NAME_MAX_BYTES 63	/* NAMEDATALEN - 1 */

enum name_kind {
	NAME_OTHER,		/* none of ours */
	NAME_RESTORING,
	NAME_BEFORE,
	NAME_UNDONE,
};

/* "restoring", "before", "undone" */
const char *name_kind_word(enum name_kind);

/* Append what all those names of a database begin with. */
void name_add_prefix(struct buf *, const char *database);

/* Append database's name for a restore with this id. */
void name_add_restoring(struct buf *, const char *database, uint32_t id);

/*
 * Append its name for what it was until when. try 1 is the plain one, 2 to 9
 * are for a name that is taken.
 */
void name_add_old(struct buf *, const char *database, enum name_kind kind,
    time_t when, unsigned try);

/*
 * What candidate is to database. stamp, unless NULL, gets what stands behind
 * the word, borrowed from candidate: "20260129t143022z", or "..._2" of a later
 * one; strings of one kind sort by time.
 */
enum name_kind name_kind_of(const char *database, const char *candidate,
    const char **stamp);

/* Append "2026-01-29T14:30:22Z" for such a stamp. */
void name_add_stamp_time(struct buf *, const char *stamp);

/* The key of the lock that keeps two restores of one database apart. */
int64_t name_lock_key(const char *database);

#endif
