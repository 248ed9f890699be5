/* store_file_get: how file:// reads; functions of struct store_backend. */
#ifndef STORE_FILE_GET_H
#define STORE_FILE_GET_H

#include "store.h"
#include "store_backend.h"

int store_file_get(struct store *, const struct store_url *, uint64_t from,
    uint64_t to, store_sink *, void *context) MUSTUSE;
int store_file_get_part(struct store *, const struct store_url *,
    const struct store_part *) MUSTUSE;

#endif
