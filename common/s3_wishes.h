/*
 * s3_wishes: headers of a PUT or CreateMultipartUpload that say how an object
 * is kept: storage class, encryption, tags, lock, access list. They go along
 * as they are, signed. Some servers answer 200 and drop them, so the object is
 * asked afterwards. What is asked for:
 *
 *     x-amz-server-side-encryption           as given
 *     x-amz-object-lock-mode                 as given
 *     x-amz-object-lock-legal-hold           as given
 *     x-amz-object-lock-retain-until-date    the same second
 *     x-amz-storage-class                    a warning only; none told is
 *                                            STANDARD
 *     x-amz-tagging                          a warning only, if there are
 *                                            fewer (GetObjectTagging, where
 *                                            the right to it is there)
 *
 * and the MD5 of SSE-C's key, where there is one (s3.secret).
 * S3 API: PutObject, HeadObject.
 */
#ifndef S3_WISHES_H
#define S3_WISHES_H

#include <stdbool.h>
#include <stddef.h>

#include "http_answer.h"
#include "io.h"
#include "s3_call.h"

/*
 * Whether the object got what was wished. -1: told, exit 100: the server took
 * the headers and did not heed them; or 111: it could not be asked.
 */
int s3_wishes_check(struct s3_line *, const char *key,
    const struct sigv4_pair *wishes, size_t count) MUSTUSE;

/*
 * The answer to CreateMultipartUpload: a warning when encryption was asked
 * for and is not confirmed, before all the bytes go.
 */
void s3_wishes_begun(struct s3_line *, const char *key,
    const struct sigv4_pair *wishes, size_t count,
    const struct http_answer *);

#endif
