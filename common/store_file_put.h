/*
 * store_file_put: how file:// publishes.
 *
 * A put writes to a file without a name (O_TMPFILE) and links it when it is
 * whole, so that a killed writer leaves nothing. Where the file system cannot
 * do that, store_partial gives it a hidden name.
 */
#ifndef STORE_FILE_PUT_H
#define STORE_FILE_PUT_H

#include <stdbool.h>

#include "store.h"
#include "store_backend.h"

#define STORE_FILE_XATTR "user."	/* + metadata key */

struct store_file {
	struct store base;
	const struct store_options *options;
	mode_t file_mode;
	mode_t directory_mode;
	bool told_no_metadata;
};

/* These are functions of struct store_backend. */
struct store_put *store_file_put_begin(struct store *,
    const struct store_url *);
int store_file_put_write(struct store_put *, const void *, size_t) MUSTUSE;
int store_file_put_commit(struct store_put *, struct store_object *) MUSTUSE;
void store_file_put_abort(struct store_put *);

#endif
