/*
 * credentials_instance: the keys of an EC2 instance's role, from its metadata
 * service, version 2 only: version 1 answers whoever makes us ask.
 *
 *     PUT /latest/api/token                       a token for the next two
 *     GET /latest/meta-data/iam/security-credentials/         the role's name
 *     GET /latest/meta-data/iam/security-credentials/ROLE     its keys
 *
 * AWS_EC2_METADATA_DISABLED=true, AWS_EC2_METADATA_SERVICE_ENDPOINT,
 * AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6, AWS_METADATA_SERVICE_TIMEOUT
 * (seconds, 1), AWS_METADATA_SERVICE_NUM_ATTEMPTS (1). Amazon EC2 User Guide,
 * "Use the Instance Metadata Service": <https://docs.aws.amazon.com/AWSEC2/
 * latest/UserGuide/configuring-instance-metadata-service.html>
 */
#ifndef CREDENTIALS_INSTANCE_H
#define CREDENTIALS_INSTANCE_H

#include "credentials_source.h"
#include "io.h"

/*
 * 0: there is no such service, it is switched off, or the instance has no
 * role. What it says otherwise counts.
 */
credentials_source credentials_from_instance MUSTUSE;

#endif
