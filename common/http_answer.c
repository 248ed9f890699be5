#include "http_answer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

void
http_answer_release(struct http_answer *answer)
{
	buf_release(&answer->headers);
	buf_release(&answer->body);
	*answer = (struct http_answer)HTTP_ANSWER_INIT;
}

enum http_failure
http_failure_of(int curl_code)
{
	switch (curl_code) {
	case CURLE_OK:
		return HTTP_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
	case CURLE_OPERATION_TIMEDOUT:	/* we set one for connecting only */
		return HTTP_UNREACHABLE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
		return HTTP_UNTRUSTED;
	default:
		return HTTP_BROKEN;
	}
}

void
http_answer_fail(struct http_answer *answer, enum http_failure failure,
    const char *problem)
{
	char *text = answer->problem;

	if (answer->failure != HTTP_OK)
		return;
	answer->failure = failure;
	snprintf(text, sizeof answer->problem, "%s", problem);
	/* "Connection refused" stands behind a colon. */
	if (isupper((unsigned char)text[0]) && islower((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
}

void
http_answer_add_line(struct http_answer *answer, const char *line, size_t len)
{
	struct buf *headers = &answer->headers;
	const char *end = line + len;
	const char *colon = memchr(line, ':', len);

	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		buf_clear(headers);
		return;
	}
	if (colon == NULL || memchr(line, '\0', len) != NULL)
		return;
	for (; line < colon; line++)
		buf_add_byte(headers, (char)tolower((unsigned char)*line));
	buf_add_byte(headers, '\0');
	for (line++; line < end && isspace((unsigned char)*line);)
		line++;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	buf_add(headers, line, (size_t)(end - line));
	buf_add_byte(headers, '\0');
}

bool
http_next_header(const struct http_answer *answer, size_t *at,
    const char **name, const char **value)
{
	if (*at >= answer->headers.len)
		return false;
	*name = answer->headers.data + *at;
	*value = *name + strlen(*name) + 1;
	*at += strlen(*name) + strlen(*value) + 2;
	return true;
}

const char *
http_header(const struct http_answer *answer, const char *name)
{
	const char *one, *value;

	for (size_t at = 0; http_next_header(answer, &at, &one, &value);) {
		if (strcmp(one, name) == 0)
			return value;
	}
	return NULL;
}

int
http_date(const char *text, time_t *when)
{
	*when = curl_getdate(text, NULL);
	return *when == (time_t)-1 ? -1 : 0;
}
