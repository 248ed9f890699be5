/*
 * aws_config: what the environment and the AWS files say about region,
 * endpoint and the like; credentials has the keys.
 *
 * Read: AWS_PROFILE, AWS_CONFIG_FILE (~/.aws/config),
 * AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials). The table in aws_config.c
 * says where each setting is looked for, and in which order.
 */
#ifndef AWS_CONFIG_H
#define AWS_CONFIG_H

#include <stdbool.h>

#include "aws_ini.h"
#include "io.h"

struct aws_config {
	char *profile;			/* "default" without AWS_PROFILE */
	bool named;			/* by the URL, not the environment */
	char *config_path;		/* "" without a home */
	char *credentials_path;
	struct aws_ini config;
	struct aws_ini credentials;
};

enum aws_setting {
	AWS_PROFILE,			/* needs no files: NULL will do */
	AWS_REGION,
	AWS_ENDPOINT_S3,
	AWS_ENDPOINT_STS,
	AWS_STYLE,			/* "path", "virtual" or "auto" */
	AWS_FIPS,
	AWS_DUALSTACK,
	AWS_CA_BUNDLE,
	AWS_NO_VERIFY_TLS,
	AWS_ALLOW_HTTP,
	AWS_PROVIDER,			/* a name of s3_provider's table */
	AWS_SSE_C_KEY_FILE,		/* see s3_secret */
	AWS_REQUEST_PAYER,
	AWS_METADATA_DISABLED,
	AWS_METADATA_ENDPOINT,
	AWS_METADATA_MODE,
	AWS_METADATA_TIMEOUT,
	AWS_METADATA_ATTEMPTS,
	AWS_IGNORE_ENDPOINTS,
	AWS_SETTINGS			/* how many there are */
};

/*
 * Read both files. One that is not there is empty. With a profile that a URL
 * names, what belongs to a place (region, endpoint, keys, ...) comes from that
 * profile alone, not from the environment; NULL: AWS_PROFILE's. -1, told (exit
 * 100): a file cannot be read, or the profile is in neither.
 */
int aws_config_load(struct aws_config *, const char *profile) MUSTUSE;
void aws_config_release(struct aws_config *);

/* An environment variable that is set and not empty, or NULL. */
const char *aws_config_environment(const char *name);

/* The value of a setting, or NULL. Borrowed. */
const char *aws_config_get(const struct aws_config *, enum aws_setting);

/* Whether it is "true", in any case. */
bool aws_config_on(const struct aws_config *, enum aws_setting);

/*
 * Where the value comes from, for people: `AWS_REGION in the environment` or
 * `"/root/.aws/config", line 3, [profile night]`. The caller frees it. NULL:
 * it is not set.
 */
char *aws_config_origin(const struct aws_config *, enum aws_setting);

/*
 * A setting of a profile, or NULL: the credentials file goes first. The second
 * form gives its entry, and the file's path in *path.
 */
const char *aws_config_of_profile(const struct aws_config *,
    const char *profile, const char *key);
const struct aws_ini_entry *aws_config_entry(const struct aws_config *,
    const char *profile, const char *key, const char **path);

/* `"/root/.aws/config", line 3, [profile night]`. The caller frees it. */
char *aws_config_place(const struct aws_ini_entry *, const char *path);

bool aws_config_has_profile(const struct aws_config *, const char *profile);

#endif
