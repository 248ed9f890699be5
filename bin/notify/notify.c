/*
 * notify: tell people and machines what became of a backup.
 *
 * stdin (or --outcome=FILE): one JSON object with an event and what is known
 * of the run. stderr: one line for people. $NOTIFY_WEBHOOK_URL: a POST.
 *
 * A backup is not worse because nobody could be told: a webhook that fails
 * is a warning, unless --strict.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "flow.h"
#include "opt.h"
#include "outcome.h"
#include "post.h"
#include "prog.h"
#include "report.h"
#include "text.h"
#include "xalloc.h"

#define SECRET_MAX ((size_t)64 * 1024)	/* bytes of a NAME_FILE */
#define ID_MAX 200			/* bytes of a message's id */
#define ID_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
	"0123456789_-"

static const char *outcome_path = "-";
static const char *webhook_on;
static uint64_t retry_seconds = 30;
static bool strict, want_test;

static const struct opt options[] = {
	{"outcome", 0, OPT_STRING, &outcome_path, "FILE",
	    "the outcome, a JSON object (default -: standard input)", 0, 0},
	{"test", 0, OPT_FLAG, &want_test, NULL,
	    "tell a made-up event, to try the settings", 0, 0},
	{"webhook-on", 0, OPT_STRING, &webhook_on, "always|failure",
	    "which outcomes the webhook is told\n"
	    "(default: $NOTIFY_ON, else always)", 0, 0},
	{"retry", 0, OPT_DURATION, &retry_seconds, "DURATION",
	    "how long the webhook is tried again (default 30s)", 0, 3600},
	{"strict", 0, OPT_FLAG, &strict, NULL,
	    "a webhook that cannot be told is a failure", 0, 0},
};

static const struct opt_program program = {
	.name = "notify",
	.synopsis = "[OPTION]... [--outcome=FILE | < outcome]",
	.purpose = "Tell the log, and the webhook NOTIFY_WEBHOOK_URL, what "
	    "became of a backup.",
	.options = options,
	.option_count = OPT_COUNT(options),
	.operands_max = 0,
	.notes = "Environment: NOTIFY_WEBHOOK_URL, NOTIFY_WEBHOOK_SECRET, or "
	    "files that hold them:\nNOTIFY_WEBHOOK_URL_FILE, "
	    "NOTIFY_WEBHOOK_SECRET_FILE; NOTIFY_ON.",
};

static int
check_options(void)
{
	if (webhook_on == NULL)
		webhook_on = getenv("NOTIFY_ON");
	if (webhook_on == NULL || webhook_on[0] == '\0')
		webhook_on = "always";
	if (strcmp(webhook_on, "always") != 0 &&
	    strcmp(webhook_on, "failure") != 0)
		return fail(PROG_PERMANENT, "cannot use --webhook-on=%s: "
		    "always or failure", webhook_on);
	return 0;
}

static json_t *
read_outcome(void)
{
	if (want_test)
		return json_pack("{s:s, s:s}", "event", "backup.test", "cause",
		    "this is a test of the notification");
	json_t *outcome = report_read("outcome", outcome_path);

	if (outcome == NULL)
		return NULL;
	if (strcmp(outcome_path, "-") == 0 &&
	    flow_require_upstream(true) != 0) {
		json_decref(outcome);
		return NULL;
	}
	if (report_string(outcome, "event")[0] == '\0') {
		fail(PROG_PERMANENT, "cannot use outcome \"%s\": it names no "
		    "event", outcome_path);
		json_decref(outcome);
		return NULL;
	}
	return outcome;
}

static void
write_log(const json_t *outcome)
{
	struct buf line = BUF_INIT;

	outcome_describe(&line, outcome);
	if (outcome_is_good(outcome))
		notice("%s", line.data);
	else
		warning("%s", line.data);
	buf_release(&line);
}

/*
 * A secret setting: NAME, else the text of the file that NAME_FILE names.
 * *value is NULL when there is neither; free() it. -1: told.
 */
static int
get_secret(const char *name, char **value)
{
	const char *text = getenv(name);
	char *file_name = xasprintf("%s_FILE", name);
	const char *path = getenv(file_name);
	struct buf content = BUF_INIT;
	int rc = 0;

	*value = NULL;
	if (text != NULL && text[0] != '\0') {
		*value = xstrdup(text);
	} else if (path != NULL && path[0] != '\0') {
		rc = buf_read_file(&content, path, SECRET_MAX);
		if (rc != 0)
			fail(PROG_PERMANENT, "could not read %s \"%s\": %m",
			    file_name, path);
		while (content.len > 0 &&
		    strchr("\r\n", content.data[content.len - 1]) != NULL)
			content.data[--content.len] = '\0';
		if (rc == 0 && content.len > 0)
			*value = buf_detach(&content);
	}
	buf_release(&content);
	free(file_name);
	return rc;
}

/*
 * The same message has the same id, from whatever machine and however often
 * it is told, so that receivers can drop doubles: "msg_backup-failed_run-7".
 * Without a run or a name to tell it by, it is random.
 */
static int
make_id(const json_t *outcome, struct buf *id)
{
	const char *run = report_string(outcome, "run_id");
	unsigned char noise[16];

	if (run[0] == '\0')
		run = report_string(outcome, "name");
	buf_addf(id, "msg_%s_%s", outcome_event(outcome), run);
	if (run[0] == '\0') {
		if (getrandom(noise, sizeof noise, 0) != sizeof noise)
			return fail(PROG_TEMPORARY,
			    "could not get random bytes: %m");
		text_add_hex(id, noise, sizeof noise);
	}
	if (id->len > ID_MAX)
		id->data[id->len = ID_MAX] = '\0';
	/* A dot would end the id in the signed text. */
	for (char *at = id->data; *at != '\0'; at++) {
		if (strchr(ID_BYTES, *at) == NULL)
			*at = '-';
	}
	return 0;
}

static int
tell_webhook(const json_t *outcome, const char *url, const char *secrets)
{
	struct buf id = BUF_INIT;
	struct buf body = BUF_INIT;
	struct timespec now;
	int rc = make_id(outcome, &id);

	clock_gettime(CLOCK_REALTIME, &now);
	outcome_add_body(&body, outcome, now);
	struct post post = {
		.url = url,
		.secrets = secrets,
		.id = id.data,
		.body = body.data,
		.body_len = body.len,
		.retry_seconds = retry_seconds,
	};

	if (rc == 0)
		rc = post_send(&post);
	buf_release(&body);
	buf_release(&id);
	if (rc == 1)
		return strict ? fail_quietly(PROG_TEMPORARY) : 0;
	return rc;
}

static int
notify(const json_t *outcome)
{
	char *url = NULL;
	char *secrets = NULL;
	bool wanted = want_test || strcmp(webhook_on, "failure") != 0 ||
	    !outcome_is_good(outcome);
	int rc = -1;

	if (get_secret("NOTIFY_WEBHOOK_URL", &url) == 0 &&
	    get_secret("NOTIFY_WEBHOOK_SECRET", &secrets) == 0)
		rc = url == NULL || !wanted ? 0 :
		    tell_webhook(outcome, url, secrets);
	free(url);
	free(secrets);
	return rc;
}

int
main(int argc, char **argv)
{
	json_t *outcome = NULL;
	int rc = -1;

	(void)!opt_parse(&program, argc, argv);
	if (check_options() != 0)
		goto out;
	flow_begin_sink();
	prog_catch_stop();
	outcome = read_outcome();
	if (outcome == NULL)
		goto out;
	write_log(outcome);
	rc = notify(outcome);
out:
	json_decref(outcome);
	return prog_finish(rc);
}
