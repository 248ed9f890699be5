#include "s3_get.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "retry.h"
#include "s3_object.h"
#include "text.h"
#include "xalloc.h"

#define PROGRESS ((uint64_t)64 * 1024)	/* bytes of one try */

/* One request for what is still missing. */
static enum s3_outcome
ask(struct s3_reading *reading, struct s3_request *request,
    struct s3_answer *answer)
{
	struct sigv4_pair headers[2];
	char range[64];

	request->headers = headers;
	request->header_count = 0;
	if (reading->at > 0 || reading->range->to != S3_TO_END) {
		if (reading->range->to == S3_TO_END)
			snprintf(range, sizeof range, "bytes=%llu-",
			    (unsigned long long)reading->at);
		else
			snprintf(range, sizeof range, "bytes=%llu-%llu",
			    (unsigned long long)reading->at,
			    (unsigned long long)reading->range->to - 1);
		headers[request->header_count++] =
		    (struct sigv4_pair){"range", range};
	}
	if (reading->range->etag != NULL)
		headers[request->header_count++] =
		    (struct sigv4_pair){"if-match", reading->range->etag};
	reading->http = &answer->http;
	reading->judged = false;
	enum s3_outcome outcome = s3_call(reading->line, request, answer);

	request->headers = NULL;
	request->header_count = 0;
	return outcome;
}

/*
 * A whole answer came. 1: that was all; 0: there is more to ask for; -1. A
 * body without a length ends with its connection, cut short or not: only the
 * size from HEAD can tell.
 */
static int
is_all(struct s3_reading *reading)
{
	struct s3_head head;

	if (!reading->judged && s3_reading_judge(reading) != 0)
		return -1;
	if (reading->until != S3_TO_END && reading->at != reading->until)
		return s3_reading_fail_length(reading);
	if (reading->range->size == S3_TO_END) {
		enum s3_presence there = s3_object_head(reading->line,
		    reading->range->key, &head, false, false);

		reading->range->size = there == S3_THERE ? head.size :
		    S3_TO_END;
		s3_head_release(&head);
		if (there != S3_THERE)
			return there == S3_ABSENT ?
			    s3_reading_fail_changed(reading) : -1;
		if (reading->at > reading->range->size &&
		    reading->at > reading->range->from)
			return fail(PROG_TEMPORARY, "could not read object "
			    "\"s3://%s/%s\": the server sent more than the "
			    "%llu bytes that it has", reading->line->s3->place,
			    reading->range->key,
			    (unsigned long long)reading->range->size);
	}
	return reading->at >= reading->range->to ||
	    reading->at >= reading->range->size;
}

static int
refused(const struct s3_reading *reading, const struct s3_request *request,
    const struct s3_answer *answer)
{
	/* from is at or behind the end, unless that is known to be later */
	if (answer->http.status == 416)
		return reading->range->size == S3_TO_END ||
		    reading->at >= reading->range->size ? 1 :
		    s3_reading_fail_changed(reading);
	if (answer->http.status == 412 && reading->range->etag != NULL)
		return s3_reading_fail_changed(reading);
	if (s3_answer_is(answer, "NoSuchKey") ||
	    s3_answer_is(answer, "NotFound"))
		return reading->range->etag == NULL ? 0 :
		    s3_reading_fail_changed(reading);
	return s3_tell(reading->line->s3, request, answer);
}

/*
 * Whether the object is kept in the encoding that the answer had: then that is
 * what its bytes are. If not, somebody on the way has compressed them.
 */
static int
check_encoding(struct s3_reading *reading)
{
	struct s3_head head;
	enum s3_presence there = s3_object_head(reading->line,
	    reading->range->key, &head, false, false);
	int rc = -1;

	if (there == S3_ABSENT)
		s3_reading_fail_changed(reading);
	else if (there == S3_THERE && strcmp(head.encoding,
	    reading->encoding) == 0 &&
	    head.size == s3_reading_told_size(reading))
		rc = 0;
	else if (there == S3_THERE)
		fail(PROG_TEMPORARY, "could not read object \"s3://%s/%s\": "
		    "it comes in encoding \"%.40s\", in which it is not kept",
		    reading->line->s3->place, reading->range->key,
		    reading->encoding);
	s3_head_release(&head);
	free(reading->encoding);
	reading->encoding = NULL;
	reading->range->encoded = rc == 0;
	return rc;
}

static int
read_on(struct s3_reading *reading, const struct s3_request *template,
    struct s3_answer *answer)
{
	struct retry retry = {.budget = reading->line->s3->retry_seconds};
	struct s3_request request = *template;

	for (;;) {
		uint64_t before = reading->at;
		enum s3_outcome outcome = ask(reading, &request, answer);

		if (reading->enough)
			return 1;
		if (reading->encoding != NULL) {
			if (check_encoding(reading) != 0)
				return -1;
			continue;
		}
		if (outcome == S3_REFUSED)
			return refused(reading, &request, answer);
		if (outcome == S3_DONE) {
			int all = is_all(reading);

			if (all != 0)
				return all;
		} else if (outcome == S3_ENDED &&
		    reading->range->cancel != NULL &&
		    atomic_load(reading->range->cancel)) {
			return -1;	/* nobody wants it any more */
		} else if (outcome == S3_ENDED || answer->http.sunk == 0) {
			return s3_tell(reading->line->s3, &request, answer);
		}
		info("reading of \"s3://%s/%s\" broke off at byte %llu; "
		    "going on there", reading->line->s3->place,
		    reading->range->key,
		    (unsigned long long)reading->at);
		/* A trickle is no progress. */
		if (reading->at - before >= PROGRESS)
			retry_reset(&retry);
		if (retry_wait(&retry, 0) != 0)
			return s3_tell(reading->line->s3, &request, answer);
	}
}

int
s3_get(struct s3_line *line, struct s3_range *range)
{
	struct s3_reading reading = {
		.line = line,
		.range = range,
		.at = range->from,
	};
	struct s3_request request = {
		.action = "read object",
		.method = "GET",
		.key = range->key,
		.secret = true,
		.sink = s3_reading_take,
		.sink_context = &reading,
		.cancel = range->cancel,
		.told = range->told,
	};
	struct s3_answer answer;

	range->size = S3_TO_END;
	range->ranged = false;
	if (range->from >= range->to)
		return 1;
	s3_answer_init(&answer);
	int rc = read_on(&reading, &request, &answer);

	s3_answer_release(&answer);
	return rc;
}
