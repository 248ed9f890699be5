/*
 * aws_config: what the environment and the AWS files say about region,
 * endpoint and the like; credentials has the keys.
 *
 * Read: AWS_PROFILE, AWS_CONFIG_FILE (~/.aws/config),
 * AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials).
 */
#ifndef AWS_CONFIG_H
#define AWS_CONFIG_H

#include <stdbool.h>

#include "aws_ini.h"
#include "io.h"

struct aws_config {
	char *profile;			/* "default" without AWS_PROFILE */
	char *config_path;		/* "" without a home */
	char *credentials_path;
	struct aws_ini config;
	struct aws_ini credentials;
};

/*
 * Read both files. One that is not there is empty. -1, told (exit 100): one
 * cannot be read, or AWS_PROFILE is in neither.
 */
int aws_config_load(struct aws_config *) MUSTUSE;
void aws_config_release(struct aws_config *);

/* An environment variable that is set and not empty, or NULL. */
const char *aws_config_environment(const char *name);

/* A setting of the profile, or NULL: the credentials file goes first. */
const char *aws_config_setting(const struct aws_config *, const char *key);

/* AWS_REGION, AWS_DEFAULT_REGION, the profile's region; or NULL. */
const char *aws_config_region(const struct aws_config *);

/*
 * AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's services section, its
 * endpoint_url; or NULL. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true: NULL.
 */
const char *aws_config_endpoint(const struct aws_config *);

/* AWS_CA_BUNDLE, the profile's ca_bundle; or NULL. */
const char *aws_config_ca_bundle(const struct aws_config *);

#endif
