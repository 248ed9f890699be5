#include "s3_settle.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "retry.h"
#include "s3_object.h"
#include "xalloc.h"

/*
 * An earlier completion, whose answer was lost, has the parts, or has ended the
 * upload: what its repetition is refused for is no verdict on it.
 */
static bool
was_begun(const struct s3_publication *pub, const struct s3_answer *answer)
{
	return pub->doubtful && (s3_answer_is(answer, "InvalidPart") ||
	    s3_answer_is(answer, "NoSuchUpload"));
}

/* Seconds for the object to appear. */
static unsigned
patience(const struct s3_publication *pub, const struct s3_answer *answer)
{
	uint64_t most = pub->line->s3->retry_seconds;

	if (!pub->doubtful)
		return 0;
	if (answer == NULL || !was_begun(pub, answer))
		return S3_OWN_LATE;
	return most < S3_OWN_TAKEN ? (unsigned)most : S3_OWN_TAKEN;
}

enum s3_published
s3_settle_taken(struct s3_publication *pub)
{
	switch (s3_own_find_quietly(pub, patience(pub, NULL))) {
	case S3_FOUND_OURS:
		return S3_PUBLISHED;
	case S3_FOUND_NO_ANSWER:
		return pub->doubtful ? S3_DOUBTFUL : S3_TAKEN;
	default:
		return S3_TAKEN;
	}
}

enum s3_published
s3_settle_lost(struct s3_publication *pub,
    const struct s3_request *request, const struct s3_answer *answer)
{
	switch (s3_own_find_quietly(pub, patience(pub, answer))) {
	case S3_FOUND_OURS:
		info("the answer was lost, but object \"s3://%s/%s\" is there",
		    pub->line->s3->place, pub->key);
		return S3_PUBLISHED;
	case S3_FOUND_OTHER:
		return S3_TAKEN;
	case S3_FOUND_NO_ANSWER:
		if (pub->doubtful)
			return S3_DOUBTFUL;
		break;
	default:
		break;
	}
	if (was_begun(pub, answer))
		return S3_DOUBTFUL;
	s3_tell(pub->line->s3, request, answer);
	return S3_UNPUBLISHED;
}

enum s3_published
s3_settle_stopped(struct s3_publication *pub)
{
	if (pub->doubtful && (pub->late || !prog_stopping()))
		return S3_DOUBTFUL;
	(void)s3_own_undo(pub);
	return S3_UNPUBLISHED;
}

enum s3_published
s3_settle_strange(struct s3_publication *pub,
    const struct s3_request *request, const char *what)
{
	pub->doubtful = true;
	switch (s3_own_find_quietly(pub, S3_OWN_LATE)) {
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

enum s3_published
s3_settle_done(struct s3_publication *pub)
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
