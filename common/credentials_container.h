/*
 * credentials_container: the keys that ECS, EKS Pod Identity and Greengrass
 * hand to a container.
 *
 *     AWS_CONTAINER_CREDENTIALS_RELATIVE_URI   http://169.254.170.2/...
 *     AWS_CONTAINER_CREDENTIALS_FULL_URI       if the former is not set
 *     AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE   read anew each time, or
 *     AWS_CONTAINER_AUTHORIZATION_TOKEN        Authorization: ...
 *
 * A full URI is https, or http to this machine, 169.254.170.2, 169.254.170.23
 * or [fd00:ec2::23]: the token goes to nobody else. "AWS SDKs and Tools
 * Reference Guide", Container credential provider: <https://docs.aws.amazon.
 * com/sdkref/latest/guide/feature-container-credentials.html>
 */
#ifndef CREDENTIALS_CONTAINER_H
#define CREDENTIALS_CONTAINER_H

#include "credentials_source.h"
#include "io.h"

credentials_source credentials_from_container MUSTUSE;

#endif
