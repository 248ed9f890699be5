#include "credentials_json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "prog.h"
#include "xalloc.h"

static int
refuse(const char *source, const char *why)
{
	return fail(PROG_TEMPORARY, "could not use the answer of %s: %s",
	    source, why);
}

static const char *
member(const json_t *answer, const char *name)
{
	return json_string_value(json_object_get(answer, name));
}

/* An error code is a word: anything else may be a part of a secret. */
static bool
is_word(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]))
		len++;
	return len > 0 && len <= 64 && text[len] == '\0';
}

/* A container's error: {"code": "...", "message": "..."}. */
static int
check_code(const json_t *answer, const char *source)
{
	const char *code = member(answer, "Code");

	if (code == NULL)
		code = member(answer, "code");
	if (code == NULL || strcmp(code, "Success") == 0)
		return 0;
	return fail(PROG_TEMPORARY, "could not get AWS credentials from %s: "
	    "%s", source, is_word(code) ? code : "it answers with an error");
}

static int
check_form(const json_t *answer, enum credentials_json form,
    const char *source)
{
	if (!json_is_object(answer))
		return refuse(source, "it is not a JSON object");
	if (form == CREDENTIALS_PROCESS)
		return json_integer_value(json_object_get(answer,
		    "Version")) == 1 ? 0 :
		    refuse(source, "its Version is not 1");
	if (check_code(answer, source) != 0)
		return -1;
	if (member(answer, "Token") == NULL ||
	    member(answer, "Expiration") == NULL)
		return refuse(source, "it has no Token or no Expiration");
	return 0;
}

static int
read_object(struct credentials *found, enum credentials_json form,
    const json_t *answer, char *source)
{
	const char *expiration;
	time_t expires = 0;

	if (check_form(answer, form, source) != 0) {
		free(source);
		return -1;
	}
	expiration = member(answer, "Expiration");
	if (expiration != NULL && *expiration != '\0' &&
	    credentials_time(expiration, &expires) != 0) {
		refuse(source, "its Expiration is no time");
		free(source);
		return -1;
	}
	int rc = credentials_set(found, member(answer, "AccessKeyId"),
	    member(answer, "SecretAccessKey"), member(answer,
	    form == CREDENTIALS_PROCESS ? "SessionToken" : "Token"), source);

	if (rc == 1)
		found->expires = expires;
	return rc;
}

/* jansson frees its strings as they are. */
static void
wipe_strings(json_t *answer)
{
	const char *key;
	json_t *value;

	json_object_foreach(answer, key, value) {
		if (json_is_string(value))
			explicit_bzero((char *)json_string_value(value),
			    json_string_length(value));
	}
}

int
credentials_json_read(struct credentials *found, enum credentials_json form,
    const char *data, size_t len, char *source)
{
	json_t *answer = json_loadb(data, len, JSON_REJECT_DUPLICATES, NULL);
	char *name = xstrdup(source);
	int rc = read_object(found, form, answer, source);

	wipe_strings(answer);
	json_decref(answer);
	if (rc == 0)
		rc = refuse(name, "it holds no keys");
	free(name);
	return rc;
}
