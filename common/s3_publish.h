/*
 * s3_publish: the moment in which an object appears under its name: a PUT, or
 * the completion of a multipart upload. Never over another object, and never
 * in doubt: where the answer is lost or strange, the object itself is asked
 * whether it is ours (a nonce in its metadata, and its size).
 *
 * `If-None-Match: *` goes with both. Some servers do not heed it on completion
 * (Ceph RGW 16), so a HEAD goes before; between the two another writer of the
 * same name can still win there.
 */
#ifndef S3_PUBLISH_H
#define S3_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "io.h"
#include "s3_call.h"

#define S3_NONCE "pgbackpipe-upload"	/* metadata: behind x-amz-meta- */

struct s3_publication {
	struct s3_line *line;
	const char *key;
	const char *nonce;	/* in the metadata under S3_NONCE */
	uint64_t size;		/* of the whole object */
	bool unconditional;	/* set when the server has no If-None-Match */
	char *etag;		/* result; "" if the server does not tell */
	time_t modified;	/* result */
};

enum s3_published {
	S3_PUBLISHED,
	S3_TAKEN,		/* by another object; not told */
	S3_UNPUBLISHED,		/* told */
};

/* PUT with these headers (metadata and the nonce). */
enum s3_published s3_publish_put(struct s3_publication *, const void *data,
    const struct sigv4_pair *headers, size_t header_count);

/* Complete an upload of parts 1..count. */
enum s3_published s3_publish_upload(struct s3_publication *,
    const char *upload_id, char *const *etags, size_t count);

/*
 * Delete the object again, if it is ours. Returns S3_UNPUBLISHED; what could
 * not be deleted is told.
 */
enum s3_published s3_publish_undo(struct s3_publication *);

#endif
