/* s3_endpoint, s3_codes, http_answer: URLs, error codes, headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail	/* ours has arguments */

#include "http_answer.h"
#include "prog.h"
#include "s3_codes.h"
#include "s3_endpoint.h"
#include "s3_part_size.h"

static const struct {
	const char *url;	/* NULL: AWS */
	enum s3_style style;
	const char *region;
	const char *bucket;
	const char *key;
	const char *origin;
	const char *host;
	const char *path;
} targets[] = {
	{NULL, S3_STYLE_AUTO, "eu-west-1", "bucket", "a b/\xc3\xa9+~",
	    "https://bucket.s3.eu-west-1.amazonaws.com",
	    "bucket.s3.eu-west-1.amazonaws.com", "/a%20b/%C3%A9%2B~"},
	{NULL, S3_STYLE_AUTO, "eu-west-1", "bucket", NULL,
	    "https://bucket.s3.eu-west-1.amazonaws.com",
	    "bucket.s3.eu-west-1.amazonaws.com", "/"},
	{NULL, S3_STYLE_AUTO, "cn-north-1", "with.dot", "k",
	    "https://s3.cn-north-1.amazonaws.com.cn",
	    "s3.cn-north-1.amazonaws.com.cn", "/with.dot/k"},
	{NULL, S3_STYLE_PATH, "r", "bucket", NULL,
	    "https://s3.r.amazonaws.com", "s3.r.amazonaws.com", "/bucket"},
	{"http://127.0.0.1:9000", S3_STYLE_AUTO, "r", "bucket", "k",
	    "http://127.0.0.1:9000", "127.0.0.1:9000", "/bucket/k"},
	{"http://LocalHost:80/", S3_STYLE_VIRTUAL, "r", "bucket", "k",
	    "http://bucket.localhost", "bucket.localhost", "/k"},
	{"HTTPS://h:443/base/", S3_STYLE_AUTO, "r", "bucket", "k",
	    "https://h", "h", "/base/bucket/k"},
	{"https://s3.eu-west-1.amazonaws.com", S3_STYLE_AUTO, "r", "bucket",
	    "k", "https://bucket.s3.eu-west-1.amazonaws.com",
	    "bucket.s3.eu-west-1.amazonaws.com", "/k"},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void
test_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct s3_endpoint endpoint;
		struct s3_target target;

		assert_null(s3_endpoint_parse(&endpoint, targets[i].url,
		    targets[i].style));
		s3_target_make(&target, &endpoint, targets[i].region,
		    targets[i].bucket, targets[i].key);
		assert_string_equal(target.origin, targets[i].origin);
		assert_string_equal(target.host, targets[i].host);
		assert_string_equal(target.path, targets[i].path);
		s3_target_release(&target);
		s3_endpoint_release(&endpoint);
	}
}

static void
test_bad_endpoints(void **state)
{
	static const char *const bad[] = {
		"", "localhost:9000", "ftp://h", "http://", "http:///x",
		"http://user:password@h", "http://h/?x", "http://h/a b",
		"http://h\nx", "http://:9000", "https://h/%41",
	};
	struct s3_endpoint endpoint;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(s3_endpoint_parse(&endpoint, bad[i],
		    S3_STYLE_AUTO));
}

static void
test_exposed(void **state)
{
	static const struct {
		const char *url;
		bool exposed;
	} cases[] = {
		{"https://h", false}, {"http://localhost:9", false},
		{"http://127.0.0.1", false}, {"http://127.9.9.9:80", false},
		{"http://[::1]:9000", false}, {"http://x.localhost", false},
		{"http://h", true}, {"http://10.0.0.1:9000", true},
		{"http://127.0.0.1.example.com", true},
		{"http://localhost.example.com", true},
		{"http://[::2]:9000", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct s3_endpoint endpoint;

		assert_null(s3_endpoint_parse(&endpoint, cases[i].url,
		    S3_STYLE_AUTO));
		assert_int_equal(s3_endpoint_is_exposed(&endpoint),
		    cases[i].exposed);
		s3_endpoint_release(&endpoint);
	}
}

static void
test_codes(void **state)
{
	(void)state;
	/* The code goes before the status. */
	assert_int_equal(s3_codes_class("SlowDown", 400), S3_CLASS_SLOWER);
	assert_int_equal(s3_codes_class("NotImplemented", 500),
	    S3_CLASS_FATAL);
	assert_int_equal(s3_codes_class("RequestTimeout", 400),
	    S3_CLASS_AGAIN);
	assert_int_equal(s3_codes_class("Unheard", 400), S3_CLASS_FATAL);
	assert_int_equal(s3_codes_class("Unheard", 503), S3_CLASS_SLOWER);
	assert_int_equal(s3_codes_class("", 502), S3_CLASS_AGAIN);
	assert_int_equal(s3_codes_class("", 507), S3_CLASS_FATAL);
	assert_int_equal(s3_codes_exit("AccessDenied", 403), PROG_PERMANENT);
	assert_int_equal(s3_codes_exit("XMinioStorageFull", 507),
	    PROG_TEMPORARY);
	assert_int_equal(s3_codes_exit("InternalError", 200), PROG_TEMPORARY);
	assert_string_equal(s3_codes_of_status(404), "NotFound");
	assert_string_equal(s3_codes_of_status(200), "");
	assert_null(s3_codes_hint(""));
}

static void
add(struct http_answer *answer, const char *line)
{
	http_answer_add_line(answer, line, strlen(line));
}

static void
test_headers(void **state)
{
	struct http_answer answer = HTTP_ANSWER_INIT;
	const char *name, *value;
	size_t at = 0;
	time_t when;

	(void)state;
	add(&answer, "HTTP/1.1 100 Continue\r\n");
	add(&answer, "Early: 1\r\n");
	add(&answer, "\r\n");
	add(&answer, "HTTP/1.1 200 OK\r\n");
	add(&answer, "ETag:   \"a\"  \r\n");
	add(&answer, "X-Amz-Meta-Empty:\r\n");
	add(&answer, "no colon\r\n");
	assert_null(http_header(&answer, "early"));
	assert_string_equal(http_header(&answer, "etag"), "\"a\"");
	assert_true(http_next_header(&answer, &at, &name, &value));
	assert_true(http_next_header(&answer, &at, &name, &value));
	assert_string_equal(name, "x-amz-meta-empty");
	assert_string_equal(value, "");
	assert_false(http_next_header(&answer, &at, &name, &value));
	http_answer_release(&answer);
	assert_int_equal(http_date("Fri, 24 May 2013 00:00:00 GMT", &when), 0);
	assert_int_equal(when, 1369353600);
	assert_int_equal(http_date("nonsense", &when), -1);
}

#define MIB ((uint64_t)1024 * 1024)

static uint64_t
part_size(uint64_t part, uint64_t expected)
{
	return s3_part_size(part, expected, s3_provider_named("aws"));
}

static void
test_part_size(void **state)
{
	(void)state;
	assert_true(part_size(0, 0) == 8 * MIB);
	/* Small ones where four times as much would fit. */
	assert_true(part_size(0, 1000) == 5 * MIB);
	assert_true(part_size(0, 5 * MIB * 2500) == 5 * MIB);
	assert_true(part_size(0, 5 * MIB * 2500 + 1) == 8 * MIB);
	assert_true(part_size(0, 8 * MIB * 2500) == 8 * MIB);
	assert_true(part_size(0, 8 * MIB * 2500 + 1) == 16 * MIB);
	assert_true(part_size(5 * MIB, 0) == 5 * MIB);
	assert_true(part_size(5 * MIB - 1, 0) == 0);
	assert_true(part_size(5 * 1024 * MIB + 1, 0) == 0);
	/* 10,000 parts hold a tenth more than expected, in whole MiB. */
	for (uint64_t expected = MIB; expected < MIB * MIB * 5;
	    expected = expected * 3 + 7) {
		uint64_t size = part_size(0, expected);

		assert_true(size % MIB == 0);
		assert_true(size * 10000 >= expected + expected / 10);
	}
	assert_true(part_size(5 * MIB, 5 * MIB * 9999) == 5 * MIB);
	assert_true(part_size(5 * MIB, 5 * MIB * 10000) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_bad_endpoints),
		cmocka_unit_test(test_exposed),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_part_size),
	};

	prog_init("s3_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
