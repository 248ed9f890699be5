/*
 * store_s3_purge: objects in a versioned bucket with all their versions and
 * delete markers.
 *
 * Constant memory: listed and deleted by turns. A server's list goes on behind
 * the last entry it has shown, so that one is deleted only when the next page
 * has been read.
 */
#ifndef STORE_S3_PURGE_H
#define STORE_S3_PURGE_H

#include <stddef.h>

#include "io.h"
#include "s3_call.h"
#include "store.h"

/* See store_delete_versions(), but these are keys. */
int store_s3_purge(struct s3_line *, char *const *keys, size_t count,
    const struct store_purge *) MUSTUSE;

#endif
