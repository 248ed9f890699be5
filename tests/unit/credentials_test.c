/* credentials and what reads them: times, JSON, STS's XML, commands, hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail	/* ours has arguments */

#include "credentials_json.h"
#include "credentials_process.h"
#include "prog.h"
#include "s3_provider.h"
#include "sts_answer.h"
#include "xalloc.h"

static void
test_time(void **state)
{
	static const struct {
		const char *text;
		time_t when;
	} good[] = {
		{"2026-01-29T14:30:22Z", 1769697022},
		{"2026-01-29T14:30:22.123Z", 1769697022},
		{"2026-01-29T14:30:22+00:00", 1769697022},
		{"2026-01-29T16:30:22+02:00", 1769697022},
		{"2026-01-29T09:00:22-05:30", 1769697022},
		{"2026-01-29T09:00:22-0530", 1769697022},
	};
	static const char *const bad[] = {
		"", "soon", "2026-01-29", "2026-01-29T14:30:22+", "1769697022",
		"2026-13-29T14:30:22Z", "2026-01-29T14:30:22Zx",
	};
	time_t when;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(credentials_time(good[i].text, &when), 0);
		assert_int_equal(when, good[i].when);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(credentials_time(bad[i], &when), -1);
}

/* What read says, and what fail() had to say. */
static int
read_json(enum credentials_json form, const char *text,
    struct credentials *found, struct prog_held *held)
{
	prog_hold(held);
	int rc = credentials_json_read(found, form, text, strlen(text),
	    xstrdup("here"));

	prog_release(held);
	return rc;
}

static void
test_json(void **state)
{
	static const char *const bad[] = {
		"", "[]", "null", "{", "{}", "\"x\"", "{\"Version\":1}",
		"{\"Version\":\"1\",\"AccessKeyId\":\"a\","
		    "\"SecretAccessKey\":\"TheSecret\"}",
		"{\"Version\":1,\"AccessKeyId\":\"a\",\"AccessKeyId\":\"b\","
		    "\"SecretAccessKey\":\"TheSecret\"}",
		"{\"Version\":1,\"AccessKeyId\":1,"
		    "\"SecretAccessKey\":\"TheSecret\"}",
		"{\"Version\":1,\"AccessKeyId\":\"a\","
		    "\"SecretAccessKey\":\"The\\nSecret\"}",
		"{\"Version\":1,\"AccessKeyId\":\"a\","
		    "\"SecretAccessKey\":\"TheSecret\",\"Expiration\":\"x\"}",
		"{\"Version\":1,\"AccessKeyId\":\"a\","
		    "\"SecretAccessKey\":\"TheSecret\"} TheSecret",
	};
	struct credentials found = {.access_key = NULL};
	struct prog_held held;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(read_json(CREDENTIALS_PROCESS, bad[i],
		    &found, &held), -1);
		assert_true(held.text[0] != '\0' && held.code != 0);
		assert_null(strstr(held.text, "Secret\""));
		assert_null(strstr(held.text, "TheSecret"));
	}
	assert_int_equal(read_json(CREDENTIALS_PROCESS, "{\"Version\":1,"
	    "\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\","
	    "\"SessionToken\":\"\",\"More\":[{}]}", &found, &held), 1);
	assert_null(found.session_token);
	assert_int_equal(found.expires, 0);
	assert_string_equal(found.source, "here");
	credentials_release(&found);
	assert_int_equal(read_json(CREDENTIALS_SERVICE, "{\"Code\":\"Success\","
	    "\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
	    "\"Expiration\":\"1970-01-01T00:01:00Z\"}", &found, &held), 1);
	assert_string_equal(found.session_token, "t");
	assert_int_equal(found.expires, 60);
	credentials_release(&found);
	assert_int_equal(read_json(CREDENTIALS_SERVICE,
	    "{\"Code\":\"NotThis\"}", &found, &held), -1);
	assert_non_null(strstr(held.text, "NotThis"));
	assert_int_equal(read_json(CREDENTIALS_SERVICE,
	    "{\"code\":\"Not\\u0007This\"}", &found, &held), -1);
	assert_null(strstr(held.text, "This"));
}

#define BEFORE "<AssumeRoleResponse xmlns='x'><AssumeRoleResult><Credentials>"
#define AFTER "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
#define KEYS "<AccessKeyId>a</AccessKeyId><SecretAccessKey>TheSecret" \
    "</SecretAccessKey><SessionToken>t</SessionToken>"
#define END "<Expiration>1970-01-01T00:01:00Z</Expiration>"

static int
read_sts(const char *text, struct credentials *found, struct prog_held *held)
{
	prog_hold(held);
	int rc = sts_answer_read(found, "AssumeRole", text, strlen(text),
	    xstrdup("here"));

	prog_release(held);
	return rc;
}

static void
test_sts(void **state)
{
	static const char *const bad[] = {
		"", "{}", BEFORE AFTER, BEFORE KEYS AFTER, BEFORE KEYS END,
		BEFORE KEYS KEYS END AFTER, BEFORE END AFTER,
		BEFORE KEYS "<Expiration/>" AFTER,
		"<AssumeRoleResponse>" KEYS END "</AssumeRoleResponse>",
		"<!DOCTYPE a [<!ENTITY b 'c'>]>" BEFORE KEYS END AFTER,
		BEFORE "<AccessKeyId> </AccessKeyId><SecretAccessKey>TheSecret"
		    "</SecretAccessKey><SessionToken>t</SessionToken>" END
		    AFTER,
	};
	struct credentials found = {.access_key = NULL};
	struct prog_held held;
	struct sts_error error;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(read_sts(bad[i], &found, &held), -1);
		assert_null(strstr(held.text, "TheSecret"));
	}
	assert_int_equal(read_sts(BEFORE KEYS END AFTER, &found, &held), 1);
	assert_string_equal(found.access_key, "a");
	assert_string_equal(found.session_token, "t");
	assert_int_equal(found.expires, 60);
	credentials_release(&found);
	sts_answer_error(&error, "nonsense", 8);
	assert_string_equal(error.code, "");
	static const char text[] = "<ErrorResponse><Error><Code>No</Code>"
	    "<Message>not so</Message></Error></ErrorResponse>";

	sts_answer_error(&error, text, sizeof text - 1);
	assert_string_equal(error.code, "No");
	assert_string_equal(error.message, "not so");
}

static void
test_words(void **state)
{
	static const struct {
		const char *command;
		const char *words[5];
	} good[] = {
		{"a", {"a"}},
		{"  a  b\tc ", {"a", "b", "c"}},
		{"'a b' \"c d\"", {"a b", "c d"}},
		{"a\\ b '\\' \"\\\"\\\\\\n\"", {"a b", "\\", "\"\\\\n"}},
		{"x'y'\"z\" '' $HOME ~ *", {"xyz", "", "$HOME", "~", "*"}},
	};
	static const char *const bad[] = {"", "  ", "'a", "\"a", "a\\", "\"\\"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char **words = credentials_process_words(good[i].command);

		assert_non_null(words);
		for (size_t k = 0; k < 5 && good[i].words[k] != NULL; k++)
			assert_string_equal(words[k], good[i].words[k]);
		credentials_process_free(words);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_null(credentials_process_words(bad[i]));
}

static void
test_hosts(void **state)
{
	static const struct {
		const char *service, *region;
		bool fips, dualstack;
		const char *host;
	} cases[] = {
		{"s3", "us-east-1", false, false, "s3.us-east-1.amazonaws.com"},
		{"s3", "x", true, true, "s3-fips.dualstack.x.amazonaws.com"},
		{"sts", "x", true, false, "sts-fips.x.amazonaws.com"},
		{"sts", "x", false, true, "sts.x.api.aws"},
		{"sts", "us-gov-west-1", true, false,
		    "sts.us-gov-west-1.amazonaws.com"},
		{"sts", "cn-north-1", false, false,
		    "sts.cn-north-1.amazonaws.com.cn"},
		{"s3", "eusc-de-east-1", false, false,
		    "s3.eusc-de-east-1.amazonaws.eu"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct s3_endpoint endpoint = {
			.fips = cases[i].fips, .dualstack = cases[i].dualstack,
		};
		char *host = s3_endpoint_host(&endpoint, cases[i].service,
		    cases[i].region);

		assert_string_equal(host, cases[i].host);
		free(host);
	}
}

static void
test_providers(void **state)
{
	static const struct {
		const char *url, *provider, *region;
	} cases[] = {
		{NULL, "aws", NULL},
		{"https://s3.eu-west-1.amazonaws.com", "aws", "eu-west-1"},
		{"https://s3.amazonaws.com", "aws", NULL},
		{"https://a.r2.cloudflarestorage.com", "r2", "auto"},
		{"https://s3.us-west-004.backblazeb2.com", "b2", "us-west-004"},
		{"https://storage.googleapis.com", "gcs", "auto"},
		{"https://s3.fr-par.scw.cloud:443", "scaleway", "fr-par"},
		{"https://gateway.storjshare.io", "storj", NULL},
		{"https://s3.wasabisys.com", "wasabi", NULL},
		{"https://s3.eu-central-2.wasabisys.com", "wasabi",
		    "eu-central-2"},
		{"https://nyc3.digitaloceanspaces.com", "digitalocean", "nyc3"},
		{"https://fsn1.your-objectstorage.com", "hetzner", "fsn1"},
		{"https://evil-amazonaws.com", "generic", NULL},
		{"http://127.0.0.1:9000", "generic", NULL},
		{"http://[::1]:9000", "generic", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct s3_endpoint endpoint;

		assert_null(s3_endpoint_parse(&endpoint, cases[i].url,
		    S3_STYLE_AUTO));
		const struct s3_provider *found = s3_provider_of(&endpoint);
		char *region = s3_provider_region(found, &endpoint);

		assert_string_equal(found->name, cases[i].provider);
		assert_ptr_equal(s3_provider_named(found->name), found);
		if (cases[i].region == NULL)
			assert_null(region);
		else
			assert_string_equal(region, cases[i].region);
		free(region);
		s3_endpoint_release(&endpoint);
	}
	assert_null(s3_provider_named("moon"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_sts),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_providers),
	};

	prog_init("credentials_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
