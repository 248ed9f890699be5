/* store_url: which URLs, keys and metadata are taken, and how they are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store_url.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
urls_are_taken_apart(void **state)
{
	static const struct {
		const char *url;
		enum store_url_kind kind;
		const char *text, *bucket, *key, *path;
	} rows[] = {
		{"s3://bucket", STORE_URL_PLACE, "s3://bucket", "bucket", "",
		    NULL},
		{"s3://bucket/", STORE_URL_PLACE, "s3://bucket", "bucket", "",
		    NULL},
		{"s3://b.c-d_e/a/b/", STORE_URL_PLACE, "s3://b.c-d_e/a/b",
		    "b.c-d_e", "a/b", NULL},
		{"s3://bucket/a/b.sql.gz", STORE_URL_OBJECT,
		    "s3://bucket/a/b.sql.gz", "bucket", "a/b.sql.gz", NULL},
		{"s3://bucket/a%2Fb?c#d +", STORE_URL_OBJECT,
		    "s3://bucket/a%2Fb?c#d +", "bucket", "a%2Fb?c#d +", NULL},
		{"s3://off-site@bucket/", STORE_URL_PLACE,
		    "s3://off-site@bucket", "bucket", "", NULL},
		{"s3://bucket/a@b", STORE_URL_OBJECT, "s3://bucket/a@b",
		    "bucket", "a@b", NULL},
		{"file:///", STORE_URL_PLACE, "file:///", NULL, NULL, "/"},
		{"file:///a", STORE_URL_PLACE, "file:///a", NULL, NULL, "/a"},
		{"file:///a/", STORE_URL_PLACE, "file:///a", NULL, NULL, "/a"},
		{"file:///a/b%20c", STORE_URL_OBJECT, "file:///a/b%20c", NULL,
		    NULL, "/a/b%20c"},
		{"file:///.hidden/..x", STORE_URL_OBJECT,
		    "file:///.hidden/..x", NULL, NULL, "/.hidden/..x"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *problem = NULL;
		struct store_url *url = store_url_parse(rows[i].url,
		    rows[i].kind, &problem);

		if (url == NULL)
			fail_msg("%s: %s", rows[i].url, problem);
		assert_null(problem);
		struct store_url *copy = store_url_copy(url);

		store_url_free(url);
		assert_string_equal(copy->text, rows[i].text);
		if (rows[i].path != NULL) {
			assert_int_equal(copy->scheme, STORE_FILE);
			assert_string_equal(copy->path, rows[i].path);
			assert_null(copy->bucket);
		} else {
			assert_int_equal(copy->scheme, STORE_S3);
			assert_string_equal(copy->bucket, rows[i].bucket);
			assert_string_equal(copy->key, rows[i].key);
			assert_memory_equal(copy->text + 5, copy->place,
			    strlen(copy->place));
			assert_null(copy->path);
		}
		store_url_free(copy);
	}
}

static void
bad_urls_are_refused(void **state)
{
	static const struct {
		const char *url;
		bool place_too;		/* refused as a place as well */
		const char *problem;	/* words of it */
	} rows[] = {
		{"", true, "neither"},
		{"/tmp/x", true, "neither"},
		{"S3://bucket/x", true, "neither"},
		{"http://bucket/x", true, "neither"},
		{"file:/x", true, "neither"},
		{"file://", true, "absolute"},
		{"file://x", true, "absolute"},
		{"file://localhost/x", true, "absolute"},
		{"file:///", false, "no object"},
		{"file:////", true, "ends in"},
		{"file:////x", true, "empty segment"},
		{"file:///x//", true, "\"/\""},
		{"file:///x/", false, "ends in"},
		{"file:///x/../y", true, "not allowed"},
		{"s3://", true, "no bucket"},
		{"s3:///x", true, "no bucket"},
		{"s3://ab/x", true, "3 to 255"},
		{"s3://b cd/x", true, "letters"},
		{"s3://b%cd/x", true, "letters"},
		{"s3://b\xc3\xbc" "cket/x", true, "letters"},
		{"s3://@bucket/x", true, "no profile"},
		{"s3://a b@bucket/x", true, "profile's name"},
		{"s3://key:secret@bucket/x", true, "profile's name"},
		{"s3://a@b@bucket/x", true, "letters"},
		{"s3://night@", true, "no bucket"},
		{"s3://a..b/x", true, "no bucket's name"},
		{"s3://.../x", true, "no bucket's name"},
		{"s3://-ab/x", true, "no bucket's name"},
		{"s3://bucket", false, "no object"},
		{"s3://bucket/", false, "no object"},
		{"s3://bucket//", true, "\"/\""},
		{"s3://bucket//x", true, "empty segment"},
		{"s3://bucket/x/", false, "ends in"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *problem = NULL;
		struct store_url *url;

		url = store_url_parse(rows[i].url, STORE_URL_OBJECT, &problem);
		if (url != NULL)
			fail_msg("%s is taken", rows[i].url);
		assert_non_null(problem);
		if (strstr(problem, rows[i].problem) == NULL)
			fail_msg("%s: %s", rows[i].url, problem);
		problem = NULL;
		url = store_url_parse(rows[i].url, STORE_URL_PLACE, &problem);
		if ((url == NULL) != rows[i].place_too)
			fail_msg("as a place: %s", rows[i].url);
		store_url_free(url);
	}
}

static void
keys_are_checked(void **state)
{
	static const char *const good[] = {
		"a", "a/b", "..a", "a..", ".a", "...", "a b", " ", "+&%<>\"~",
		"\\", "a\xc2\xa0", "\xf0\x9f\x98\x80", "-",
	};
	static const char *const bad[] = {
		"", "/", "/a", "a/", "a//b", ".", "..", "a/.", "a/..", "./a",
		"a/../b", "a\n", "\x01", "a\x7f", "a\xc2\x80", "\xc2\x9f",
		"\xff", "\xc0\xaf", "\xed\xa0\x80", "a\xc2",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (store_key_problem(good[i]) != NULL)
			fail_msg("<%s>: %s", good[i],
			    store_key_problem(good[i]));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (store_key_problem(bad[i]) == NULL)
			fail_msg("<%s> is taken", bad[i]);
	}
}

static void
lengths_are_limited(void **state)
{
	char key[STORE_KEY_MAX + 2];

	(void)state;
	memset(key, 'x', sizeof key);
	key[STORE_NAME_MAX] = '\0';
	assert_null(store_key_problem(key));
	key[STORE_NAME_MAX] = 'x';
	key[STORE_NAME_MAX + 1] = '\0';
	assert_non_null(store_key_problem(key));
	memset(key, 'x', sizeof key);
	for (size_t i = 200; i < sizeof key; i += 200)
		key[i] = '/';
	key[STORE_KEY_MAX] = '\0';
	assert_null(store_key_problem(key));
	key[STORE_KEY_MAX] = 'x';
	key[STORE_KEY_MAX + 1] = '\0';
	assert_non_null(store_key_problem(key));
}

static void
metadata_are_checked(void **state)
{
	(void)state;
	assert_null(store_metadata_problem("pgbackpipe-run-id", "a b=c~!"));
	assert_null(store_metadata_problem("k", ""));
	assert_non_null(store_metadata_problem("", "x"));
	assert_non_null(store_metadata_problem("K", "x"));
	assert_non_null(store_metadata_problem("a_b", "x"));
	assert_non_null(store_metadata_problem("a.b", "x"));
	assert_non_null(store_metadata_problem("k", " x"));
	assert_non_null(store_metadata_problem("k", "x "));
	assert_non_null(store_metadata_problem("k", "a\tb"));
	assert_non_null(store_metadata_problem("k", "a\r\nb: c"));
	assert_non_null(store_metadata_problem("k", "\xc3\xbc"));
}

static void
names_are_last_segments(void **state)
{
	(void)state;
	assert_string_equal(store_url_name("s3://bucket/a/b"), "b");
	assert_string_equal(store_url_name("a"), "a");
	assert_string_equal(store_url_name("/a/"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_taken_apart),
		cmocka_unit_test(bad_urls_are_refused),
		cmocka_unit_test(keys_are_checked),
		cmocka_unit_test(lengths_are_limited),
		cmocka_unit_test(metadata_are_checked),
		cmocka_unit_test(names_are_last_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
