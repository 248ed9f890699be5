/* aws_ini, aws_config, credentials: where keys and settings come from. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#undef fail	/* ours has arguments */

#include "aws_config.h"
#include "aws_ini.h"
#include "credentials_chain.h"
#include "prog.h"
#include "retry.h"

static void
test_ini(void **state)
{
	static const char text[] =
	    "\xef\xbb\xbf# a comment\r\n"
	    "[default]\r\n"
	    "region = eu-central-1 ; there\r\n"
	    "aws_secret_access_key = a=b#c;d\n"
	    "empty =\n"
	    "[profile \"a  b\"]\n"
	    "Region=x\n"
	    "region=y\n"
	    "s3 =\n"
	    "  addressing_style = path\n"
	    "\tendpoint_url=http://h\n"
	    "output = json\n"
	    "  folded line\n";
	struct aws_ini ini = AWS_INI_INIT;
	size_t line;

	(void)state;
	assert_int_equal(aws_ini_parse(&ini, text, &line), 0);
	assert_string_equal(aws_ini_get(&ini, "default", "region"),
	    "eu-central-1");
	assert_string_equal(aws_ini_get(&ini, "default",
	    "aws_secret_access_key"), "a=b#c;d");
	assert_null(aws_ini_get(&ini, "default", "empty"));
	assert_string_equal(aws_ini_get(&ini, "profile a b", "region"), "y");
	assert_string_equal(aws_ini_get(&ini, "profile a b",
	    "s3.addressing_style"), "path");
	assert_string_equal(aws_ini_get(&ini, "profile a b",
	    "s3.endpoint_url"), "http://h");
	assert_string_equal(aws_ini_get(&ini, "profile a b", "output"),
	    "json");
	assert_true(aws_ini_has_section(&ini, "default"));
	assert_false(aws_ini_has_section(&ini, "profile"));
	aws_ini_release(&ini);
}

static void
test_bad_ini(void **state)
{
	static const struct {
		const char *text;
		size_t line;
	} bad[] = {
		{"[a]\nx = 1\nnonsense\n", 3}, {"[a\n", 1}, {"[a] b\n", 1},
		{"x = 1\n", 1}, {"[a]\n= 1", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct aws_ini ini = AWS_INI_INIT;
		size_t line = 0;

		assert_int_equal(aws_ini_parse(&ini, bad[i].text, &line), -1);
		assert_int_equal(line, bad[i].line);
		aws_ini_release(&ini);
	}
}

static const struct credentials_chain_options options = {0};
static char directory[] = "/tmp/aws_config_test.XXXXXX";

static void
write_file(const char *variable, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	setenv(variable, path, 1);
}

static void
clear(void)
{
	static const char *const names[] = {
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
		"AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	write_file("AWS_CONFIG_FILE", "config",
	    "[default]\nregion = r0\nendpoint_url = http://e0\n"
	    "[profile night]\nregion = r1\nservices = mine\n"
	    "aws_access_key_id = C\naws_secret_access_key = CS\n"
	    "[services mine]\ns3 =\n  endpoint_url = http://e1\n");
	write_file("AWS_SHARED_CREDENTIALS_FILE", "credentials",
	    "[default]\naws_access_key_id = D\naws_secret_access_key = DS\n"
	    "[half]\naws_access_key_id = H\n"
	    "[token]\naws_access_key_id = T\naws_secret_access_key = TS\n"
	    "aws_session_token = TT\n"
	    "[odd]\naws_access_key_id = O\naws_secret_access_key = a b\n");
}

static void
assert_setting(const struct aws_config *config, enum aws_setting setting,
    const char *expected)
{
	assert_string_equal(aws_config_get(config, setting), expected);
}

static void
test_config(void **state)
{
	struct aws_config config;

	(void)state;
	clear();
	assert_int_equal(aws_config_load(&config, NULL), 0);
	assert_setting(&config, AWS_REGION, "r0");
	assert_setting(&config, AWS_ENDPOINT_S3, "http://e0");
	setenv("AWS_DEFAULT_REGION", "d", 1);
	assert_setting(&config, AWS_REGION, "d");
	setenv("AWS_REGION", "e", 1);
	assert_setting(&config, AWS_REGION, "e");
	setenv("AWS_ENDPOINT_URL", "http://e2", 1);
	assert_setting(&config, AWS_ENDPOINT_S3, "http://e2");
	setenv("AWS_ENDPOINT_URL_S3", "http://e3", 1);
	assert_setting(&config, AWS_ENDPOINT_S3, "http://e3");
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	assert_null(aws_config_get(&config, AWS_ENDPOINT_S3));
	aws_config_release(&config);
	clear();
	setenv("AWS_PROFILE", "night", 1);
	assert_int_equal(aws_config_load(&config, NULL), 0);
	assert_setting(&config, AWS_REGION, "r1");
	assert_setting(&config, AWS_ENDPOINT_S3, "http://e1");
	aws_config_release(&config);
	/* A profile that the URL names goes before the environment. */
	setenv("AWS_PROFILE", "nobody", 1);
	setenv("AWS_REGION", "e", 1);
	setenv("AWS_ENDPOINT_URL", "http://e2", 1);
	setenv("AWS_ENDPOINT_URL_STS", "http://e3", 1);
	setenv("AWS_S3_PROVIDER", "aws", 1);
	setenv("AWS_CA_BUNDLE", "/ca", 1);
	assert_int_equal(aws_config_load(&config, "night"), 0);
	assert_setting(&config, AWS_REGION, "r1");
	assert_setting(&config, AWS_ENDPOINT_S3, "http://e1");
	assert_null(aws_config_get(&config, AWS_ENDPOINT_STS));
	assert_null(aws_config_get(&config, AWS_PROVIDER));
	assert_setting(&config, AWS_CA_BUNDLE, "/ca");
	aws_config_release(&config);
	assert_int_equal(aws_config_load(&config, NULL), -1);
}

/* The keys with this profile, or NULL. */
static const char *
keys(const char *profile)
{
	static char text[128];
	struct aws_config config;
	struct credentials found;

	setenv("AWS_PROFILE", profile, 1);
	assert_int_equal(aws_config_load(&config, NULL), 0);
	struct credentials_chain *chain = credentials_chain_open(&config,
	    &options);

	aws_config_release(&config);
	if (chain == NULL)
		return NULL;
	assert_int_equal(credentials_chain_get(chain, &found), 0);
	snprintf(text, sizeof text, "%s/%s/%s", found.access_key,
	    found.secret_key, found.session_token == NULL ? "-" :
	    found.session_token);
	/* The same file says the same. */
	assert_int_equal(credentials_chain_refresh(chain, &found), 0);
	credentials_release(&found);
	credentials_chain_close(chain);
	return text;
}

static void
test_credentials(void **state)
{
	(void)state;
	clear();
	assert_string_equal(keys("default"), "D/DS/-");
	assert_string_equal(keys("night"), "C/CS/-");
	assert_string_equal(keys("token"), "T/TS/TT");
	assert_null(keys("half"));
	assert_null(keys("odd"));
	setenv("AWS_ACCESS_KEY_ID", "E", 1);
	assert_null(keys("token"));
	setenv("AWS_SECRET_ACCESS_KEY", "ES", 1);
	assert_string_equal(keys("token"), "E/ES/-");
	setenv("AWS_SESSION_TOKEN", "ET", 1);
	assert_string_equal(keys("half"), "E/ES/ET");
	clear();
	write_file("AWS_SHARED_CREDENTIALS_FILE", "credentials", "");
	assert_null(keys("default"));
}

static void
test_refresh(void **state)
{
	struct aws_config config;
	struct credentials found;

	(void)state;
	clear();
	setenv("AWS_PROFILE", "token", 1);
	assert_int_equal(aws_config_load(&config, NULL), 0);
	struct credentials_chain *chain = credentials_chain_open(&config,
	    &options);

	assert_int_equal(credentials_chain_get(chain, &found), 0);
	write_file("AWS_SHARED_CREDENTIALS_FILE", "credentials", "[token]\n"
	    "aws_access_key_id = N\naws_secret_access_key = NS\n");
	assert_int_equal(credentials_chain_refresh(chain, &found), 1);
	credentials_release(&found);
	assert_int_equal(credentials_chain_get(chain, &found), 0);
	assert_string_equal(found.access_key, "N");
	assert_null(found.session_token);
	credentials_release(&found);
	credentials_chain_close(chain);
	aws_config_release(&config);
}

/* Keys that last six seconds, from a program that takes one for them. */
#define PROCESS "[profile slow]\ncredential_process = /bin/sh -c \"" \
    "echo >>%1$s/runs; [ $(wc -l <%1$s/runs) = 1 ] || sleep 1; " \
    "printf '{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"k%%d\\\"," \
    "\\\"SecretAccessKey\\\":\\\"s\\\",\\\"Expiration\\\":\\\"%%s\\\"}' " \
    "$(wc -l <%1$s/runs) $(date -u -d '+6 sec' +%%FT%%TZ)\"\n"
#define THREADS 8

struct getter {
	struct credentials_chain *chain;
	pthread_t thread;
	uint64_t longest;	/* ms that one get took */
	unsigned failed;
};

static void *
get_often(void *context)
{
	struct getter *getter = context;

	for (uint64_t end = retry_now() + 4700; retry_now() < end;) {
		static const struct timespec pause = {.tv_nsec = 20000000};
		struct credentials found;
		uint64_t begun = retry_now();

		if (credentials_chain_get(getter->chain, &found) != 0)
			getter->failed++;
		else
			credentials_release(&found);
		if (retry_now() - begun > getter->longest)
			getter->longest = retry_now() - begun;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* One thread renews, which takes a second; the others do not wait for it. */
static void
test_threads(void **state)
{
	struct getter getters[THREADS] = {{.chain = NULL}};
	struct aws_config config;
	char text[1024];
	unsigned waited = 0;

	(void)state;
	clear();
	snprintf(text, sizeof text, PROCESS, directory);
	write_file("AWS_CONFIG_FILE", "config", text);
	setenv("AWS_PROFILE", "slow", 1);
	assert_int_equal(aws_config_load(&config, NULL), 0);
	struct credentials_chain *chain = credentials_chain_open(&config,
	    &options);

	assert_non_null(chain);
	for (size_t i = 0; i < THREADS; i++) {
		getters[i].chain = chain;
		assert_int_equal(pthread_create(&getters[i].thread, NULL,
		    get_often, &getters[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(getters[i].thread, NULL);
		assert_int_equal(getters[i].failed, 0);
		waited += getters[i].longest > 900;
	}
	/* At the start, once at half their six seconds, no third time. */
	struct credentials found;

	assert_int_equal(credentials_chain_get(chain, &found), 0);
	assert_string_equal(found.access_key, "k2");
	assert_int_equal(waited, 1);
	credentials_release(&found);
	credentials_chain_close(chain);
	aws_config_release(&config);
}

static int
make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int
remove_directory(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof path, "%s/config", directory);
	remove(path);
	snprintf(path, sizeof path, "%s/credentials", directory);
	remove(path);
	snprintf(path, sizeof path, "%s/runs", directory);
	remove(path);
	return remove(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ini),
		cmocka_unit_test(test_bad_ini),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_threads),
	};

	prog_init("aws_config_test");
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
