/*
 * sts: temporary keys from the Security Token Service.
 *
 * The endpoint is AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL (MinIO and Ceph
 * answer there), the profile's, or sts.REGION.amazonaws.com. AWS STS API
 * Reference, AssumeRole and AssumeRoleWithWebIdentity: <https://docs.aws.
 * amazon.com/STS/latest/APIReference/API_AssumeRole.html>
 */
#ifndef STS_H
#define STS_H

#include "credentials_source.h"
#include "io.h"
#include "sts_question.h"

/* Signed with the keys of another place. 1, or -1: told. */
int sts_assume_role(const struct credentials_search *,
    const struct sts_role *, const struct credentials *keys,
    struct credentials *found) MUSTUSE;

/*
 * With the token in a file, which is read anew each time. arn may be NULL
 * where a server of one's own goes by the token alone. 1, or -1: told.
 */
int sts_assume_role_with_web_identity(const struct credentials_search *,
    const struct sts_role *, const char *token_file,
    struct credentials *found) MUSTUSE;

#endif
