/*
 * metadata: the options of s3-put that say what stands beside the bytes.
 */
#ifndef METADATA_H
#define METADATA_H

#include "io.h"
#include "opt.h"
#include "store.h"

struct metadata {
	/* as given */
	struct opt_list items;	/* KEY=VALUE */
	const char *run_id;	/* NULL: none */
};

/*
 * Check them and put them into the options, which borrow them until the
 * release, made or not. -1: told, exit 100.
 */
int metadata_make(const struct metadata *, struct store_options *) MUSTUSE;
void metadata_release(struct store_options *);

#endif
