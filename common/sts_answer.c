#include "sts_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "xalloc.h"
#include "xmlwalk.h"

enum { ACCESS_KEY, SECRET_KEY, TOKEN, EXPIRATION, MEMBERS };

struct reading {
	char *prefix;		/* "AssumeRoleResponse/.../Credentials" */
	char *members[MEMBERS];
};

static int
see_credentials(void *context, const char *path, const char *text)
{
	static const char *const names[MEMBERS] = {
		"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration",
	};
	struct reading *reading = context;
	const char *name = xmlwalk_below(path, reading->prefix);

	for (int i = 0; name != NULL && i < MEMBERS; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		/* Which of two would it be? */
		if (reading->members[i] != NULL)
			return -1;
		reading->members[i] = xstrdup(text);
	}
	return 0;
}

static int
refuse(char *source, const char *why)
{
	fail(PROG_TEMPORARY, "could not use the answer to %s: %s", source,
	    why);
	free(source);
	return -1;
}

int
sts_answer_read(struct credentials *found, const char *action,
    const char *data, size_t len, char *source)
{
	struct reading reading = {
		.prefix = xasprintf("%sResponse/%sResult/Credentials", action,
		    action),
	};
	char **members = reading.members;
	time_t expires;
	int rc = -1;

	if (xmlwalk(data, len, see_credentials, &reading) != 0 ||
	    members[ACCESS_KEY] == NULL || members[SECRET_KEY] == NULL ||
	    members[TOKEN] == NULL || members[EXPIRATION] == NULL ||
	    *members[ACCESS_KEY] == '\0' || *members[SECRET_KEY] == '\0')
		refuse(source, "it holds no keys");
	else if (credentials_time(members[EXPIRATION], &expires) != 0)
		refuse(source, "its Expiration is no time");
	else
		rc = credentials_set(found, members[ACCESS_KEY],
		    members[SECRET_KEY], members[TOKEN], source);
	if (rc == 1)
		found->expires = expires;
	for (int i = 0; i < MEMBERS; i++)
		credentials_wipe(members[i]);
	free(reading.prefix);
	return rc;
}

static int
see_error(void *context, const char *path, const char *text)
{
	struct sts_error *error = context;

	if (strcmp(path, "ErrorResponse/Error/Code") == 0)
		snprintf(error->code, sizeof error->code, "%s", text);
	if (strcmp(path, "ErrorResponse/Error/Message") == 0)
		snprintf(error->message, sizeof error->message, "%s", text);
	return 0;
}

void
sts_answer_error(struct sts_error *error, const char *data, size_t len)
{
	*error = (struct sts_error){.code = ""};
	if (xmlwalk(data, len, see_error, error) != 0)
		*error = (struct sts_error){.code = ""};
}
