#include "s3_publish.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "retry.h"
#include "s3_object.h"
#include "s3_settle.h"
#include "s3xml.h"
#include "xalloc.h"

#define COMPLETE_SECONDS 900	/* servers put the parts together meanwhile */
#define ROUNDS_MAX 8		/* completions; some answer 500 for ever */

#define IF_NONE_MATCH {"if-none-match", "*"}

static bool
says_taken(const struct s3_answer *answer)
{
	/* Older MinIO answers 304 to a PUT. */
	return answer->outcome == S3_REFUSED &&
	    (answer->http.status == 412 || answer->http.status == 304);
}

/* Whether If-None-Match goes along: not where it is known to be useless. */
static bool
sends_condition(const struct s3_publication *pub, enum s3_heeds heeds)
{
	return !pub->unconditional && heeds != S3_HEEDS_NOT;
}

/* Not every server knows If-None-Match on a write. */
static bool
says_no_condition(struct s3_publication *pub, const struct s3_answer *answer)
{
	if (pub->unconditional || answer->outcome != S3_REFUSED ||
	    !s3_answer_is(answer, "NotImplemented"))
		return false;
	pub->unconditional = true;
	info("the server does not know If-None-Match on a write: a HEAD has "
	    "to do");
	return true;
}

/* The request, and whether it may have been done without our knowing. */
static enum s3_outcome
call(struct s3_publication *pub, const struct s3_request *request,
    struct s3_answer *answer)
{
	enum s3_outcome outcome = s3_call(pub->line, request, answer);

	pub->doubtful |= answer->doubtful;
	pub->late = answer->http.unanswered && strcmp(request->method,
	    "PUT") == 0;
	return outcome;
}

static void
take_result(struct s3_publication *pub, const struct s3_answer *answer,
    const char *etag)
{
	const char *date = http_header(&answer->http, "date");

	free(pub->etag);
	pub->etag = xstrdup(etag == NULL ? "" : etag);
	s3xml_unquote(pub->etag);
	if (date == NULL || http_date(date, &pub->modified) != 0)
		pub->modified = s3_now(pub->line->s3);
}

static enum s3_published
put(struct s3_publication *pub, const void *data,
    const struct sigv4_pair *headers, size_t header_count)
{
	/* The condition is last, so that it can be left out. */
	struct sigv4_pair *all = xcalloc(header_count + 1, sizeof *all);
	struct s3_request request = {
		.action = "put object",
		.method = "PUT",
		.key = pub->key,
		.secret = true,
		.finish = true,
		.never_twice = true,
		.headers = all,
		.header_count = header_count + sends_condition(pub,
		    pub->line->s3->provider->on_put),
		.body = data,
		.body_len = pub->size,
	};
	struct s3_answer answer;
	enum s3_published result = S3_UNPUBLISHED;

	if (header_count > 0)
		memcpy(all, headers, header_count * sizeof *all);
	all[header_count] = (struct sigv4_pair)IF_NONE_MATCH;
	s3_answer_init(&answer);
	enum s3_outcome outcome = call(pub, &request, &answer);

	if (says_no_condition(pub, &answer)) {
		request.header_count--;
		outcome = call(pub, &request, &answer);
	}
	const char *etag = http_header(&answer.http, "etag");

	/* Not all that answers 200 to a PUT is an S3 server. */
	if (outcome == S3_DONE && (etag == NULL || *etag == '\0')) {
		result = s3_settle_strange(pub, &request, "has no ETag");
	} else if (outcome == S3_DONE) {
		take_result(pub, &answer, etag);
		result = S3_PUBLISHED;
	} else if (outcome == S3_ENDED) {
		result = s3_settle_stopped(pub);
	} else if (says_taken(&answer)) {
		result = s3_settle_taken(pub);
	} else if (outcome == S3_LOST || pub->doubtful) {
		result = s3_settle_lost(pub, &request, &answer);
	} else {
		s3_tell(pub->line->s3, &request, &answer);
		/* versitygw 1.8 stores it, and then refuses its lock. */
		pub->doubtful = s3_answer_is(&answer, "InvalidRequest");
	}
	s3_answer_release(&answer);
	free(all);
	return result;
}

enum s3_published
s3_publish_put(struct s3_publication *pub, const void *data,
    const struct sigv4_pair *headers, size_t header_count)
{
	bool heeded = pub->line->s3->provider->on_put == S3_HEEDS;
	struct s3_head head;

	/* moto, s3proxy, s3s and others do not know the condition. */
	if (!heeded) {
		enum s3_presence there = s3_object_head(pub->line, pub->key,
		    &head, true, true);

		s3_head_release(&head);
		if (there == S3_THERE || there == S3_ERROR)
			return there == S3_THERE ? S3_TAKEN : S3_UNPUBLISHED;
	}
	enum s3_published result = put(pub, data, headers, header_count);

	return result == S3_PUBLISHED && !heeded ? s3_settle_done(pub) : result;
}

/* A round of completing: the request's answer decides. -1: another round. */
static int
complete_once(struct s3_publication *pub, struct s3_request *request,
    struct s3_answer *answer)
{
	enum s3_outcome outcome = call(pub, request, answer);

	if (outcome == S3_DONE) {
		char *etag = s3xml_read_completed(answer->http.body.data,
		    answer->http.body.len);

		if (etag == NULL)
			return s3_settle_strange(pub, request,
			    "is no CompleteMultipartUploadResult");
		take_result(pub, answer, etag);
		free(etag);
		return s3_settle_done(pub);
	}
	/* Stopped in the middle of it: what did get through is undone. */
	if (outcome == S3_ENDED)
		return s3_settle_stopped(pub);
	if (says_taken(answer))
		return s3_settle_taken(pub);
	if (says_no_condition(pub, answer)) {
		request->header_count = 1;
		return -1;
	}
	/* AWS: "upload the object again"; a stream cannot. */
	if (outcome == S3_REFUSED ||
	    s3_answer_is(answer, "ConditionalRequestConflict"))
		return s3_settle_lost(pub, request, answer);
	switch (s3_own_find_quietly(pub,
	    answer->http.failure != HTTP_OK ? S3_OWN_LATE : 0)) {
	case S3_FOUND_OURS:
		return S3_PUBLISHED;
	case S3_FOUND_OTHER:
		return S3_TAKEN;
	case S3_FOUND_NOTHING:
		return -1;
	default:
		return s3_settle_lost(pub, request, answer);
	}
}

static enum s3_published
complete(struct s3_publication *pub, struct s3_request *request)
{
	struct retry retry = {.budget = pub->line->s3->retry_seconds};
	struct s3_answer answer;
	int result;

	s3_answer_init(&answer);
	for (unsigned round = 1; (result = complete_once(pub, request,
	    &answer)) < 0; round++) {
		if (round == ROUNDS_MAX || retry_wait(&retry, 0) != 0) {
			result = prog_stopping() ? s3_settle_stopped(pub) :
			    (s3_tell(pub->line->s3, request, &answer),
			    S3_UNPUBLISHED);
			break;
		}
		info("completing object \"s3://%s/%s\" again",
		    pub->line->s3->place, pub->key);
	}
	s3_answer_release(&answer);
	return (enum s3_published)result;
}

enum s3_published
s3_publish_upload(struct s3_publication *pub, const char *upload_id,
    char *const *etags, size_t count)
{
	const struct sigv4_pair headers[] = {
		{"content-type", "application/xml"}, IF_NONE_MATCH,
	};
	struct s3_head head;
	enum s3_presence there = s3_object_head(pub->line, pub->key, &head,
	    true, true);
	struct buf body = BUF_INIT;

	s3_head_release(&head);
	if (there == S3_THERE || there == S3_ERROR)
		return there == S3_THERE ? S3_TAKEN : S3_UNPUBLISHED;
	s3xml_add_complete(&body, etags, count);
	struct s3_request request = {
		.action = "complete object",
		.method = "POST",
		.key = pub->key,
		.secret = true,
		.query = {{"uploadId", upload_id}},
		.query_count = 1,
		.headers = headers,
		.header_count = 1 + sends_condition(pub,
		    pub->line->s3->provider->on_complete),
		.body = body.data,
		.body_len = body.len,
		.idle_seconds = COMPLETE_SECONDS,
		.crawls = true,
		.attempts_max = 1,
		.finish = true,
		.never_twice = true,
	};
	enum s3_published result = complete(pub, &request);

	buf_release(&body);
	return result;
}
