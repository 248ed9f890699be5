/* The bytes as stored, and the gzip around what they hold. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "prog.h"
#include "report.h"
#include "verify.h"
#include "xalloc.h"

#define BLOCK_SIZE ((size_t)256 * 1024)	/* bytes */

/* Bytes from stdin, counted and hashed. */
static ssize_t
read_input(struct input *input, void *data, size_t len)
{
	ssize_t n = flow_read(data, len);

	if (n < 0)
		return -1;
	/* A dead writer is no verdict on what it wrote. */
	if ((size_t)n < len && flow_require_upstream(false) != 0)
		return -1;
	input->size += (uint64_t)n;
	progress_add(&input->progress, (uint64_t)n);
	if (input->digest != NULL &&
	    digest_add(input->digest, data, (size_t)n) != 0)
		return -1;
	return n;
}

/* gzread_source: the head once more, then the rest. */
static ssize_t
source(void *opaque, void *data, size_t len)
{
	struct check *check = opaque;
	struct input *input = &check->input;
	size_t left = input->head_len - input->head_at;
	size_t have = left < len ? left : len;

	memcpy(data, input->head + input->head_at, have);
	input->head_at += have;
	if (have == len)
		return (ssize_t)have;
	ssize_t n = read_input(input, (char *)data + have, len - have);

	return n < 0 ? -1 : (ssize_t)have + n;
}

static int
sink(void *opaque, const void *data, size_t len)
{
	struct check *check = opaque;

	return content_feed(&check->content, data, len);
}

static bool
head_is(const struct input *input, const char *magic, size_t len)
{
	return input->head_len >= len && memcmp(input->head, magic, len) == 0;
}

/* What the first stored bytes say. */
static void
guess_container(struct check *check)
{
	const struct input *input = &check->input;

	check->compression = "none";
	check->encryption = "none";
	if (head_is(input, "\x1f\x8b", 2))
		check->compression = "gzip";
	else if (head_is(input, "\x28\xb5\x2f\xfd", 4))
		check->compression = "zstd";
	else if (head_is(input, "age-encryption.org/", 19) ||
	    head_is(input, "-----BEGIN AGE ENCRYPTED", 24))
		check->encryption = "age";
}

/* The manifest's word counts; the bytes must not contradict it. */
static void
compare_container(struct check *check)
{
	const char *compression = report_string(check->manifest, "compression");
	const char *encryption = report_string(check->manifest, "encryption");
	bool gzip = strcmp(compression, "gzip") == 0 ||
	    strcmp(compression, "gzip-frame") == 0;

	if (strcmp(encryption, check->encryption) != 0)
		findings_bad(&check->findings, "its encryption is \"%s\", "
		    "expected \"%s\"", check->encryption, encryption);
	else if (strcmp(encryption, "none") == 0 &&
	    strcmp(check->compression, gzip ? "gzip" : compression) != 0)
		findings_bad(&check->findings, "its compression is \"%s\", "
		    "expected \"%s\"", check->compression, compression);
	check->compression = compression;
	check->encryption = encryption;
}

static bool
is_gzip(const struct check *check)
{
	return strcmp(check->compression, "gzip") == 0 ||
	    strcmp(check->compression, "gzip-frame") == 0;
}

static int
read_gzip(struct check *check)
{
	struct gzread reader = {
		.source = source, .sink = sink, .context = check,
		.jobs = check->jobs, GZREAD_ALL,
	};
	int rc = gzread_run(&reader, &check->gzip);
	const json_t *manifest = check->manifest;
	int64_t frames = report_number(manifest, "frames");

	if (rc == 1) {
		findings_bad(&check->findings, "%s", check->gzip.reason);
		return 0;
	}
	if (rc != 0)
		return -1;
	if (manifest == NULL && check->gzip.is_frames)
		check->compression = "gzip-frame";
	if ((strcmp(check->compression, "gzip-frame") == 0) !=
	    check->gzip.is_frames)
		findings_bad(&check->findings, check->gzip.is_frames ?
		    "it has gzip frames, expected plain gzip" :
		    "it has no gzip frames");
	if (frames >= 0 && check->gzip.is_frames &&
	    frames != (int64_t)check->gzip.frames)
		findings_bad(&check->findings, "it has %" PRIu64 " frames, "
		    "expected %" PRId64, check->gzip.frames, frames);
	check->looked_inside = check->findings.reason[0] == '\0';
	return content_finish(&check->content);
}

/* Everything, or what damage left over; inside says who gets to see it. */
static int
read_plain(struct check *check, bool inside)
{
	char *data = xmalloc(BLOCK_SIZE);
	ssize_t n;
	int rc = 0;

	do {
		n = source(check, data, BLOCK_SIZE);
		if (n > 0 && inside)
			rc = sink(check, data, (size_t)n);
	} while (n == (ssize_t)BLOCK_SIZE && rc == 0);
	free(data);
	return n < 0 ? -1 : rc;
}

int
container_read(struct check *check)
{
	struct input *input = &check->input;
	ssize_t n = read_input(input, input->head, HEAD_SIZE);

	if (n < 0)
		return -1;
	input->head_len = (size_t)n;
	guess_container(check);
	if (check->manifest != NULL)
		compare_container(check);
	bool opaque = strcmp(check->encryption, "none") != 0 ||
	    strcmp(check->compression, "zstd") == 0;

	if (check->structure && opaque)
		warning("it is %s: what is inside is not checked",
		    strcmp(check->encryption, "none") != 0 ? "encrypted" :
		    "compressed by zstd");
	if (check->structure && !opaque && is_gzip(check)) {
		if (read_gzip(check) != 0)
			return -1;
	} else if (check->structure && !opaque) {
		check->looked_inside = true;
		return read_plain(check, true) == 0 ?
		    content_finish(&check->content) : -1;
	}
	return read_plain(check, false);
}
