/*
 * sigv4: the examples of the S3 API reference, "Authenticating Requests: Using
 * the Authorization Header", and the rules that they do not show.
 *
 * `sigv4_test sign` reads requests from standard input and prints their
 * Authorization: tests/bats/sigv4.bats holds that against another signer.
 * Lines: M method, P path, Q and H name TAB value, B payload hash, R region,
 * V service, K access key, X secret key, T seconds; "." ends a request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sigv4.h"
#include "xalloc.h"

#define MAY_24_2013 1369353600	/* 2013-05-24T00:00:00Z */
#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char welcome_hash[] =
	"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";

static const struct {
	const char *method;
	const char *path;
	struct sigv4_pair query[3];
	size_t query_count;
	struct sigv4_pair headers[4];	/* besides host, hash and date */
	size_t header_count;
	bool welcome;			/* the body is that of the PUT */
	const char *signed_names;
	const char *signature;
} examples[] = {
	{"GET", "/test.txt", {{0}}, 0, {{"range", "bytes=0-9"}}, 1, false,
	    "host;range;x-amz-content-sha256;x-amz-date",
	    "f0e8bdb87c964420e857bd35b5d6ed31"
	    "0bd44f0170aba48dd91039c6036bdb41"},
	{"PUT", "/test%24file.text", {{0}}, 0,
	    {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
	    {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}, 2, true,
	    "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
	    "98ad721746da40c64f1a55b78f14c238"
	    "d841ea1380cd77a1b5971af0ece108bd"},
	{"GET", "/", {{"lifecycle", ""}}, 1, {{0}}, 0, false,
	    "host;x-amz-content-sha256;x-amz-date",
	    "fea454ca298b7da1c68078a5d1bdbfbb"
	    "e0d65c699e0f91ac7a200a0136783543"},
	{"GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, 2, {{0}}, 0, false,
	    "host;x-amz-content-sha256;x-amz-date",
	    "34b48302e7b5fa45bde8084f4b7868a8"
	    "6f0a534bc59db6670ed5711ef69dc6f7"},
};

static void
test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		const char *hash = examples[i].welcome ? welcome_hash :
		    sigv4_empty_hash;
		struct sigv4_pair headers[8] = {
			{"x-amz-date", "20130524T000000Z"},
			{"host", "examplebucket.s3.amazonaws.com"},
			{"x-amz-content-sha256", hash},
		};
		struct buf query = BUF_INIT;
		struct buf got = BUF_INIT;

		for (size_t k = 0; k < examples[i].header_count; k++)
			headers[3 + k] = examples[i].headers[k];
		sigv4_add_query(&query, examples[i].query,
		    examples[i].query_count);
		struct sigv4_request request = {
			.method = examples[i].method,
			.path = examples[i].path,
			.query = query.data,
			.headers = headers,
			.header_count = 3 + examples[i].header_count,
			.payload_hash = hash,
			.region = "us-east-1",
			.service = "s3",
			.access_key = "AKIAIOSFODNN7EXAMPLE",
			.secret_key =
			    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
			.when = MAY_24_2013,
		};
		char *expected = xasprintf("AWS4-HMAC-SHA256 Credential="
		    "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
		    "SignedHeaders=%s, Signature=%s", examples[i].signed_names,
		    examples[i].signature);

		sigv4_add_authorization(&got, &request);
		assert_string_equal(got.data, expected);
		free(expected);
		buf_release(&got);
		buf_release(&query);
	}
}

static void
test_hash(void **state)
{
	char hash[SIGV4_HASH_SIZE];

	(void)state;
	sigv4_hash("Welcome to Amazon S3.", 21, hash);
	assert_string_equal(hash, welcome_hash);
	sigv4_hash("", 0, hash);
	assert_string_equal(hash, sigv4_empty_hash);
}

static void
test_query(void **state)
{
	const struct sigv4_pair pairs[] = {
		{"a-b", "2"}, {"a", "2"}, {"a", "10"}, {"A", "/ +~"},
		{"a%", ""}, {"\xc3\xa9", "="},
	};
	struct buf query = BUF_INIT;

	(void)state;
	sigv4_add_query(&query, pairs, COUNT(pairs));
	assert_string_equal(query.data,
	    "%C3%A9=%3D&A=%2F%20%2B~&a=10&a=2&a%25=&a-b=2");
	buf_release(&query);
}

static void
test_canonical(void **state)
{
	const struct sigv4_pair headers[] = {
		{"x-amz-meta-b", "  two   words\t here "},
		{"host", "h"},
		{"x-amz-meta-a", "1"},
		{"x-amz-meta-a", "0"},
		{"x-amz-meta-empty", ""},
	};
	struct sigv4_request request = {
		.method = "PUT", .path = "/a%20b", .query = "",
		.headers = headers, .header_count = COUNT(headers),
		.payload_hash = "HASH",
	};
	struct buf text = BUF_INIT;

	(void)state;
	sigv4_add_canonical(&text, &request);
	assert_string_equal(text.data, "PUT\n/a%20b\n\nhost:h\n"
	    "x-amz-meta-a:1,0\nx-amz-meta-b:two words here\n"
	    "x-amz-meta-empty:\n\n"
	    "host;x-amz-meta-a;x-amz-meta-b;x-amz-meta-empty\nHASH");
	buf_release(&text);
}

/* One request of `sign` in its making. */
struct entry {
	struct sigv4_pair query[32], headers[32];
	struct sigv4_request request;
	size_t query_count;
	char *texts[128];
	size_t text_count;
};

static char *
keep(struct entry *entry, const char *text)
{
	return entry->texts[entry->text_count++] = xstrdup(text);
}

static struct sigv4_pair
pair_of(struct entry *entry, const char *text)
{
	char *name = keep(entry, text);
	char *tab = strchr(name, '\t');

	assert_non_null(tab);
	*tab = '\0';
	return (struct sigv4_pair){name, tab + 1};
}

static void
sign_entry(struct entry *entry)
{
	struct buf query = BUF_INIT;
	struct buf text = BUF_INIT;

	sigv4_add_query(&query, entry->query, entry->query_count);
	entry->request.query = query.data;
	entry->request.headers = entry->headers;
	sigv4_add_authorization(&text, &entry->request);
	puts(text.data);
	buf_release(&query);
	buf_release(&text);
	while (entry->text_count > 0)
		free(entry->texts[--entry->text_count]);
	memset(entry, 0, sizeof *entry);
}

static void
take_line(struct entry *entry, const char *line)
{
	struct sigv4_request *request = &entry->request;
	const char *rest = line[0] == '.' ? line : line + 2;

	switch (line[0]) {
	case 'M': request->method = keep(entry, rest); break;
	case 'P': request->path = keep(entry, rest); break;
	case 'B': request->payload_hash = keep(entry, rest); break;
	case 'R': request->region = keep(entry, rest); break;
	case 'V': request->service = keep(entry, rest); break;
	case 'K': request->access_key = keep(entry, rest); break;
	case 'X': request->secret_key = keep(entry, rest); break;
	case 'T': request->when = strtoll(rest, NULL, 10); break;
	case 'Q':
		entry->query[entry->query_count++] = pair_of(entry, rest);
		break;
	case 'H':
		entry->headers[request->header_count++] = pair_of(entry, rest);
		break;
	default:
		sign_entry(entry);
	}
}

static int
sign(void)
{
	static struct entry entry;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		take_line(&entry, line);
	}
	free(line);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_canonical),
	};

	if (argc > 1 && strcmp(argv[1], "sign") == 0)
		return sign();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
