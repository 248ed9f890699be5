#include "aws_config.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "prog.h"
#include "xalloc.h"

#define FILE_MAX ((size_t)1024 * 1024)	/* bytes of a configuration file */

const char *
aws_config_environment(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

/* The file that variable names, or name below ~/.aws. Caller frees. */
static char *
find_path(const char *variable, const char *name)
{
	const char *path = aws_config_environment(variable);
	const char *home = aws_config_environment("HOME");
	const struct passwd *user;

	if (path != NULL && strncmp(path, "~/", 2) != 0)
		return xstrdup(path);
	if (home == NULL && (user = getpwuid(getuid())) != NULL)
		home = user->pw_dir;
	if (home == NULL)
		return xstrdup("");
	return path != NULL ? xasprintf("%s/%s", home, path + 2) :
	    xasprintf("%s/.aws/%s", home, name);
}

static int
load_file(struct aws_ini *ini, const char *path)
{
	struct buf text = BUF_INIT;
	size_t bad_line;
	int rc = 0;

	if (*path == '\0')
		return 0;
	if (buf_read_file(&text, path, FILE_MAX) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			rc = fail(PROG_PERMANENT, "could not read AWS "
			    "configuration file \"%s\": %m", path);
	} else if (aws_ini_parse(ini, text.data, &bad_line) != 0) {
		rc = fail(PROG_PERMANENT, "cannot use AWS configuration file "
		    "\"%s\": line %zu is neither a section nor a setting",
		    path, bad_line);
	}
	if (text.len > 0)
		explicit_bzero(text.data, text.len);
	buf_release(&text);
	return rc;
}

/* "default" and "profile default" mean the same in the config file. */
static const char *
from_config_file(const struct aws_config *config, const char *key)
{
	char *section = xasprintf("profile %s", config->profile);
	const char *value = aws_ini_get(&config->config, section, key);

	free(section);
	if (value == NULL && strcmp(config->profile, "default") == 0)
		value = aws_ini_get(&config->config, "default", key);
	return value;
}

static int
check_profile(const struct aws_config *config)
{
	char *section = xasprintf("profile %s", config->profile);
	bool known = strcmp(config->profile, "default") == 0 ||
	    aws_ini_has_section(&config->config, section) ||
	    aws_ini_has_section(&config->credentials, config->profile);

	free(section);
	if (known)
		return 0;
	return fail(PROG_PERMANENT, "cannot find AWS profile \"%s\": it is "
	    "neither in \"%s\" nor in \"%s\"", config->profile,
	    config->config_path, config->credentials_path);
}

int
aws_config_load(struct aws_config *config)
{
	const char *profile = aws_config_environment("AWS_PROFILE");

	if (profile == NULL)
		profile = aws_config_environment("AWS_DEFAULT_PROFILE");
	*config = (struct aws_config){
		.profile = xstrdup(profile == NULL ? "default" : profile),
		.config_path = find_path("AWS_CONFIG_FILE", "config"),
		.credentials_path = find_path("AWS_SHARED_CREDENTIALS_FILE",
		    "credentials"),
	};
	if (load_file(&config->config, config->config_path) != 0 ||
	    load_file(&config->credentials, config->credentials_path) != 0 ||
	    check_profile(config) != 0) {
		aws_config_release(config);
		return -1;
	}
	return 0;
}

void
aws_config_release(struct aws_config *config)
{
	aws_ini_release(&config->config);
	aws_ini_release(&config->credentials);
	free(config->profile);
	free(config->config_path);
	free(config->credentials_path);
	memset(config, 0, sizeof *config);
}

const char *
aws_config_setting(const struct aws_config *config, const char *key)
{
	const char *value = aws_ini_get(&config->credentials, config->profile,
	    key);

	return value != NULL ? value : from_config_file(config, key);
}

const char *
aws_config_region(const struct aws_config *config)
{
	const char *region = aws_config_environment("AWS_REGION");

	if (region == NULL)
		region = aws_config_environment("AWS_DEFAULT_REGION");
	return region != NULL ? region : aws_config_setting(config, "region");
}

/* [services NAME], then "s3 =" with an indented endpoint_url. */
static const char *
services_endpoint(const struct aws_config *config)
{
	const char *services = aws_config_setting(config, "services");

	if (services == NULL)
		return NULL;
	char *section = xasprintf("services %s", services);
	const char *url = aws_ini_get(&config->config, section,
	    "s3.endpoint_url");

	free(section);
	return url;
}

const char *
aws_config_endpoint(const struct aws_config *config)
{
	const char *ignore = aws_config_environment(
	    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	const char *url = NULL;

	if (ignore != NULL && strcasecmp(ignore, "true") == 0)
		return NULL;
	if ((url = aws_config_environment("AWS_ENDPOINT_URL_S3")) == NULL &&
	    (url = aws_config_environment("AWS_ENDPOINT_URL")) == NULL &&
	    (url = services_endpoint(config)) == NULL)
		url = aws_config_setting(config, "endpoint_url");
	return url;
}

const char *
aws_config_ca_bundle(const struct aws_config *config)
{
	const char *path = aws_config_environment("AWS_CA_BUNDLE");

	return path != NULL ? path : aws_config_setting(config, "ca_bundle");
}
