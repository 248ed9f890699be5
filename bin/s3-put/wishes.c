/* wishes.c: options of s3-put into headers; what cannot be is refused. */
#include "wishes.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

#define HEADERS_MAX 8		/* of wishes_make */

/* S3 API: PutObjectTagging. */
#define TAGS_MAX 10
#define TAG_KEY_MAX 128		/* characters; bytes here: the safe side */
#define TAG_VALUE_MAX 256

static const char *const encryptions[] = {
	"AES256", "aws:kms", "aws:kms:dsse", NULL,
};
static const char *const lock_modes[] = {"GOVERNANCE", "COMPLIANCE", NULL};
/* S3 User Guide: "Canned ACL". */
static const char *const acls[] = {
	"private", "public-read", "public-read-write", "authenticated-read",
	"aws-exec-read", "bucket-owner-read", "bucket-owner-full-control",
	NULL,
};

/* Takes over the value. */
static void
add(struct wishes *wishes, const char *name, char *value)
{
	wishes->headers[wishes->header_count++] =
	    (struct store_metadata){name, value};
}

/* A word of a list, or not given. */
static int
add_word(struct wishes *wishes, const char *header, const char *option,
    const char *value, const char *const *words)
{
	struct buf known = BUF_INIT;

	if (value == NULL)
		return 0;
	for (const char *const *word = words; *word != NULL; word++) {
		if (strcmp(*word, value) == 0) {
			add(wishes, header, xstrdup(value));
			buf_release(&known);
			return 0;
		}
		buf_addf(&known, "%s%s", known.len == 0 ? "" : ", ", *word);
	}
	fail(PROG_PERMANENT, "cannot use --%s=%s: it is none of %s", option,
	    value, known.data);
	buf_release(&known);
	return -1;
}

/* Any text that can stand in a header, or not given. */
static int
add_text(struct wishes *wishes, const char *header, const char *option,
    const char *value)
{
	if (value == NULL)
		return 0;
	for (const char *at = value; *at != '\0'; at++) {
		if (*at <= ' ' || *at > '~')
			return fail(PROG_PERMANENT, "cannot use --%s=%s: it "
			    "takes printable ASCII without blanks", option,
			    value);
	}
	if (*value == '\0')
		return fail(PROG_PERMANENT, "cannot use --%s without a value",
		    option);
	add(wishes, header, xstrdup(value));
	return 0;
}

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

/* "key=value" of an item, encoded, onto the header's value. */
static int
add_tag(struct buf *header, const char *item)
{
	const char *equals = strchr(item, '=');
	const char *problem = NULL;

	if (equals == NULL || equals == item)
		problem = "it is not KEY=VALUE";
	else if (equals - item > TAG_KEY_MAX ||
	    strlen(equals + 1) > TAG_VALUE_MAX)
		problem = "a key has 128 bytes at most, a value 256";
	else if (has_control(item) || !text_is_utf8(item, strlen(item)))
		problem = "it is no text in UTF-8";
	if (problem != NULL)
		return fail(PROG_PERMANENT, "cannot use --tag=%s: %s", item,
		    problem);
	char *key = xstrndup(item, (size_t)(equals - item));

	if (header->len > 0)
		buf_add(header, "&", 1);
	text_add_percent(header, key, false);
	buf_add(header, "=", 1);
	text_add_percent(header, equals + 1, false);
	free(key);
	return 0;
}

static bool
same_key(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return len == strcspn(b, "=") && memcmp(a, b, len) == 0;
}

static int
add_tags(struct wishes *wishes)
{
	const struct opt_list *tags = &wishes->tags;
	struct buf header = BUF_INIT;

	if (tags->count > TAGS_MAX)
		return fail(PROG_PERMANENT, "cannot use %zu tags: at most %d",
		    tags->count, TAGS_MAX);
	for (size_t i = 0; i < tags->count; i++) {
		if (add_tag(&header, tags->items[i]) != 0)
			goto bad;
		for (size_t k = 0; k < i; k++) {
			if (!same_key(tags->items[i], tags->items[k]))
				continue;
			fail(PROG_PERMANENT, "cannot use --tag=%s: its key is "
			    "there twice", tags->items[i]);
			goto bad;
		}
	}
	if (header.len > 0)
		add(wishes, "x-amz-tagging", buf_detach(&header));
	return 0;
bad:
	buf_release(&header);
	return -1;
}

/* A time, or how long from now on. */
static int
add_lock(struct wishes *wishes, time_t now)
{
	const char *until = wishes->lock_until;
	struct timespec when = {0};
	uint64_t seconds;

	if ((wishes->lock_mode == NULL) != (until == NULL))
		return fail(PROG_PERMANENT, "cannot use one of "
		    "--object-lock-mode and --object-lock-until without the "
		    "other");
	if (until == NULL)
		return 0;
	if (text_duration(until, &seconds) == 0 && seconds < INT32_MAX)
		when.tv_sec = now + (time_t)seconds;
	else if (text_time(until, &when) != 0)
		return fail(PROG_PERMANENT, "cannot use --object-lock-until=%s"
		    ": it is neither a time as 2026-01-29T14:30:22Z nor a "
		    "duration as 30d", until);
	if (when.tv_sec <= now)
		return fail(PROG_PERMANENT, "cannot use --object-lock-until=%s"
		    ": that is over", until);
	struct tm tm;
	char date[sizeof "2026-01-29T14:30:22Z" + 8];

	if (gmtime_r(&when.tv_sec, &tm) == NULL || strftime(date, sizeof date,
	    "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return fail(PROG_PERMANENT, "cannot use --object-lock-until=%s",
		    until);
	add(wishes, "x-amz-object-lock-retain-until-date", xstrdup(date));
	return 0;
}

static int
check_sse(const struct wishes *wishes)
{
	if (wishes->sse != NULL && wishes->sse_c_key_file != NULL)
		return fail(PROG_PERMANENT, "cannot use --sse and "
		    "--sse-c-key-file at once");
	if (wishes->sse_kms_key_id != NULL && (wishes->sse == NULL ||
	    !text_starts(wishes->sse, "aws:kms")))
		return fail(PROG_PERMANENT, "cannot use --sse-kms-key-id "
		    "without --sse=aws:kms");
	return 0;
}

int
wishes_make(struct wishes *wishes, struct store_options *options, time_t now)
{
	wishes->headers = xcalloc(HEADERS_MAX, sizeof *wishes->headers);
	if (check_sse(wishes) != 0 ||
	    add_text(wishes, "x-amz-storage-class", "storage-class",
	    wishes->storage_class) != 0 ||
	    add_word(wishes, "x-amz-server-side-encryption", "sse",
	    wishes->sse, encryptions) != 0 ||
	    add_text(wishes, "x-amz-server-side-encryption-aws-kms-key-id",
	    "sse-kms-key-id", wishes->sse_kms_key_id) != 0 ||
	    add_word(wishes, "x-amz-object-lock-mode", "object-lock-mode",
	    wishes->lock_mode, lock_modes) != 0 ||
	    add_word(wishes, "x-amz-acl", "acl", wishes->acl, acls) != 0 ||
	    add_lock(wishes, now) != 0 || add_tags(wishes) != 0)
		return -1;
	if (wishes->legal_hold)
		add(wishes, "x-amz-object-lock-legal-hold", xstrdup("ON"));
	options->wishes = wishes->headers;
	options->wish_count = wishes->header_count;
	if (wishes->sse_c_key_file == NULL)
		return 0;
	options->secret = &wishes->secret;
	return s3_secret_read(&wishes->secret, wishes->sse_c_key_file);
}

void
wishes_release(struct wishes *wishes)
{
	for (size_t i = 0; i < wishes->header_count; i++)
		free((char *)wishes->headers[i].value);
	free(wishes->headers);
	s3_secret_clear(&wishes->secret);
}
