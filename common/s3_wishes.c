#include "s3_wishes.h"

#include <string.h>

#include "prog.h"
#include "s3xml.h"
#include "text.h"

#define CLASS "x-amz-storage-class"
#define ENCRYPTION "x-amz-server-side-encryption"
#define LOCK "x-amz-object-lock-"
#define SECRET_MD5 ENCRYPTION "-customer-key-md5"

static bool
same_second(const char *a, const char *b)
{
	struct timespec left, right;

	return text_time(a, &left) == 0 && text_time(b, &right) == 0 &&
	    left.tv_sec == right.tv_sec;
}

/* Whether an object's headers say what was wished, or the wish is not asked. */
static bool
is_kept(const struct sigv4_pair *wish, const struct http_answer *http)
{
	const char *value = http_header(http, wish->name);

	if (strcmp(wish->name, LOCK "retain-until-date") == 0)
		return value != NULL && same_second(value, wish->value);
	if (strcmp(wish->name, ENCRYPTION) == 0 ||
	    text_starts(wish->name, LOCK))
		return value != NULL && strcmp(value, wish->value) == 0;
	return true;
}

static void
check_class(const struct s3 *s3, const char *key,
    const struct sigv4_pair *wish, const struct http_answer *http)
{
	const char *value = http_header(http, CLASS);

	if (value == NULL)
		value = "STANDARD";
	if (strcmp(wish->name, CLASS) == 0 && strcmp(value, wish->value) != 0)
		warning("object \"s3://%s/%s\" has storage class %.40s, not "
		    "%s", s3->place, key, value, wish->value);
}

static int
fail_unheeded(const struct s3 *s3, const char *key, const char *header)
{
	fail(PROG_PERMANENT, "cannot put object \"s3://%s/%s\": the server did "
	    "not heed %s", s3->place, key, header);
	return -1;
}

static int
check(const struct s3 *s3, const char *key, const struct sigv4_pair *wishes,
    size_t count, const struct http_answer *http)
{
	const char *md5 = http_header(http, SECRET_MD5);

	if (s3->secret != NULL && (md5 == NULL ||
	    strcmp(md5, s3->secret->md5) != 0))
		return fail_unheeded(s3, key, SECRET_MD5);
	for (size_t i = 0; i < count; i++) {
		if (!is_kept(&wishes[i], http))
			return fail_unheeded(s3, key, wishes[i].name);
		check_class(s3, key, &wishes[i], http);
	}
	return 0;
}

/* "a=b&c=d": two. */
static size_t
count_wished(const char *tags)
{
	size_t count = 1;

	for (; *tags != '\0'; tags++)
		count += *tags == '&';
	return count;
}

/* Ceph RGW 16 drops the tags of uploads that have parts, in silence. */
static void
check_tags(struct s3_line *line, const char *key, const char *tags)
{
	struct s3_request request = {
		.action = "read tags of object",
		.method = "GET",
		.key = key,
		.query = {{"tagging", ""}},
		.query_count = 1,
		.attempts_max = 2,
	};
	struct s3_answer answer;
	size_t wished = count_wished(tags);
	size_t count = 0;

	s3_answer_init(&answer);
	/* Where there is none, RGW says nothing. */
	if (s3_call(line, &request, &answer) != S3_DONE ||
	    (answer.http.body.len > 0 && s3xml_count_tags(&count,
	    answer.http.body.data, answer.http.body.len) != 0))
		info("cannot see whether object \"s3://%s/%s\" has its tags",
		    line->s3->place, key);
	else if (count < wished)
		warning("object \"s3://%s/%s\" has %zu of %zu tags: the server "
		    "dropped the others", line->s3->place, key, count, wished);
	s3_answer_release(&answer);
}

int
s3_wishes_check(struct s3_line *line, const char *key,
    const struct sigv4_pair *wishes, size_t count)
{
	struct s3_request request = {
		.action = "look at object",
		.method = "HEAD",
		.key = key,
		.secret = true,
	};
	struct s3_answer answer;
	int rc;

	if (count == 0 && line->s3->secret == NULL)
		return 0;
	s3_answer_init(&answer);
	if (s3_call(line, &request, &answer) == S3_DONE)
		rc = check(line->s3, key, wishes, count, &answer.http);
	else
		rc = s3_tell(line->s3, &request, &answer);
	s3_answer_release(&answer);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (strcmp(wishes[i].name, "x-amz-tagging") == 0)
			check_tags(line, key, wishes[i].value);
	}
	return rc;
}

void
s3_wishes_begun(struct s3_line *line, const char *key,
    const struct sigv4_pair *wishes, size_t count,
    const struct http_answer *http)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(wishes[i].name, ENCRYPTION) == 0 &&
		    !is_kept(&wishes[i], http))
			warning("the server does not confirm %s for object "
			    "\"s3://%s/%s\": it is looked at when it is there",
			    ENCRYPTION, line->s3->place, key);
	}
}
