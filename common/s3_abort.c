#include "s3_abort.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "retry.h"
#include "s3_list.h"

#define ROUNDS_MAX 4	/* while a part may still be on its way */
#define LINGER 500	/* ms: versitygw opens the upload again for one that it
			   has, some time after it said that all is gone */

/* 0: gone. 1: not, and *reason says why (free it). */
static int
abort_one(struct s3_line *line, const char *key, const char *id, char **reason)
{
	struct s3_request request = {
		.action = "abort upload of object",
		.method = "DELETE",
		.key = key,
		.query = {{"uploadId", id}},
		.query_count = 1,
		.cleanup = true,
	};
	struct s3_answer answer;

	s3_answer_init(&answer);
	bool gone = s3_call(line, &request, &answer) == S3_DONE ||
	    s3_answer_is(&answer, "NoSuchUpload") ||
	    s3_answer_is(&answer, "NoSuchKey") ||
	    s3_answer_is(&answer, "NotFound");

	*reason = gone ? NULL : s3_answer_reason(&answer);
	s3_answer_release(&answer);
	return gone ? 0 : 1;
}

/* Whether the server still knows the upload: it lists its parts. */
static bool
is_open(struct s3_line *line, const char *key, const char *id)
{
	struct s3_request request = {
		.action = "list parts of object",
		.method = "GET",
		.key = key,
		.query = {{"uploadId", id}, {"max-parts", "1"}},
		.query_count = 2,
		.cleanup = true,
		.attempts_max = 2,
	};
	struct s3_answer answer;

	s3_answer_init(&answer);
	bool open = s3_call(line, &request, &answer) == S3_DONE;

	s3_answer_release(&answer);
	return open;
}

static void
warn_left(const struct s3_line *line, const char *key, const char *reason)
{
	warning("an upload of object \"s3://%s/%s\" is left open: %s",
	    line->s3->place, key, reason);
	hint("the next upload of that name aborts it, and so does "
	    "s3-rm --uploads");
}

void
s3_abort_surely(struct s3_line *line, const char *key, const char *id,
    bool busy)
{
	struct retry retry = {.budget = 2, .even_when_stopping = true};
	char *reason;

	for (int round = 0; round < ROUNDS_MAX; round++) {
		if (abort_one(line, key, id, &reason) != 0) {
			warn_left(line, key, reason);
			free(reason);
			return;
		}
		if (!busy)
			return;
		bool last = retry_wait(&retry, LINGER) != 0;

		if (!is_open(line, key, id))
			return;
		if (last)
			break;
	}
	warn_left(line, key, "the server still lists its parts");
}

struct sweep {
	struct s3_line *line;
	const char *key;	/* this one only; NULL: by place */
	const char *place;	/* this one and what is below it */
	const char *keep;	/* an upload's id, or NULL */
	time_t older_than;	/* 0: of any age */
	size_t count;		/* aborted */
	size_t left;		/* not */
};

static int
sweep_one(void *context, const struct s3xml_item *item)
{
	struct sweep *sweep = context;
	char *reason;

	/* Without an id it would be the object that is deleted. */
	if (item->id[0] == '\0' ||
	    (sweep->key != NULL && strcmp(item->key, sweep->key) != 0) ||
	    (sweep->place != NULL &&
	    !s3_list_is_below(item->key, sweep->place)) ||
	    (sweep->keep != NULL && strcmp(item->id, sweep->keep) == 0) ||
	    (sweep->older_than != 0 && item->when.tv_sec >= sweep->older_than))
		return 0;
	/* Its begin could not be read: it may be under way. */
	if (sweep->older_than != 0 && sweep->older_than != INT64_MAX &&
	    item->when.tv_sec == 0) {
		warning("an upload of object \"s3://%s/%s\" is left open: the "
		    "server does not tell its age", sweep->line->s3->place,
		    item->key);
		return 0;
	}
	if (abort_one(sweep->line, item->key, item->id, &reason) != 0) {
		warn_left(sweep->line, item->key, reason);
		free(reason);
		sweep->left++;
		return prog_stopping() ? fail_quietly(PROG_TEMPORARY) : 0;
	}
	info("aborted an upload of object \"s3://%s/%s\" that was left open",
	    sweep->line->s3->place, item->key);
	sweep->count++;
	return 0;
}

int
s3_abort_others(struct s3_line *line, const char *key, const char *keep)
{
	struct sweep sweep = {.line = line, .key = key, .keep = keep};
	bool allowed;

	/* It is the first thing an upload does, and seen as a part of it. */
	if (s3_list_open_uploads(line, "put object", key, sweep_one, &sweep,
	    &allowed) != 0)
		return -1;
	if (!allowed)
		info("the server does not list open uploads: one that a killed "
		    "run left stays");
	return 0;
}

int
s3_abort_below(struct s3_line *line, const char *place, time_t older_than,
    size_t *count)
{
	struct sweep sweep = {
		.line = line,
		.place = place,
		.older_than = older_than,
	};
	bool allowed;
	int rc = s3_list_open_uploads(line, "list uploads below", place,
	    sweep_one, &sweep, &allowed);

	*count = sweep.count;
	if (rc == 0 && !allowed)
		rc = fail(PROG_PERMANENT, "cannot list uploads below "
		    "\"s3://%s/%s\": the server does not allow it",
		    line->s3->place, place);
	if (rc == 0 && sweep.left > 0)
		rc = fail_quietly(PROG_TEMPORARY);
	return rc;
}
