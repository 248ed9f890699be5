/*
 * verify: hold a backup against its manifest.
 *
 * stdin -> one JSON verdict line on stdout. Size, SHA-256, every frame and the
 * end frame, and the rows of every table where the manifest says they stand,
 * in one pass. Exit status 0: good; 1: bad. With --describe there is no
 * manifest: the stream has to prove by itself that it is whole, and what it is
 * is printed.
 */
#include "verify.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "flow.h"
#include "manifest.h"
#include "opt.h"
#include "processors.h"
#include "prog.h"
#include "report.h"
#include "text.h"

static const char *manifest_path;
static const char *level = "structure";
static uint64_t jobs;
static bool describe, want_progress, want_json;

static const struct opt options[] = {
	{"manifest", 0, OPT_STRING, &manifest_path, "FILE",
	    "hold the backup against this manifest", 0, 0},
	{"level", 0, OPT_STRING, &level, "LEVEL",
	    "size, checksum, or structure (default)", 0, 0},
	{"describe", 0, OPT_FLAG, &describe, NULL,
	    "without a manifest: check that it is whole,\n"
	    "tell what it is", 0, 0},
	{"json", 0, OPT_FLAG, &want_json, NULL,
	    "implied: the verdict is always JSON", 0, 0},
	{"jobs", 'j', OPT_NUMBER, &jobs, "N",
	    "threads; default: processors it may use", 1, 256},
	{"progress", 0, OPT_FLAG, &want_progress, NULL,
	    "show bytes and speed on standard error", 0, 0},
};

static const struct opt_program program = {
	.name = "verify",
	.synopsis = "--manifest=FILE | --describe [OPTION]... < backup",
	.purpose = "Prove that a backup is what its manifest says, row by row.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = 0,
};

static int
compare_bytes(struct check *check)
{
	const json_t *manifest = check->manifest;
	const char *sha256 = report_string(manifest, "sha256");
	int64_t size = report_number(manifest, "size_bytes");
	char inside[sizeof check->findings.reason];

	if (check->input.digest != NULL &&
	    digest_finish(check->input.digest, check->sha256) != 0)
		return -1;
	if (manifest == NULL)
		return 0;
	/* The bytes come first; what they did inside is the detail. */
	memcpy(inside, check->findings.reason, sizeof inside);
	check->findings.reason[0] = '\0';
	if (size != (int64_t)check->input.size)
		findings_bad(&check->findings, "it has %" PRIu64 " bytes, "
		    "expected %" PRId64 "%s%.300s", check->input.size, size,
		    inside[0] != '\0' ? "; " : "", inside);
	if (check->sha256[0] != '\0' && strcmp(sha256, check->sha256) != 0)
		findings_bad(&check->findings, "its SHA-256 is %s, expected "
		    "%s%s%.300s", check->sha256, sha256,
		    inside[0] != '\0' ? "; " : "", inside);
	findings_bad(&check->findings, "%s", inside);
	return 0;
}

static void
set_number(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

/* What was read, for both kinds of output. */
static void
add_sizes(const struct check *check, json_t *out)
{
	set_number(out, "size_bytes", check->input.size);
	if (check->sha256[0] != '\0')
		json_object_set_new(out, "sha256", json_string(check->sha256));
	json_object_set_new(out, "compression",
	    json_string(check->compression));
	json_object_set_new(out, "encryption", json_string(check->encryption));
	if (check->looked_inside) {
		set_number(out, "uncompressed_bytes", check->content.size);
		if (check->gzip.is_frames) {
			set_number(out, "frames", check->gzip.frames);
			set_number(out, "frame_bytes", check->gzip.frame_bytes);
		}
	}
	if (check->findings.rows_known)
		set_number(out, "row_count", check->findings.row_count);
}

static int
print_verdict(struct check *check)
{
	char *reason = check->findings.reason;
	const char *name = report_string(check->manifest, "filename");

	/* A long one may have been cut inside a character. */
	for (size_t len = strlen(reason); !text_is_utf8(reason, len); len--)
		reason[len - 1] = '\0';
	/* Of what cannot be opened here, no more than its bytes were seen. */
	if (*reason == '\0' && !check->looked_inside &&
	    strcmp(level, "size") != 0)
		level = "checksum";
	json_t *out = json_pack("{s:s, s:s, s:s}", "verdict",
	    *reason == '\0' ? "good" : "bad", "level", level, "name", name);

	add_sizes(check, out);
	if (check->findings.rows_known)
		set_number(out, "tables", check->findings.tables);
	if (*reason != '\0')
		json_object_set_new(out, "reason", json_string(reason));
	int rc = report_print(out);

	json_decref(out);
	if (rc == 0 && *reason != '\0')
		rc = fail(PROG_NO, "the backup \"%s\" is bad: %s", name,
		    reason);
	return rc;
}

static int
print_description(struct check *check, struct timespec start)
{
	static const char *const formats[] = {
		[CONTENT_SQL] = "sql", [CONTENT_CUSTOM] = "custom",
		[CONTENT_JSON] = "json", [CONTENT_NDJSON] = "ndjson",
		[CONTENT_UNKNOWN] = "unknown", [CONTENT_UNDECIDED] = "unknown",
	};

	if (check->looked_inside && check->content.size == 0)
		findings_bad(&check->findings, "it is empty");
	if (check->findings.reason[0] != '\0')
		return fail(PROG_NO, "the backup is bad: %s",
		    check->findings.reason);
	const struct content *content = &check->content;
	const char *format = formats[content->format];
	json_t *out = report_new();

	if (content->format == CONTENT_SQL && content->sql.cluster)
		format = content->sql.has_database ? "cluster" : "globals";
	json_object_set_new(out, "format", json_string(format));
	add_sizes(check, out);
	if (check->findings.listed != NULL)
		json_object_set(out, "tables", check->findings.listed);
	json_object_update(out, check->findings.fields);
	report_add_times(out, start);
	int rc = report_print(out);

	json_decref(out);
	return rc;
}

static int
check_settings(struct check *check)
{
	struct buf why = BUF_INIT;
	int rc = 0;

	if (describe == (manifest_path != NULL))
		return fail(PROG_PERMANENT, describe ?
		    "only one of --manifest and --describe can be used" :
		    "one of --manifest and --describe is needed");
	if (strcmp(level, "size") != 0 && strcmp(level, "checksum") != 0 &&
	    strcmp(level, "structure") != 0)
		return fail(PROG_PERMANENT, "cannot use --level=%s: size, "
		    "checksum or structure", level);
	if (describe && strcmp(level, "structure") != 0)
		return fail(PROG_PERMANENT, "--describe has no --level");
	if (jobs == 0)
		jobs = processors_allowed();
	if (describe) {
		check->findings.fields = json_object();
		return 0;
	}
	if (strcmp(manifest_path, "-") == 0)
		return fail(PROG_PERMANENT, "cannot read the manifest from "
		    "standard input: the backup comes from there");
	check->manifest = report_read("manifest", manifest_path);
	if (check->manifest == NULL)
		return -1;
	if (manifest_check(check->manifest, &why) != 0)
		rc = fail(PROG_PERMANENT, "cannot use manifest \"%s\": %s",
		    manifest_path, why.data);
	buf_release(&why);
	return rc;
}

int
main(int argc, char **argv)
{
	(void)!opt_parse(&program, argc, argv);
	struct check check = {0};
	struct timespec start;
	int rc = -1;

	clock_gettime(CLOCK_REALTIME, &start);
	flow_begin_sink();
	content_init(&check.content, &check.findings, NULL);
	if (check_settings(&check) != 0)
		goto out;
	check.content.manifest = check.manifest;
	check.structure = strcmp(level, "structure") == 0;
	check.jobs = (unsigned)jobs;
	progress_init(&check.input.progress, want_progress, "read");
	if (strcmp(level, "size") != 0 &&
	    (check.input.digest = digest_new()) == NULL)
		goto out;
	if (container_read(&check) != 0 || compare_bytes(&check) != 0)
		goto out;
	progress_end(&check.input.progress);
	rc = describe ? print_description(&check, start) :
	    print_verdict(&check);
	if (rc == 0)
		rc = flow_complete();
out:
	content_release(&check.content);
	digest_free(check.input.digest);
	json_decref(check.findings.listed);
	json_decref(check.findings.fields);
	json_decref(check.manifest);
	return prog_finish(rc);
}
