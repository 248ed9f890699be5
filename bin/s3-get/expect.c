#include "expect.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "manifest.h"
#include "prog.h"
#include "report.h"
#include "xalloc.h"

struct expect {
	json_t *manifest;
	struct digest *digest;
	uint64_t seen;		/* bytes */
	uint64_t size;		/* that there should be */
};

struct expect *
expect_open(const char *manifest_path)
{
	struct expect *expect = xcalloc(1, sizeof *expect);
	struct buf why = BUF_INIT;
	int rc = -1;

	expect->manifest = report_read("manifest", manifest_path);
	if (expect->manifest == NULL)
		goto out;
	if (manifest_check(expect->manifest, &why) != 0) {
		fail(PROG_PERMANENT, "cannot use manifest \"%s\": %s",
		    manifest_path, why.data);
		goto out;
	}
	expect->size = (uint64_t)json_integer_value(json_object_get(
	    expect->manifest, "size_bytes"));
	expect->digest = digest_new();
	rc = expect->digest == NULL ? -1 : 0;
out:
	buf_release(&why);
	if (rc == 0)
		return expect;
	expect_free(expect);
	return NULL;
}

void
expect_free(struct expect *expect)
{
	if (expect == NULL)
		return;
	digest_free(expect->digest);
	json_decref(expect->manifest);
	free(expect);
}

int
expect_add(struct expect *expect, const void *data, size_t len)
{
	if (len > expect->size - expect->seen)
		return fail(PROG_NO, "the object is longer than the %llu bytes "
		    "of its manifest", (unsigned long long)expect->size);
	expect->seen += len;
	return digest_add(expect->digest, data, len);
}

int
expect_end(struct expect *expect, const char *url)
{
	const char *expected = json_string_value(json_object_get(
	    expect->manifest, "sha256"));
	char sha256[DIGEST_HEX_SIZE];

	if (expect->seen != expect->size)
		return fail(PROG_NO, "object \"%s\" has %llu bytes, and %llu "
		    "by its manifest", url, (unsigned long long)expect->seen,
		    (unsigned long long)expect->size);
	if (digest_finish(expect->digest, sha256) != 0)
		return -1;
	if (strcmp(sha256, expected) != 0)
		return fail(PROG_NO, "object \"%s\" is damaged: its SHA-256 "
		    "is %s, and %s by its manifest", url, sha256, expected);
	return 0;
}
