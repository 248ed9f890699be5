#include "store_url.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "xalloc.h"

static bool
has_control(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (; *at != '\0'; at++) {
		if (*at < 0x20 || *at == 0x7f)
			return true;
		/* U+0080-9F: a terminal takes U+009B for an escape. */
		if (*at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
			return true;
	}
	return false;
}

static const char *
segment_problem(const char *at, size_t len)
{
	if (len == 0)
		return "it has an empty segment (\"//\")";
	if (len > STORE_NAME_MAX)
		return "a name in it is longer than 254 bytes";
	if ((len == 1 && at[0] == '.') ||
	    (len == 2 && at[0] == '.' && at[1] == '.'))
		return "\".\" and \"..\" are not allowed in it";
	return NULL;
}

const char *
store_key_problem(const char *key)
{
	size_t len = strlen(key);
	const char *problem = NULL;

	if (len == 0)
		return "it names no object";
	if (len > STORE_KEY_MAX)
		return "it is longer than 1024 bytes";
	if (has_control(key))
		return "it holds a control character";
	if (!text_is_utf8(key, len))
		return "it is not UTF-8";
	if (key[len - 1] == '/')
		return "it ends in \"/\", so it names no object";
	for (;;) {
		size_t segment = strcspn(key, "/");

		problem = segment_problem(key, segment);
		if (problem != NULL || key[segment] == '\0')
			return problem;
		key += segment + 1;
	}
}

const char *
store_metadata_problem(const char *key, const char *value)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (*key == '\0' || key[strspn(key, letters)] != '\0')
		return "a metadata key takes a-z, 0-9 and \"-\" only";
	for (const char *at = value; *at != '\0'; at++) {
		if (*at < 0x20 || *at > 0x7e)
			return "a metadata value takes printable ASCII only";
	}
	/* HTTP trims it: what came back would be another value. */
	if (*value == ' ' || text_ends(value, " "))
		return "a metadata value cannot begin or end with a blank";
	return NULL;
}

/* Ours is the wide rule: each server has its own, narrower one. */
static const char *
bucket_problem(const char *bucket)
{
	size_t len = strlen(bucket);

	if (len == 0)
		return "it names no bucket";
	if (len < 3 || len > 255)
		return "a bucket's name has 3 to 255 characters";
	for (const char *at = bucket; *at != '\0'; at++) {
		unsigned char c = (unsigned char)*at;

		if (c >= 0x80 || (!isalnum(c) && strchr("._-", c) == NULL))
			return "a bucket's name takes letters, digits, "
			    "\".\", \"_\" and \"-\" only";
	}
	if (strstr(bucket, "..") != NULL || bucket[0] == '.' ||
	    bucket[0] == '-')
		return "that is no bucket's name";
	return NULL;
}

/* An AWS profile, as far as its name can stand in a URL. */
static const char *
profile_problem(const char *profile)
{
	if (*profile == '\0')
		return "there is no profile before the \"@\"";
	for (; *profile != '\0'; profile++) {
		unsigned char c = (unsigned char)*profile;

		if (c >= 0x80 || (!isalnum(c) && strchr("._-", c) == NULL))
			return "a profile's name takes letters, digits, "
			    "\".\", \"_\" and \"-\" only";
	}
	return NULL;
}

static const char *
parse_s3(struct store_url *parsed, const char *rest, bool empty_allowed)
{
	size_t len = strcspn(rest, "/");
	size_t profile = strcspn(rest, "@");
	const char *problem = NULL;

	parsed->scheme = STORE_S3;
	parsed->place = xstrndup(rest, len);
	if (profile < len) {
		parsed->profile = xstrndup(rest, profile);
		problem = profile_problem(parsed->profile);
		rest += profile + 1;
		len -= profile + 1;
	}
	parsed->bucket = xstrndup(rest, len);
	parsed->key = xstrdup(rest[len] == '/' ? rest + len + 1 : "");
	if (problem == NULL)
		problem = bucket_problem(parsed->bucket);
	if (problem != NULL || (empty_allowed && parsed->key[0] == '\0'))
		return problem;
	return store_key_problem(parsed->key);
}

static const char *
parse_file(struct store_url *parsed, const char *rest, bool empty_allowed)
{
	parsed->scheme = STORE_FILE;
	if (rest[0] != '/')
		return "a file URL has an absolute path, as in "
		    "file:///backups";
	parsed->path = xstrdup(rest);
	if (empty_allowed && rest[1] == '\0')
		return NULL;
	return store_key_problem(rest + 1);
}

struct store_url *
store_url_parse(const char *url, enum store_url_kind kind,
    const char **problem)
{
	struct store_url *parsed = xcalloc(1, sizeof *parsed);
	bool place = kind == STORE_URL_PLACE;
	size_t len = strlen(url);

	/* One '/' at the end says "place"; "s3://" and "file:///" stay. */
	if (place && text_ends(url, "/") && !text_ends(url, "//"))
		len--;
	parsed->text = xstrndup(url, len);
	if (text_starts(url, "s3://"))
		*problem = parse_s3(parsed, parsed->text + 5, place);
	else if (text_starts(url, "file://"))
		*problem = parse_file(parsed, parsed->text + 7, place);
	else
		*problem = "it begins neither with s3:// nor with file://";
	if (*problem == NULL)
		return parsed;
	store_url_free(parsed);
	return NULL;
}

void
store_url_free(struct store_url *url)
{
	if (url == NULL)
		return;
	free(url->text);
	free(url->profile);
	free(url->bucket);
	free(url->place);
	free(url->key);
	free(url->path);
	free(url);
}

static char *
copy_text(const char *text)
{
	return text == NULL ? NULL : xstrdup(text);
}

struct store_url *
store_url_copy(const struct store_url *url)
{
	struct store_url *copy = xcalloc(1, sizeof *copy);

	copy->scheme = url->scheme;
	copy->text = copy_text(url->text);
	copy->profile = copy_text(url->profile);
	copy->bucket = copy_text(url->bucket);
	copy->place = copy_text(url->place);
	copy->key = copy_text(url->key);
	copy->path = copy_text(url->path);
	return copy;
}

const char *
store_url_name(const char *text)
{
	const char *slash = strrchr(text, '/');

	return slash == NULL ? text : slash + 1;
}
