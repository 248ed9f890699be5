/* outcome.c: the sentences of a run's end. */
#include "outcome.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "text.h"
#include "xalloc.h"

#define VALUE_MAX 500	/* bytes of one text in a short body */

const char *
outcome_event(const json_t *outcome)
{
	const char *event = report_string(outcome, "event");

	return event[0] == '\0' ? "backup.unknown" : event;
}

bool
outcome_is_good(const json_t *outcome)
{
	const char *event = outcome_event(outcome);

	return text_ends(event, ".completed") || text_ends(event, ".started") ||
	    text_ends(event, ".test");
}

/* "1h 5m", "4m 10s", "2.5 s" */
static void
add_duration(struct buf *buf, double seconds)
{
	unsigned long whole = (unsigned long)seconds;

	if (seconds < 60)
		buf_addf(buf, "%.1f s", seconds);
	else if (whole < 3600)
		buf_addf(buf, "%lum %lus", whole / 60, whole % 60);
	else
		buf_addf(buf, "%luh %lum", whole / 3600, whole / 60 % 60);
}

/* A member of the error object, or of the outcome itself. */
static const json_t *
error_member(const json_t *outcome, const char *key)
{
	const json_t *value = json_object_get(json_object_get(outcome,
	    "error"), key);

	return value != NULL ? value : json_object_get(outcome, key);
}

static const char *
error_text(const json_t *outcome, const char *key)
{
	const char *text = json_string_value(error_member(outcome, key));

	return text == NULL ? "" : text;
}

static void
add_good(struct buf *buf, const json_t *outcome)
{
	int64_t size = report_number(outcome, "size_bytes");
	int64_t rows = report_number(outcome, "row_count");
	int64_t tables = report_number(outcome, "table_count");
	const json_t *duration = json_object_get(outcome, "duration_seconds");

	if (size >= 0) {
		buf_add_string(buf, ", ");
		text_add_size(buf, (uint64_t)size);
	}
	if (rows >= 0)
		buf_addf(buf, ", %lld row%s", (long long)rows,
		    rows == 1 ? "" : "s");
	if (tables > 0)
		buf_addf(buf, " in %lld table%s", (long long)tables,
		    tables == 1 ? "" : "s");
	if (json_is_number(duration)) {
		buf_add_string(buf, ", took ");
		add_duration(buf, json_number_value(duration));
	}
	if (report_string(outcome, "verified_at")[0] != '\0')
		buf_add_string(buf, ", verified");
}

/* A failure without a good backup to fall back on is another matter. */
static void
add_last_good(struct buf *buf, const json_t *outcome)
{
	const json_t *last = json_object_get(outcome, "last_good");
	const json_t *age = json_object_get(last, "age");

	if (last == NULL)
		return;
	if (report_string(last, "name")[0] == '\0') {
		buf_add_string(buf, "; there is no good backup");
		return;
	}
	buf_addf(buf, "; last good backup \"%s\"",
	    report_string(last, "name"));
	if (json_is_string(age)) {
		buf_addf(buf, ", age %s", json_string_value(age));
	} else if (json_is_number(age)) {
		buf_add_string(buf, ", age ");
		add_duration(buf, json_number_value(age));
	}
}

static void
add_bad(struct buf *buf, const json_t *outcome)
{
	const char *stage = error_text(outcome, "stage");
	const char *cause = error_text(outcome, "cause");
	const json_t *retry = error_member(outcome, "retry_helps");

	if (retry == NULL)
		retry = error_member(outcome, "retry");
	if (cause[0] != '\0')
		buf_addf(buf, ": %s", cause);
	if (stage[0] != '\0')
		buf_addf(buf, "; stage %s", stage);
	if (json_is_boolean(retry))
		buf_addf(buf, "; a retry %s", json_is_true(retry) ?
		    "may help" : "will not help");
	add_last_good(buf, outcome);
}

void
outcome_describe(struct buf *buf, const json_t *outcome)
{
	const char *event = outcome_event(outcome);
	const char *database = report_string(outcome, "database");
	const char *name = report_string(outcome, "name");

	/* "backup.failed" is "backup failed", others "backup: x.failed". */
	if (text_starts(event, "backup."))
		buf_addf(buf, "backup %s", event + strlen("backup."));
	else
		buf_addf(buf, "backup: %s", event);
	if (database[0] != '\0')
		buf_addf(buf, " of database %s", database);
	if (name[0] != '\0')
		buf_addf(buf, ": %s", name);
	if (outcome_is_good(outcome))
		add_good(buf, outcome);
	else
		add_bad(buf, outcome);
}

/* A copy with what people ask for first, and long texts cut. */
static json_t *
shorten(const json_t *outcome)
{
	static const char *const kept[] = {"event", "run_id", "database",
	    "series", "environment", "name", "filename", "url", "size_bytes",
	    "row_count", "table_count", "duration_seconds", "created_at",
	    "created_at_utc", "verified_at", "cause", "stage", "retry",
	    "error", "last_good", "host"};
	json_t *shorter = json_object();

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		const json_t *value = json_object_get(outcome, kept[i]);
		struct buf text = BUF_INIT;

		if (value == NULL)
			continue;
		report_add_json(&text, value);
		if (text.len <= VALUE_MAX) {
			json_object_set_new(shorter, kept[i],
			    json_deep_copy(value));
		} else if (json_is_string(value)) {
			size_t len = VALUE_MAX;
			const char *whole = json_string_value(value);

			if (len > strlen(whole))
				len = strlen(whole);
			while (len > 0 && (whole[len] & 0xc0) == 0x80)
				len--;
			json_object_set_new(shorter, kept[i],
			    json_stringn(whole, len));
		}
		buf_release(&text);
	}
	return shorter;
}

void
outcome_add_body(struct buf *buf, const json_t *outcome, struct timespec now)
{
	struct buf when = BUF_INIT;
	struct buf body = BUF_INIT;
	json_t *message = json_object();
	json_t *data = json_copy((json_t *)outcome);

	text_add_time(&when, now);
	json_object_del(data, "tables");
	json_object_set_new(message, "type",
	    json_string(outcome_event(outcome)));
	json_object_set_new(message, "timestamp", json_string(when.data));
	json_object_set(message, "data", data);
	report_add_json(&body, message);
	if (body.len > OUTCOME_BODY_MAX) {
		json_object_set_new(message, "data", shorten(outcome));
		buf_clear(&body);
		report_add_json(&body, message);
	}
	buf_add(buf, body.data, body.len);
	json_decref(data);
	json_decref(message);
	buf_release(&body);
	buf_release(&when);
}
