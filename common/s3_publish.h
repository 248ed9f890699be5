/*
 * s3_publish: the moment in which an object appears under its name: a PUT, or
 * the completion of a multipart upload. Never over another object, and never
 * by guess: where the answer is lost or strange, the object itself is asked
 * whether it is ours (s3_own), and where nobody answers the verdict is
 * S3_DOUBTFUL.
 *
 * `If-None-Match: *` goes with both. Some servers do not heed it on completion
 * (Ceph RGW 16), so a HEAD goes before; between the two another writer of the
 * same name can still win there.
 */
#ifndef S3_PUBLISH_H
#define S3_PUBLISH_H

#include <stddef.h>

#include "io.h"
#include "s3_own.h"

/* PUT with these headers (metadata and the nonce). */
enum s3_published s3_publish_put(struct s3_publication *, const void *data,
    const struct sigv4_pair *headers, size_t header_count);

/* Complete an upload of parts 1..count. */
enum s3_published s3_publish_upload(struct s3_publication *,
    const char *upload_id, char *const *etags, size_t count);

#endif
