/*
 * explain: where each setting for s3:// URLs comes from.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>

#include "buf.h"
#include "io.h"
#include "store.h"

/*
 * Append a line a setting: name, value, origin; secrets are masked. The keys
 * come last, for getting them may fail. -1: told; what was found until then is
 * in lines all the same.
 */
int explain(struct buf *lines, const char *url, const struct store_options *,
    bool as_json) MUSTUSE;

#endif
