#include "s3_codes.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "prog.h"

static const struct {
	const char *code;
	enum s3_class class;
} classes[] = {
	{"InternalError", S3_CLASS_AGAIN},
	{"RequestTimeout", S3_CLASS_AGAIN},
	{"IncompleteBody", S3_CLASS_AGAIN},
	{"OperationAborted", S3_CLASS_AGAIN},
	{"ConditionalRequestConflict", S3_CLASS_AGAIN},
	{"ClientDisconnected", S3_CLASS_AGAIN},
	{"XMinioBackendDown", S3_CLASS_AGAIN},
	{"XMinioServerNotInitialized", S3_CLASS_AGAIN},
	{"ServerNotInitialized", S3_CLASS_AGAIN},
	{"SlowDown", S3_CLASS_SLOWER},
	{"SlowDownRead", S3_CLASS_SLOWER},
	{"SlowDownWrite", S3_CLASS_SLOWER},
	{"ServiceUnavailable", S3_CLASS_SLOWER},
	{"Busy", S3_CLASS_SLOWER},
	{"Throttling", S3_CLASS_SLOWER},
	{"ThrottlingException", S3_CLASS_SLOWER},
	{"RequestThrottled", S3_CLASS_SLOWER},
	{"RequestLimitExceeded", S3_CLASS_SLOWER},
	{"TooManyRequests", S3_CLASS_SLOWER},
	{"BandwidthLimitExceeded", S3_CLASS_SLOWER},
	/* Damaged on the way: a second time it is the machine itself. */
	{"BadDigest", S3_CLASS_TWICE},
	{"XAmzContentSHA256Mismatch", S3_CLASS_TWICE},
	{"PermanentRedirect", S3_CLASS_REGION},
	{"AuthorizationHeaderMalformed", S3_CLASS_REGION},
	{"IllegalLocationConstraintException", S3_CLASS_REGION},
	{"TemporaryRedirect", S3_CLASS_REDIRECT},
	{"RequestTimeTooSkewed", S3_CLASS_CLOCK},
	{"ExpiredToken", S3_CLASS_KEYS},
	{"ExpiredTokenException", S3_CLASS_KEYS},
	{"TokenRefreshRequired", S3_CLASS_KEYS},
	{"InvalidAccessKeyId", S3_CLASS_KEYS},
	{"XMinioStorageFull", S3_CLASS_FATAL},
	{"InsufficientStorage", S3_CLASS_FATAL},
};

/* No room: trying again now is of no use, but later it may be. */
static const char *const full[] = {
	"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded",
	"QuotaExceeded", "InsufficientStorage",
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static enum s3_class
class_of_status(long status)
{
	switch (status) {
	case 301:
		return S3_CLASS_REGION;
	case 307:
		return S3_CLASS_REDIRECT;
	case 408:
	case 499:
		return S3_CLASS_AGAIN;
	case 429:
	case 503:
	case 509:
		return S3_CLASS_SLOWER;
	case 501:		/* not implemented */
	case 505:
	case 507:		/* storage full */
		return S3_CLASS_FATAL;
	default:
		return status >= 500 ? S3_CLASS_AGAIN : S3_CLASS_FATAL;
	}
}

enum s3_class
s3_codes_class(const char *code, long status)
{
	for (size_t i = 0; i < COUNT(classes); i++) {
		if (strcmp(classes[i].code, code) == 0)
			return classes[i].class;
	}
	/* A 5xx with a code that says "not built in" stays that way. */
	if (strcmp(code, "NotImplemented") == 0)
		return S3_CLASS_FATAL;
	return class_of_status(status);
}

const char *
s3_codes_of_status(long status)
{
	static const struct {
		long status;
		const char *code;
	} names[] = {
		{301, "PermanentRedirect"}, {304, "NotModified"},
		{307, "TemporaryRedirect"}, {403, "AccessDenied"},
		{404, "NotFound"}, {405, "MethodNotAllowed"},
		{412, "PreconditionFailed"}, {416, "InvalidRange"},
		{501, "NotImplemented"}, {503, "ServiceUnavailable"},
		{507, "InsufficientStorage"},
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		if (names[i].status == status)
			return names[i].code;
	}
	return "";
}

static bool
is_full(const char *code)
{
	for (size_t i = 0; i < COUNT(full); i++) {
		if (strcmp(full[i], code) == 0)
			return true;
	}
	return false;
}

const char *
s3_codes_hint(const char *code)
{
	static const struct {
		const char *code;
		const char *hint;
	} hints[] = {
		{"NoSuchBucket", "create the bucket, or correct its name; "
		    "and see whether AWS_ENDPOINT_URL is the right one"},
		{"AccessDenied", "give these credentials the right to do "
		    "this on the bucket and on its objects"},
		{"AllAccessDisabled", "the bucket's owner or the provider "
		    "has shut it"},
		{"SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY does not "
		    "belong to AWS_ACCESS_KEY_ID, or a proxy changes the "
		    "requests"},
		{"InvalidAccessKeyId", "the server does not know "
		    "AWS_ACCESS_KEY_ID: is it of another endpoint, or has it "
		    "expired?"},
		{"ExpiredToken", "get new temporary credentials"},
		{"InvalidToken", "AWS_SESSION_TOKEN is not of these keys"},
		{"RequestTimeTooSkewed", "set this machine's clock (NTP)"},
		{"PermanentRedirect", "set AWS_REGION to the bucket's region"},
		{"AuthorizationHeaderMalformed", "set AWS_REGION to the "
		    "bucket's region"},
		{"InvalidObjectState", "the object is in an archive: restore "
		    "it there first"},
		{"NoSuchUpload", "another upload of that name that began "
		    "meanwhile ends this one, and so may the bucket's rules"},
		{"EntityTooSmall", "this provider wants larger parts: "
		    "--part-size"},
		{"EntityTooLarge", "this provider wants smaller parts: "
		    "--part-size"},
	};

	if (is_full(code))
		return "make room on the server, keep fewer backups, or raise "
		    "the bucket's quota";
	for (size_t i = 0; i < COUNT(hints); i++) {
		if (strcmp(hints[i].code, code) == 0)
			return hints[i].hint;
	}
	return NULL;
}

int
s3_codes_exit(const char *code, long status)
{
	enum s3_class class = s3_codes_class(code, status);

	if (class == S3_CLASS_AGAIN || class == S3_CLASS_SLOWER ||
	    class == S3_CLASS_TWICE || status == 507 || is_full(code))
		return PROG_TEMPORARY;
	return PROG_PERMANENT;
}
