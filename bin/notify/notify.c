/*
 * notify: tell people and machines what became of a backup.
 *
 * stdin:  the outcome, one JSON object (or --outcome=FILE).
 * stdout: nothing. stderr: one line for the log.
 *
 * The webhook's URL and secret come from the environment or a file, never
 * from the command line. That it cannot be told is a warning: it is no
 * failure of the backup.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "opt.h"
#include "prog.h"
#include "report.h"
#include "text.h"
#include "webhook.h"
#include "xalloc.h"

#define SECRET_MAX ((size_t)64 * 1024)	/* bytes of a secret's file */

static const char *outcome_path = "-";
static const char *when = "always";
static bool strict;
static uint64_t retry = 30;

static const struct opt options[] = {
	{"outcome", 0, OPT_STRING, &outcome_path, "FILE",
	    "read the outcome from FILE (default: stdin)", 0, 0},
	{"webhook-on", 0, OPT_STRING, &when, "always|failure",
	    "which outcomes the webhook is told", 0, 0},
	{"strict", 0, OPT_FLAG, &strict, NULL,
	    "exit 111 when the webhook cannot be told", 0, 0},
	{"retry", 0, OPT_DURATION, &retry, "DURATION",
	    "how long to try the webhook (default 30s)", 0, 0},
};

static const struct opt_program program = {
	.name = "notify",
	.synopsis = "[OPTION]... < outcome",
	.purpose = "Write what became of a backup to the log, and tell a "
	    "webhook.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.notes = "Environment: NOTIFY_WEBHOOK_URL, NOTIFY_WEBHOOK_SECRET, or "
	    "files that hold them:\nNOTIFY_WEBHOOK_URL_FILE, "
	    "NOTIFY_WEBHOOK_SECRET_FILE.",
};

/* $NAME, or what the file $NAME_FILE holds; *value NULL: neither is set. */
static int
read_setting(const char *name, char **value)
{
	const char *text = getenv(name);
	struct buf content = BUF_INIT;

	*value = NULL;
	if (text != NULL && *text != '\0') {
		*value = xstrdup(text);
		return 0;
	}
	char *file_name = xasprintf("%s_FILE", name);
	const char *path = getenv(file_name);
	int rc = 0;

	if (path != NULL && *path != '\0') {
		if (buf_read_file(&content, path, SECRET_MAX) != 0) {
			rc = fail(PROG_PERMANENT, "cannot read %s \"%s\": %m",
			    file_name, path);
		} else {
			content.data[strcspn(content.data, "\r\n")] = '\0';
			*value = xstrdup(content.data);
		}
	}
	free(file_name);
	buf_release(&content);
	return rc;
}

static void
add_field(struct buf *line, const char *label, const char *text)
{
	if (*text != '\0')
		buf_addf(line, "%s%s", label, text);
}

static void
add_good(struct buf *line, const json_t *outcome)
{
	int64_t size = report_number(outcome, "size_bytes");
	int64_t rows = report_number(outcome, "row_count");
	const json_t *seconds = json_object_get(outcome, "duration_seconds");

	if (size >= 0) {
		buf_add_string(line, ", ");
		text_add_size(line, (uint64_t)size);
	}
	if (rows >= 0)
		buf_addf(line, ", %" PRId64 " rows", rows);
	if (json_is_number(seconds))
		buf_addf(line, ", took %.1f s", json_number_value(seconds));
	if (*report_string(outcome, "verified_at") != '\0')
		buf_add_string(line, ", verified");
}

static void
add_bad(struct buf *line, const json_t *outcome)
{
	const json_t *last = json_object_get(outcome, "last_good");
	const json_t *again = json_object_get(outcome, "retry");

	add_field(line, ": ", report_string(outcome, "cause"));
	add_field(line, "; stage ", report_string(outcome, "stage"));
	if (json_is_boolean(again))
		buf_addf(line, "; a retry %s", json_is_true(again) ?
		    "may help" : "will not help");
	if (*report_string(last, "name") == '\0') {
		buf_add_string(line, "; there is no good backup");
		return;
	}
	buf_addf(line, "; last good backup \"%s\"",
	    report_string(last, "name"));
	add_field(line, ", age ", report_string(last, "age"));
}

/* One line that a person reads in a log at night. */
static void
log_outcome(const json_t *outcome, bool failed)
{
	struct buf line = BUF_INIT;
	const char *event = report_string(outcome, "event");

	/* "backup.completed" */
	const char *verb = strrchr(event, '.') != NULL ?
	    strrchr(event, '.') + 1 : event;

	buf_addf(&line, "backup %s", verb);
	add_field(&line, " of database ", report_string(outcome, "database"));
	add_field(&line, ": ", report_string(outcome, "name"));
	if (failed)
		add_bad(&line, outcome);
	else
		add_good(&line, outcome);
	if (failed)
		warning("%s", line.data);
	else
		notice("%s", line.data);
	buf_release(&line);
}

static int
tell_webhook(const json_t *outcome, bool failed)
{
	struct webhook hook = {.retry_seconds = retry};
	char *url = NULL;
	char *secret = NULL;
	int rc = -1;

	if (read_setting("NOTIFY_WEBHOOK_URL", &url) != 0 ||
	    read_setting("NOTIFY_WEBHOOK_SECRET", &secret) != 0)
		goto out;
	rc = 0;
	if (url == NULL || (!failed && strcmp(when, "failure") == 0))
		goto out;
	if (!text_starts(url, "https://") && !text_starts(url, "http://")) {
		rc = fail(PROG_PERMANENT, "cannot use NOTIFY_WEBHOOK_URL: it "
		    "does not begin with https:// or http://");
		goto out;
	}
	hook.url = url;
	hook.secret = secret;
	if (webhook_send(&hook, outcome) != 0 && strict)
		rc = fail_quietly(PROG_TEMPORARY);
out:
	free(secret);
	free(url);
	return rc;
}

int
main(int argc, char **argv)
{
	json_t *outcome = NULL;
	int rc = -1;

	(void)!opt_parse(&program, argc, argv);
	if (strcmp(when, "always") != 0 && strcmp(when, "failure") != 0) {
		fail(PROG_PERMANENT, "cannot use --webhook-on=%s: always or "
		    "failure", when);
		goto out;
	}
	flow_begin_sink();
	prog_catch_stop();
	outcome = report_read("outcome", outcome_path);
	if (outcome == NULL)
		goto out;
	if (*report_string(outcome, "event") == '\0') {
		fail(PROG_PERMANENT, "cannot use outcome \"%s\": it has no "
		    "\"event\"", outcome_path);
		goto out;
	}
	bool failed = strstr(report_string(outcome, "event"), "fail") != NULL;

	log_outcome(outcome, failed);
	rc = tell_webhook(outcome, failed);
out:
	json_decref(outcome);
	return prog_finish(rc);
}
