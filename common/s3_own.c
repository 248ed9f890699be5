#include "s3_own.h"

#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "retry.h"
#include "s3_object.h"
#include "xalloc.h"

enum s3_found
s3_own_find(struct s3_publication *pub)
{
	struct s3_head head;
	enum s3_presence there = s3_object_head(pub->line, pub->key, &head,
	    false, true);

	if (there != S3_THERE)
		return there == S3_ABSENT ? S3_FOUND_NOTHING :
		    S3_FOUND_NO_ANSWER;
	const char *nonce = s3_head_metadata(&head, S3_NONCE);
	bool ours = nonce != NULL && strcmp(nonce, pub->nonce) == 0 &&
	    head.size == pub->size;

	if (ours) {
		free(pub->etag);
		pub->etag = xstrdup(head.etag);
		pub->modified = head.modified;
	}
	s3_head_release(&head);
	return ours ? S3_FOUND_OURS : S3_FOUND_OTHER;
}

enum s3_found
s3_own_find_quietly(struct s3_publication *pub, unsigned seconds)
{
	struct retry retry = {.budget = seconds};
	struct prog_held held;
	enum s3_found found;

	prog_hold(&held);
	do
		found = s3_own_find(pub);
	while (found == S3_FOUND_NOTHING && seconds > 0 &&
	    retry_wait(&retry, 0) == 0);
	prog_release(&held);
	return found;
}

/* The verdict that is none. */
static enum s3_published
tell_doubt(const struct s3_publication *pub, const struct prog_held *why)
{
	const char *place = pub->line->s3->place;

	fail(PROG_TEMPORARY, "could not learn whether object \"s3://%s/%s\" "
	    "was published%s%s", place, pub->key,
	    why->text[0] == '\0' ? "" : ": ", why->text);
	hint("look at it when the server answers again: s3-get --head "
	    "\"s3://%s/%s\"", place, pub->key);
	return S3_DOUBTFUL;
}

enum s3_published
s3_own_settle(struct s3_publication *pub)
{
	struct prog_held held;

	prog_hold(&held);
	enum s3_found found = s3_own_find(pub);

	prog_release(&held);
	switch (found) {
	case S3_FOUND_OURS:
		return S3_PUBLISHED;
	case S3_FOUND_OTHER:
		return S3_TAKEN;
	case S3_FOUND_NOTHING:
		if (pub->late && prog_stopping())
			return tell_doubt(pub, &held);
		fail(PROG_TEMPORARY, "could not put object \"s3://%s/%s\": no "
		    "answer came, and the object is not there",
		    pub->line->s3->place, pub->key);
		return S3_UNPUBLISHED;
	default:
		return tell_doubt(pub, &held);
	}
}

static enum s3_published
delete(struct s3_publication *pub)
{
	struct s3_request request = {
		.action = "delete object",
		.method = "DELETE",
		.key = pub->key,
		.cleanup = true,
	};
	struct s3_answer answer;
	enum s3_published result = S3_UNPUBLISHED;

	s3_answer_init(&answer);
	if (s3_call(pub->line, &request, &answer) != S3_DONE) {
		s3_tell(pub->line->s3, &request, &answer);
		warning("object \"s3://%s/%s\" stays: it could not be deleted "
		    "again", pub->line->s3->place, pub->key);
		result = S3_DOUBTFUL;
	}
	s3_answer_release(&answer);
	return result;
}

enum s3_published
s3_own_undo(struct s3_publication *pub)
{
	struct prog_held held;

	fail_quietly(PROG_TEMPORARY);
	prog_hold(&held);
	enum s3_found found = s3_own_find(pub);

	prog_release(&held);
	if (found == S3_FOUND_NO_ANSWER)
		return tell_doubt(pub, &held);
	return found == S3_FOUND_OURS ? delete(pub) : S3_UNPUBLISHED;
}
