#include "credentials_profile.h"

#include <stdlib.h>
#include <string.h>

#include "credentials_container.h"
#include "credentials_instance.h"
#include "credentials_process.h"
#include "prog.h"
#include "sts.h"
#include "xalloc.h"

int
credentials_from_environment(const struct credentials_search *search,
    struct credentials *found)
{
	(void)search;
	return credentials_set(found,
	    aws_config_environment("AWS_ACCESS_KEY_ID"),
	    aws_config_environment("AWS_SECRET_ACCESS_KEY"),
	    aws_config_environment("AWS_SESSION_TOKEN"),
	    xstrdup("the environment"));
}

int
credentials_from_web_identity(const struct credentials_search *search,
    struct credentials *found)
{
	const struct sts_role role = {
		.arn = aws_config_environment("AWS_ROLE_ARN"),
		.session_name = aws_config_environment(
		    "AWS_ROLE_SESSION_NAME"),
	};
	const char *file = aws_config_environment(
	    "AWS_WEB_IDENTITY_TOKEN_FILE");

	return file == NULL ? 0 :
	    sts_assume_role_with_web_identity(search, &role, file, found);
}

/* A profile, and those whose roles led to it. */
struct visit {
	const struct credentials_search *search;
	const char *profile;
	const struct visit *from;
	unsigned depth;
};

static const char *
get(const struct visit *visit, const char *key)
{
	return aws_config_of_profile(visit->search->config, visit->profile,
	    key);
}

static int
refuse(const struct visit *visit, const char *why)
{
	return fail(PROG_PERMANENT, "cannot use AWS profile \"%s\": %s",
	    visit->profile, why);
}

static int
own_keys(const struct visit *visit, struct credentials *found)
{
	const char *path = NULL;
	const struct aws_ini_entry *entry = aws_config_entry(
	    visit->search->config, visit->profile, "aws_access_key_id", &path);
	char *place = entry == NULL ? NULL : aws_config_place(entry, path);
	char *source = place == NULL ?
	    xasprintf("profile \"%s\"", visit->profile) :
	    xasprintf("profile \"%s\" (%s)", visit->profile, place);

	free(place);
	return credentials_set(found, get(visit, "aws_access_key_id"),
	    get(visit, "aws_secret_access_key"),
	    get(visit, "aws_session_token"), source);
}

static bool
has_own_keys(const struct visit *visit)
{
	return get(visit, "aws_access_key_id") != NULL ||
	    get(visit, "aws_secret_access_key") != NULL;
}

static int from_profile(const struct visit *, struct credentials *found);

/* The keys that a role's profile takes from another one. */
static int
keys_of_source(const struct visit *visit, const char *name,
    struct credentials *found)
{
	const struct visit next = {
		.search = visit->search,
		.profile = name,
		.from = visit,
		.depth = visit->depth + 1,
	};
	int rc;

	if (!aws_config_has_profile(visit->search->config, name))
		return refuse(visit, "its source_profile is in neither file");
	if (has_own_keys(&next))
		return own_keys(&next, found);
	for (const struct visit *at = visit; at != NULL; at = at->from) {
		if (strcmp(at->profile, name) == 0)
			return refuse(visit, "its source_profile leads back "
			    "to a profile that needs it");
	}
	if (next.depth >= CREDENTIALS_PROFILE_CHAIN)
		return refuse(visit, "too many source_profiles one after the "
		    "other");
	rc = from_profile(&next, found);
	return rc == 0 ? refuse(&next, "it is a source_profile and has no "
	    "credentials") : rc;
}

static int
keys_of_place(const struct visit *visit, const char *name,
    struct credentials *found)
{
	static const struct {
		const char *name;
		credentials_source *find;
	} places[] = {
		{"Environment", credentials_from_environment},
		{"EcsContainer", credentials_from_container},
		{"Ec2InstanceMetadata", credentials_from_instance},
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (strcmp(places[i].name, name) != 0)
			continue;
		int rc = places[i].find(visit->search, found);

		return rc == 0 ? refuse(visit, "its credential_source has no "
		    "credentials") : rc;
	}
	return refuse(visit, "its credential_source is none of Environment, "
	    "EcsContainer, Ec2InstanceMetadata");
}

/* The role's source says with whose keys it was assumed. */
static void
add_origin(struct credentials *found, const struct credentials *keys)
{
	char *source = xasprintf("%s, assumed with those of %s",
	    found->source, keys->source);

	free(found->source);
	found->source = source;
}

static int
assume_role(const struct visit *visit, const struct sts_role *role,
    struct credentials *found)
{
	const char *profile = get(visit, "source_profile");
	const char *place = get(visit, "credential_source");
	struct credentials keys = {.access_key = NULL};
	int rc;

	if (profile != NULL && place != NULL)
		return refuse(visit, "it has both source_profile and "
		    "credential_source");
	if (profile == NULL && place == NULL)
		return refuse(visit, "it has a role_arn, but neither "
		    "source_profile, credential_source nor "
		    "web_identity_token_file");
	if (get(visit, "mfa_serial") != NULL)
		return refuse(visit, "its role wants a code from a device "
		    "(mfa_serial), and there is nobody to type it");
	rc = profile != NULL ? keys_of_source(visit, profile, &keys) :
	    keys_of_place(visit, place, &keys);
	if (rc == 1)
		rc = sts_assume_role(visit->search, role, &keys, found);
	if (rc == 1)
		add_origin(found, &keys);
	credentials_release(&keys);
	return rc;
}

static int
from_profile(const struct visit *visit, struct credentials *found)
{
	const struct sts_role role = {
		.arn = get(visit, "role_arn"),
		.session_name = get(visit, "role_session_name"),
		.external_id = get(visit, "external_id"),
		.duration = get(visit, "duration_seconds"),
	};
	const char *token = get(visit, "web_identity_token_file");
	const char *process = get(visit, "credential_process");

	if (token != NULL)
		return sts_assume_role_with_web_identity(visit->search, &role,
		    token, found);
	if (role.arn != NULL)
		return assume_role(visit, &role, found);
	if (has_own_keys(visit))
		return own_keys(visit, found);
	if (process != NULL)
		return credentials_from_process(process, visit->profile,
		    found);
	if (get(visit, "sso_session") == NULL &&
	    get(visit, "sso_start_url") == NULL)
		return 0;
	refuse(visit, "it signs in to IAM Identity Center (sso_...), which a "
	    "person has to do");
	hint("credential_process = aws configure export-credentials --profile "
	    "NAME hands on such a sign-in");
	return -1;
}

int
credentials_from_profile(const struct credentials_search *search,
    struct credentials *found)
{
	const struct visit visit = {
		.search = search,
		.profile = search->config->profile,
	};

	return from_profile(&visit, found);
}
