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

/*
 * Where a setting is looked for: in variables, then (endpoints) in the
 * profile's [services] section, then in the profile by its keys. The names
 * are those of "AWS SDKs and Tools Reference Guide", settings reference:
 * <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>;
 * the AWS CLI's for s3.*. Those marked + are ours alone.
 */
static const struct {
	const char *variables[2];
	const char *service;
	const char *keys[2];
	bool of_place;		/* not the environment's for a URL's profile */
} places[AWS_SETTINGS] = {
	[AWS_PROFILE] = {{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}, NULL, {NULL},
	    true},
	[AWS_REGION] = {{"AWS_REGION", "AWS_DEFAULT_REGION"}, NULL, {"region"},
	    true},
	[AWS_ENDPOINT_S3] = {{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"},
	    "s3.endpoint_url", {"endpoint_url"}, true},
	[AWS_ENDPOINT_STS] = {{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"},
	    "sts.endpoint_url", {"endpoint_url"}, true},
	[AWS_STYLE] = {{"AWS_S3_ADDRESSING_STYLE"} /* + */, NULL,
	    {"s3.addressing_style"}, true},
	[AWS_FIPS] = {{"AWS_USE_FIPS_ENDPOINT"}, NULL, {"use_fips_endpoint"},
	    true},
	[AWS_DUALSTACK] = {{"AWS_USE_DUALSTACK_ENDPOINT"}, NULL,
	    {"use_dualstack_endpoint", "s3.use_dualstack_endpoint"}, true},
	[AWS_CA_BUNDLE] = {{"AWS_CA_BUNDLE"}, NULL, {"ca_bundle"}},
	[AWS_NO_VERIFY_TLS] = {{"AWS_NO_VERIFY_TLS"} /* + */, NULL, {NULL}},
	[AWS_ALLOW_HTTP] = {{"AWS_ALLOW_HTTP"} /* + */, NULL, {NULL}},
	[AWS_PROVIDER] = {{"AWS_S3_PROVIDER"} /* + */, NULL, {NULL}, true},
	[AWS_SSE_C_KEY_FILE] = {{"AWS_SSE_CUSTOMER_KEY_FILE"} /* + */, NULL,
	    {"sse_customer_key_file" /* + */}, true},
	[AWS_REQUEST_PAYER] = {{"AWS_REQUEST_PAYER"} /* + */, NULL, {NULL}},
	[AWS_METADATA_DISABLED] = {{"AWS_EC2_METADATA_DISABLED"}, NULL, {NULL}},
	[AWS_METADATA_ENDPOINT] = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT"}, NULL,
	    {"ec2_metadata_service_endpoint"}},
	[AWS_METADATA_MODE] = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"}, NULL,
	    {"ec2_metadata_service_endpoint_mode"}},
	[AWS_METADATA_TIMEOUT] = {{"AWS_METADATA_SERVICE_TIMEOUT"}, NULL,
	    {"metadata_service_timeout"}},
	[AWS_METADATA_ATTEMPTS] = {{"AWS_METADATA_SERVICE_NUM_ATTEMPTS"}, NULL,
	    {"metadata_service_num_attempts"}},
	[AWS_IGNORE_ENDPOINTS] = {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}, NULL,
	    {"ignore_configured_endpoint_urls"}, true},
};

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
const struct aws_ini_entry *
aws_config_entry(const struct aws_config *config, const char *profile,
    const char *key, const char **path)
{
	const struct aws_ini_entry *entry = aws_ini_find(&config->credentials,
	    profile, key);

	*path = config->credentials_path;
	if (entry != NULL)
		return entry;
	*path = config->config_path;
	char *section = xasprintf("profile %s", profile);

	entry = aws_ini_find(&config->config, section, key);
	free(section);
	if (entry == NULL && strcmp(profile, "default") == 0)
		entry = aws_ini_find(&config->config, "default", key);
	return entry;
}

const char *
aws_config_of_profile(const struct aws_config *config, const char *profile,
    const char *key)
{
	const char *path;
	const struct aws_ini_entry *entry = aws_config_entry(config, profile,
	    key, &path);

	return entry == NULL ? NULL : entry->value;
}

bool
aws_config_has_profile(const struct aws_config *config, const char *profile)
{
	char *section = xasprintf("profile %s", profile);
	bool known = strcmp(profile, "default") == 0 ||
	    aws_ini_has_section(&config->config, section) ||
	    aws_ini_has_section(&config->credentials, profile);

	free(section);
	return known;
}

int
aws_config_load(struct aws_config *config, const char *profile)
{
	bool named = profile != NULL;

	if (profile == NULL)
		profile = aws_config_get(NULL, AWS_PROFILE);
	*config = (struct aws_config){
		.named = named,
		.profile = xstrdup(profile == NULL ? "default" : profile),
		.config_path = find_path("AWS_CONFIG_FILE", "config"),
		.credentials_path = find_path("AWS_SHARED_CREDENTIALS_FILE",
		    "credentials"),
	};
	int rc = load_file(&config->config, config->config_path);

	if (rc == 0)
		rc = load_file(&config->credentials, config->credentials_path);
	if (rc == 0 && !aws_config_has_profile(config, config->profile))
		rc = fail(PROG_PERMANENT, "cannot find AWS profile \"%s\": it "
		    "is neither in \"%s\" nor in \"%s\"", config->profile,
		    config->config_path, config->credentials_path);
	if (rc != 0)
		aws_config_release(config);
	return rc;
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

/* [services NAME], then "s3 =" with an indented endpoint_url. */
static const struct aws_ini_entry *
service_entry(const struct aws_config *config, const char *key,
    const char **path)
{
	const char *name = aws_config_of_profile(config, config->profile,
	    "services");

	if (key == NULL || name == NULL)
		return NULL;
	char *section = xasprintf("services %s", name);
	const struct aws_ini_entry *entry = aws_ini_find(&config->config,
	    section, key);

	free(section);
	*path = config->config_path;
	return entry;
}

static bool
is_ignored(const struct aws_config *config, enum aws_setting setting)
{
	return (setting == AWS_ENDPOINT_S3 || setting == AWS_ENDPOINT_STS) &&
	    aws_config_on(config, AWS_IGNORE_ENDPOINTS);
}

static const char *
find_variable(enum aws_setting setting)
{
	for (int i = 0; i < 2; i++) {
		const char *name = places[setting].variables[i];

		if (name != NULL && aws_config_environment(name) != NULL)
			return name;
	}
	return NULL;
}

/*
 * The variable's name, or NULL and the entry in a file, or NULL too. The
 * environment goes first, but behind a profile that a URL names.
 */
static const char *
find_setting(const struct aws_config *config, enum aws_setting setting,
    const struct aws_ini_entry **entry, const char **path)
{
	bool named = config != NULL && config->named;
	const char *variable = named && places[setting].of_place ? NULL :
	    find_variable(setting);

	*entry = NULL;
	if (is_ignored(config, setting))
		return NULL;
	if (config == NULL || (variable != NULL && !named))
		return variable;
	*entry = service_entry(config, places[setting].service, path);
	for (int i = 0; i < 2 && *entry == NULL; i++) {
		const char *key = places[setting].keys[i];

		if (key != NULL)
			*entry = aws_config_entry(config, config->profile, key,
			    path);
	}
	return *entry == NULL ? variable : NULL;
}

const char *
aws_config_get(const struct aws_config *config, enum aws_setting setting)
{
	const struct aws_ini_entry *entry;
	const char *path;
	const char *name = find_setting(config, setting, &entry, &path);

	return name != NULL ? aws_config_environment(name) :
	    entry != NULL ? entry->value : NULL;
}

bool
aws_config_on(const struct aws_config *config, enum aws_setting setting)
{
	const char *value = aws_config_get(config, setting);

	return value != NULL && strcasecmp(value, "true") == 0;
}

char *
aws_config_place(const struct aws_ini_entry *entry, const char *path)
{
	return xasprintf("\"%s\", line %zu, [%s]", path, entry->line,
	    entry->section);
}

char *
aws_config_origin(const struct aws_config *config, enum aws_setting setting)
{
	const struct aws_ini_entry *entry;
	const char *path;
	const char *name = find_setting(config, setting, &entry, &path);

	return name != NULL ? xasprintf("%s in the environment", name) :
	    entry != NULL ? aws_config_place(entry, path) : NULL;
}
