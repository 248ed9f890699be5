/* owner.h: whose run put an object, by its metadata. */
#ifndef OWNER_H
#define OWNER_H

#include "buf.h"
#include "io.h"
#include "store.h"

/* 1: it is there, run_id is set, to "" for foreign ones; 0: it is gone; -1:
   told. */
int owner_find(struct store *, const char *url, struct buf *run_id) MUSTUSE;

#endif
