#include "s3_call.h"

#include <stdlib.h>
#include <string.h>

#include "s3_effort.h"

/* True: go on with another attempt. False: answer->outcome is set. */
static bool
attempt(struct s3_effort *effort)
{
	struct s3 *s3 = effort->line->s3;
	struct s3_answer *answer = effort->answer;

	credentials_release(&effort->keys);
	if (credentials_chain_get(s3->credentials, &effort->keys) != 0) {
		answer->outcome = S3_ENDED;
		return false;
	}
	struct s3_attempt sent = {
		.digests = &effort->digests,
		.keys = &effort->keys,
		.host = effort->host,
		.bare = effort->bare,
	};
	int rc = s3_request_send(s3, effort->line->http, effort->request,
	    &sent, &answer->http);

	answer->attempts++;
	answer->doubtful |= answer->http.unanswered;
	memcpy(answer->origin, sent.origin, sizeof answer->origin);
	s3_answer_read_error(answer);
	if (rc == 0)
		s3_learn_reached(s3);
	/* A 5xx, or an error inside of a 200, may come behind the deed. */
	answer->doubtful |= rc == 0 && (answer->http.status >= 500 ||
	    (answer->http.status / 100 == 2 &&
	    answer->error.code[0] != '\0'));
	if (rc == 0 && answer->http.status / 100 == 2 &&
	    answer->error.code[0] == '\0') {
		answer->outcome = S3_DONE;
		return false;
	}
	answer->outcome = rc == 0 ? s3_effort_refused(effort) :
	    s3_effort_failed(effort);
	return answer->outcome == S3_DONE;
}

enum s3_outcome
s3_call(struct s3_line *line, const struct s3_request *request,
    struct s3_answer *answer)
{
	struct s3_effort effort = {
		.line = line,
		.request = request,
		.answer = answer,
		.began = retry_now(),
	};

	answer->attempts = 0;
	answer->doubtful = false;
	if (request->digests != NULL)
		effort.digests = *request->digests;
	else
		s3_digests_make(&effort.digests, request->body,
		    request->body_len);
	while (attempt(&effort))
		continue;
	credentials_release(&effort.keys);
	free(effort.host);
	return answer->outcome;
}
