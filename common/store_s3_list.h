/*
 * store_s3_list: the lists of a bucket, as store.h has them: keys that no URL
 * can name are left out.
 */
#ifndef STORE_S3_LIST_H
#define STORE_S3_LIST_H

#include "io.h"
#include "s3_call.h"
#include "store.h"
#include "store_url.h"

/* See store_list(). */
int store_s3_list(struct s3_line *, const struct store_url *place,
    enum store_kind, store_seen *, void *context) MUSTUSE;

#endif
