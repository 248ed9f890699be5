/*
 * s3_upload: an object put piece by piece, in constant memory.
 *
 * What fits into one part becomes one PUT, anything longer a multipart upload
 * with equal parts. Nothing is visible before s3_upload_commit has returned
 * S3_PUBLISHED, and nothing is left after s3_upload_abort.
 */
#ifndef S3_UPLOAD_H
#define S3_UPLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "io.h"
#include "s3.h"
#include "s3_publish.h"

struct part_memory;

struct s3_upload_options {
	uint64_t part_size;	/* bytes; 0: chosen (s3_part_size) */
	uint64_t expected_size;	/* bytes; 0: not known */
	unsigned buffers;	/* parts in memory; 0: likewise */
	struct part_memory *memory;	/* of all uploads of the same bytes;
					   borrowed; NULL: its own */
	const struct sigv4_pair *metadata;	/* behind x-amz-meta- */
	size_t metadata_count;
	const struct sigv4_pair *wishes;	/* see s3_wishes */
	size_t wish_count;
};

struct s3_upload;

/*
 * Begin. Uploads that were left open under this very key are aborted. *taken
 * is set, and nothing told, when an object of that name exists. key is
 * borrowed until the end. NULL: taken, or told.
 */
struct s3_upload *s3_upload_begin(struct s3 *, const char *key,
    const struct s3_upload_options *, bool *taken);
int s3_upload_write(struct s3_upload *, const void *data, size_t len) MUSTUSE;

/* What has become of it. */
struct s3_uploaded {
	uint64_t size;
	char *etag;		/* the caller frees it */
	time_t modified;
};

/* Both free the upload. The result is set when S3_PUBLISHED. */
enum s3_published s3_upload_commit(struct s3_upload *, struct s3_uploaded *);
void s3_upload_abort(struct s3_upload *);

#endif
