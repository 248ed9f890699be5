/* store_file_list: how file:// lists; functions of struct store_backend. */
#ifndef STORE_FILE_LIST_H
#define STORE_FILE_LIST_H

#include "store.h"
#include "store_backend.h"

int store_file_list(struct store *, const struct store_url *, enum store_kind,
    store_seen *, void *context) MUSTUSE;
int store_file_abort_uploads(struct store *, const struct store_url *,
    time_t older_than, size_t *count) MUSTUSE;

#endif
