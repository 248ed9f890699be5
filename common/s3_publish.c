#include "s3_publish.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "retry.h"
#include "s3_object.h"
#include "s3xml.h"
#include "xalloc.h"

#define COMPLETE_SECONDS 900	/* servers put the parts together meanwhile */
#define ROUNDS_MAX 8		/* completions; some answer 500 for ever */

#define IF_NONE_MATCH {"if-none-match", "*"}

/* The server says that the name is taken: by an earlier try of ours? */
static enum s3_published
taken_by(struct s3_publication *pub)
{
	switch (s3_own_find_quietly(pub, pub->doubtful)) {
	case S3_FOUND_OURS:
		return S3_PUBLISHED;
	case S3_FOUND_NO_ANSWER:
		return pub->doubtful ? S3_DOUBTFUL : S3_TAKEN;
	default:
		return S3_TAKEN;
	}
}

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

/*
 * No answer, or one that leaves it open. Ours after all: good. Else the first
 * cause is told.
 */
static enum s3_published
settle(struct s3_publication *pub, const struct s3_request *request,
    const struct s3_answer *answer)
{
	switch (s3_own_find_quietly(pub, pub->doubtful)) {
	case S3_FOUND_OURS:
		info("the answer was lost, but object \"s3://%s/%s\" is there",
		    pub->line->s3->place, pub->key);
		return S3_PUBLISHED;
	case S3_FOUND_OTHER:
		return S3_TAKEN;
	case S3_FOUND_NO_ANSWER:
		if (pub->doubtful)
			return S3_DOUBTFUL;
		/* fall through */
	default:
		s3_tell(pub->line->s3, request, answer);
		return S3_UNPUBLISHED;
	}
}

/* Ended by a signal, or for want of keys (told). */
static enum s3_published
give_up(struct s3_publication *pub)
{
	if (pub->doubtful && (pub->late || !prog_stopping()))
		return S3_DOUBTFUL;
	(void)s3_own_undo(pub);
	return S3_UNPUBLISHED;
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

/* An answer that may mean anything. */
static enum s3_published
settle_strange(struct s3_publication *pub, const struct s3_request *request,
    const char *what)
{
	pub->doubtful = true;
	switch (s3_own_find_quietly(pub, pub->doubtful)) {
	case S3_FOUND_OURS:
		return S3_PUBLISHED;
	case S3_FOUND_NO_ANSWER:
		return S3_DOUBTFUL;
	default:
		s3_tell_strange(pub->line->s3, request, what);
		return S3_UNPUBLISHED;
	}
}

/* The object is not what the completion's answer said. */
static enum s3_published
tell_lost(const struct s3_publication *pub, bool there, uint64_t size)
{
	if (!there)
		fail(PROG_TEMPORARY, "could not put object \"s3://%s/%s\": the "
		    "server says that it did, but the object is not there",
		    pub->line->s3->place, pub->key);
	else
		fail(PROG_TEMPORARY, "could not put object \"s3://%s/%s\": the "
		    "server stored %llu bytes of %llu", pub->line->s3->place,
		    pub->key, (unsigned long long)size,
		    (unsigned long long)pub->size);
	return S3_UNPUBLISHED;
}

/*
 * Two completions at once, as a lost answer brings them about, may both be
 * called done while the object goes and comes (versitygw 1.8).
 */
static enum s3_presence
look_patiently(struct s3_publication *pub, struct s3_head *head)
{
	struct retry retry = {.budget = S3_OWN_LATE};
	struct prog_held held;

	prog_hold(&held);
	enum s3_presence there = s3_object_head(pub->line, pub->key, head,
	    true, true);

	while ((there == S3_ABSENT || (there == S3_THERE &&
	    s3_head_metadata(head, S3_NONCE) == NULL &&
	    head->size != pub->size)) && retry_wait(&retry, 0) == 0) {
		s3_head_release(head);
		there = s3_object_head(pub->line, pub->key, head, true, true);
	}
	prog_release(&held);
	return there;
}

/* A good answer to the completion: is it there, whole, and ours? */
static enum s3_published
confirm(struct s3_publication *pub)
{
	struct s3_head head;
	enum s3_presence there = look_patiently(pub, &head);
	enum s3_published result = S3_PUBLISHED;

	pub->doubtful = true;
	if (there == S3_ERROR)
		result = S3_DOUBTFUL;
	if (there == S3_ABSENT || there == S3_THERE) {
		const char *nonce = s3_head_metadata(&head, S3_NONCE);

		if (nonce != NULL && strcmp(nonce, pub->nonce) != 0)
			result = S3_TAKEN;	/* another writer was later */
		else if (there == S3_ABSENT || head.size != pub->size)
			result = tell_lost(pub, there == S3_THERE, head.size);
	}
	if (there == S3_THERE && result == S3_PUBLISHED) {
		free(pub->etag);
		pub->etag = xstrdup(head.etag);
		pub->modified = head.modified;
	}
	s3_head_release(&head);
	return result;
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
		result = settle_strange(pub, &request, "has no ETag");
	} else if (outcome == S3_DONE) {
		take_result(pub, &answer, etag);
		result = S3_PUBLISHED;
	} else if (outcome == S3_ENDED) {
		result = give_up(pub);
	} else if (says_taken(&answer)) {
		result = taken_by(pub);
	} else if (outcome == S3_LOST || pub->doubtful) {
		result = settle(pub, &request, &answer);
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

	return result == S3_PUBLISHED && !heeded ? confirm(pub) : result;
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
			return settle_strange(pub, request,
			    "is no CompleteMultipartUploadResult");
		take_result(pub, answer, etag);
		free(etag);
		return confirm(pub);
	}
	/* Stopped in the middle of it: what did get through is undone. */
	if (outcome == S3_ENDED)
		return give_up(pub);
	if (says_taken(answer))
		return taken_by(pub);
	if (says_no_condition(pub, answer)) {
		request->header_count = 1;
		return -1;
	}
	/* AWS: "upload the object again"; a stream cannot. */
	if (outcome == S3_REFUSED ||
	    s3_answer_is(answer, "ConditionalRequestConflict"))
		return settle(pub, request, answer);
	switch (s3_own_find_quietly(pub,
	    answer->http.failure != HTTP_OK)) {
	case S3_FOUND_OURS:
		return S3_PUBLISHED;
	case S3_FOUND_OTHER:
		return S3_TAKEN;
	case S3_FOUND_NOTHING:
		return -1;
	default:
		return settle(pub, request, answer);
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
			result = prog_stopping() ? give_up(pub) :
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
