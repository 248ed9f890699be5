/*
 * credentials_profile: the keys of a profile in the shared files.
 *
 *     role_arn + web_identity_token_file             AssumeRoleWithWebIdentity
 *     role_arn + source_profile                      AssumeRole, with its keys
 *     role_arn + credential_source = Environment | EcsContainer |
 *                                    Ec2InstanceMetadata
 *     aws_access_key_id, aws_secret_access_key, aws_session_token
 *     credential_process
 *
 * The first of these that the profile has. A source profile may have a role of
 * its own; one that has keys gives these. It may be the profile itself, for
 * its keys. "AWS SDKs and Tools Reference Guide", Assume role credential
 * provider: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-
 * role-credentials.html>
 */
#ifndef CREDENTIALS_PROFILE_H
#define CREDENTIALS_PROFILE_H

#include "credentials_source.h"
#include "io.h"

#define CREDENTIALS_PROFILE_CHAIN 8	/* roles one after the other */

/* Of the profile that the configuration names. */
credentials_source credentials_from_profile MUSTUSE;

/* AWS_ACCESS_KEY_ID and the others. */
credentials_source credentials_from_environment MUSTUSE;

/* AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME. */
credentials_source credentials_from_web_identity MUSTUSE;

#endif
