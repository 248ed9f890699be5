#include "sigv4.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "text.h"
#include "xalloc.h"

const char sigv4_empty_hash[SIGV4_HASH_SIZE] =
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

void
sigv4_hash(const void *data, size_t len, char hash[SIGV4_HASH_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(data, len, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(hash + 2 * i, 3, "%02x", digest[i]);
}

void
sigv4_date(time_t when, char date[SIGV4_DATE_SIZE])
{
	struct tm tm;

	gmtime_r(&when, &tm);
	if (strftime(date, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm) == 0)
		date[0] = '\0';
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * The order is that of the encoded names, then of the encoded values. '=' is
 * not among the encoded bytes, but '-', '.' and digits sort before it: with a
 * byte 1 in its place the joined texts sort as the pairs do.
 */
void
sigv4_add_query(struct buf *buf, const struct sigv4_pair *pairs, size_t count)
{
	char **parts = xcalloc(count + 1, sizeof *parts);

	for (size_t i = 0; i < count; i++) {
		struct buf part = BUF_INIT;

		text_add_percent(&part, pairs[i].name, false);
		buf_add_byte(&part, '\1');
		text_add_percent(&part, pairs[i].value, false);
		parts[i] = buf_detach(&part);
	}
	qsort(parts, count, sizeof *parts, compare_text);
	for (size_t i = 0; i < count; i++) {
		*strchr(parts[i], '\1') = '=';
		if (i > 0)
			buf_add_byte(buf, '&');
		buf_add_string(buf, parts[i]);
		free(parts[i]);
	}
	free(parts);
}

static int
compare_names(const void *a, const void *b)
{
	const struct sigv4_pair *left = *(const struct sigv4_pair *const *)a;
	const struct sigv4_pair *right = *(const struct sigv4_pair *const *)b;
	int order = strcmp(left->name, right->name);

	/* The same name twice: in the order given. */
	return order != 0 ? order : left < right ? -1 : left > right;
}

/* The headers in the order of their names; free() the array. */
static const struct sigv4_pair **
sorted_headers(const struct sigv4_request *request)
{
	const struct sigv4_pair **sorted = xcalloc(request->header_count + 1,
	    sizeof *sorted);

	for (size_t i = 0; i < request->header_count; i++)
		sorted[i] = &request->headers[i];
	qsort(sorted, request->header_count, sizeof *sorted, compare_names);
	return sorted;
}

/* Blanks at the ends go, runs of them in between become one. */
static void
add_trimmed(struct buf *buf, const char *value)
{
	bool begun = false;
	bool blank = false;

	for (; *value != '\0'; value++) {
		if (isspace((unsigned char)*value)) {
			blank = begun;
			continue;
		}
		if (blank)
			buf_add_byte(buf, ' ');
		blank = false;
		begun = true;
		buf_add_byte(buf, *value);
	}
}

static void
add_signed_names(struct buf *buf, const struct sigv4_request *request)
{
	const struct sigv4_pair **sorted = sorted_headers(request);

	for (size_t i = 0; i < request->header_count; i++) {
		if (i > 0 && strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			continue;
		if (i > 0)
			buf_add_byte(buf, ';');
		buf_add_string(buf, sorted[i]->name);
	}
	free(sorted);
}

void
sigv4_add_canonical(struct buf *buf, const struct sigv4_request *request)
{
	const struct sigv4_pair **sorted = sorted_headers(request);

	buf_addf(buf, "%s\n%s\n%s\n", request->method, request->path,
	    request->query);
	for (size_t i = 0; i < request->header_count; i++) {
		bool again = i > 0 &&
		    strcmp(sorted[i - 1]->name, sorted[i]->name) == 0;

		if (again)
			buf_add_byte(buf, ',');
		else
			buf_addf(buf, "%s%s:", i > 0 ? "\n" : "",
			    sorted[i]->name);
		add_trimmed(buf, sorted[i]->value);
	}
	buf_add_string(buf, request->header_count > 0 ? "\n\n" : "\n");
	add_signed_names(buf, request);
	buf_addf(buf, "\n%s", request->payload_hash);
	free(sorted);
}

static void
add_scope(struct buf *buf, const struct sigv4_request *request)
{
	char date[SIGV4_DATE_SIZE];

	sigv4_date(request->when, date);
	buf_addf(buf, "%.8s/%s/%s/aws4_request", date, request->region,
	    request->service);
}

void
sigv4_add_string_to_sign(struct buf *buf, const struct sigv4_request *request)
{
	struct buf canonical = BUF_INIT;
	char date[SIGV4_DATE_SIZE];
	char hash[SIGV4_HASH_SIZE];

	sigv4_add_canonical(&canonical, request);
	sigv4_hash(canonical.data, canonical.len, hash);
	sigv4_date(request->when, date);
	buf_addf(buf, "AWS4-HMAC-SHA256\n%s\n", date);
	add_scope(buf, request);
	buf_addf(buf, "\n%s", hash);
	buf_release(&canonical);
}

/* key = HMAC(key, text). */
static void
derive(unsigned char key[SHA256_DIGEST_LENGTH], const char *text)
{
	unsigned char next[SHA256_DIGEST_LENGTH];

	HMAC(EVP_sha256(), key, SHA256_DIGEST_LENGTH,
	    (const unsigned char *)text, strlen(text), next, NULL);
	memcpy(key, next, sizeof next);
	explicit_bzero(next, sizeof next);
}

static void
add_signature(struct buf *buf, const struct sigv4_request *request)
{
	struct buf secret = BUF_INIT;
	struct buf text = BUF_INIT;
	unsigned char key[SHA256_DIGEST_LENGTH];
	char date[SIGV4_DATE_SIZE];

	sigv4_date(request->when, date);
	date[8] = '\0';
	buf_addf(&secret, "AWS4%s", request->secret_key);
	HMAC(EVP_sha256(), secret.data, (int)secret.len,
	    (const unsigned char *)date, 8, key, NULL);
	derive(key, request->region);
	derive(key, request->service);
	derive(key, "aws4_request");	/* good for the day: wiped below */
	sigv4_add_string_to_sign(&text, request);
	derive(key, text.data);
	text_add_hex(buf, key, sizeof key);
	explicit_bzero(key, sizeof key);
	explicit_bzero(secret.data, secret.len);
	buf_release(&secret);
	buf_release(&text);
}

void
sigv4_add_authorization(struct buf *buf, const struct sigv4_request *request)
{
	buf_addf(buf, "AWS4-HMAC-SHA256 Credential=%s/", request->access_key);
	add_scope(buf, request);
	buf_add_string(buf, ", SignedHeaders=");
	add_signed_names(buf, request);
	buf_add_string(buf, ", Signature=");
	add_signature(buf, request);
}
