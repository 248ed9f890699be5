/*
 * toc: the table of contents of a custom archive of pg_dump. Pure.
 *
 * PostgreSQL: pg_backup_archiver.c, ReadHead and ReadToc; versions 1.14 to
 * 1.16 of the format, PostgreSQL 12 to 18.
 *
 *     head	see pgarchive.h
 *     integer	count of entries
 *     entry	id, has data (integers), catalog and object's OID (strings),
 *		tag, type (strings), section (integer), commands that make,
 *		drop, COPY (strings), schema, tablespace, access method
 *		(strings), from 1.16 on kind (integer), owner, "false"
 *		(strings), ids it depends on (strings, a null ends them),
 *		offset of its data
 */
#ifndef TOC_H
#define TOC_H

#include <stddef.h>
#include <stdint.h>

#include "io.h"

struct toc_entry {
	uint32_t id;
	char *type, *schema, *tag;	/* "TABLE", "public" or "", "orders" */
	char *owner, *tablespace;	/* or "" */
	char *commands;		/* of one that names roles, else NULL */
	uint32_t *needs;	/* ids, as pg_dump noted them */
	size_t need_count;
};

struct toc {
	struct toc_entry *entries;	/* in the order they are restored in */
	size_t count;
};

/* -1: *reason says why it cannot be read; toc is empty then. */
int toc_parse(struct toc *, const void *data, size_t len, const char **reason)
    MUSTUSE;
void toc_release(struct toc *);

#endif
