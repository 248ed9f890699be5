/*
 * backup-tar: backups with their manifests as one pax tar. The archive, entry
 * by entry, all of them regular files:
 *
 *     NAME.json			the manifest of a backup
 *     NAME				its object, as stored
 *     NAME.verified-TIME.json ...	its records, if there are any
 *     (the next backup)
 *     pgbackpipe-end.json		{"backups":N,"entries":N,"bytes":N}
 *
 * The last entry says how many backups, entries (without itself) and bytes in
 * them came before: tar itself can be cut between two entries unseen.
 */
#ifndef BACKUP_TAR_H
#define BACKUP_TAR_H

#include <stdbool.h>
#include <stdint.h>

#include "io.h"

#define TAR_END "pgbackpipe-end.json"
#define TAR_MANIFEST_MAX ((size_t)32 * 1024 * 1024)	/* bytes */
#define TAR_RECORD_MAX ((size_t)1024 * 1024)		/* bytes */
#define TAR_RECORDS_MAX 10000	/* of one backup */
#define TAR_ENTRIES_MAX 1000000

struct tar_totals {
	uint64_t backups;
	uint64_t entries;
	uint64_t bytes;
};

/* Backups to standard output, names relative to base (NULL: bare names). */
int tar_create(const char *base, char **manifest_urls) MUSTUSE;

/* Standard input into the store at base; one JSON line a backup. */
int tar_extract(const char *base) MUSTUSE;

/* Whether name is that of a record of the object (both URLs or both names). */
bool tar_is_record(const char *name, const char *object);

#endif
