/*
 * wishes: the options of s3-put that say how S3 is to keep the object. Each
 * becomes a header of the PUT or CreateMultipartUpload.
 */
#ifndef WISHES_H
#define WISHES_H

#include <stdbool.h>
#include <time.h>

#include "io.h"
#include "opt.h"
#include "s3_secret.h"
#include "store.h"

struct wishes {
	/* as given; NULL or false: not */
	const char *storage_class;
	const char *sse, *sse_kms_key_id, *sse_c_key_file;
	struct opt_list tags;		/* KEY=VALUE */
	const char *lock_mode, *lock_until;
	bool legal_hold;
	const char *acl;
	/* made of them */
	struct s3_secret secret;
	struct store_metadata *headers;	/* values are on the heap */
	size_t header_count;
};

/*
 * Check them and put them into the options, which borrow them until the
 * release. -1: told, exit 100.
 */
int wishes_make(struct wishes *, struct store_options *, time_t now) MUSTUSE;
void wishes_release(struct wishes *);

#endif
