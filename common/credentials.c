#include "credentials.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "text.h"
#include "xalloc.h"

void
credentials_wipe(char *text)
{
	if (text == NULL)
		return;
	explicit_bzero(text, strlen(text));
	free(text);
}

void
credentials_wipe_buf(struct buf *buf)
{
	if (buf->size > 0)
		explicit_bzero(buf->data, buf->size);
	buf_release(buf);
}

void
credentials_release(struct credentials *credentials)
{
	free(credentials->access_key);
	credentials_wipe(credentials->secret_key);
	credentials_wipe(credentials->session_token);
	free(credentials->source);
	memset(credentials, 0, sizeof *credentials);
}

static char *
copy_text(const char *text)
{
	return text == NULL ? NULL : xstrdup(text);
}

void
credentials_copy(struct credentials *to, const struct credentials *from)
{
	*to = (struct credentials){
		.access_key = copy_text(from->access_key),
		.secret_key = copy_text(from->secret_key),
		.session_token = copy_text(from->session_token),
		.expires = from->expires,
		.source = copy_text(from->source),
	};
}

bool
credentials_equal(const struct credentials *a, const struct credentials *b)
{
	if (strcmp(a->access_key, b->access_key) != 0 ||
	    strcmp(a->secret_key, b->secret_key) != 0)
		return false;
	return a->session_token == NULL || b->session_token == NULL ?
	    a->session_token == b->session_token :
	    strcmp(a->session_token, b->session_token) == 0;
}

/* A key goes into a header: nothing in it may end the line. */
static bool
is_printable(const char *text)
{
	for (; text != NULL && *text != '\0'; text++) {
		if (!isgraph((unsigned char)*text))
			return false;
	}
	return true;
}

static const char *
some(const char *text)
{
	return text == NULL || *text == '\0' ? NULL : text;
}

int
credentials_set(struct credentials *found, const char *access_key,
    const char *secret_key, const char *token, char *source)
{
	int rc = 0;

	access_key = some(access_key);
	secret_key = some(secret_key);
	token = some(token);
	if (access_key == NULL && secret_key == NULL) {
		free(source);
		return 0;
	}
	if (access_key == NULL || secret_key == NULL)
		rc = fail(PROG_PERMANENT, "cannot use the AWS credentials of "
		    "%s: the %s is missing", source, access_key == NULL ?
		    "access key id" : "secret access key");
	else if (!is_printable(access_key) || !is_printable(secret_key) ||
	    !is_printable(token))
		rc = fail(PROG_PERMANENT, "cannot use the AWS credentials of "
		    "%s: a key holds a blank or a control character", source);
	if (rc != 0) {
		free(source);
		return -1;
	}
	*found = (struct credentials){
		.access_key = xstrdup(access_key),
		.secret_key = xstrdup(secret_key),
		.session_token = copy_text(token),
		.source = source,
	};
	return 1;
}

/* "+02:00" or "-0530" at the end: its seconds; *len is what stands before. */
static long
offset_of(const char *text, size_t *len)
{
	const char *sign = strrchr(text, '+');
	int hours, minutes;

	*len = strlen(text);
	if (sign == NULL && (sign = strrchr(text, '-')) != NULL &&
	    strchr(text, 'T') > sign)
		return 0;
	if (sign == NULL || !isdigit((unsigned char)sign[1]) ||
	    (sscanf(sign + 1, "%2d:%2d", &hours, &minutes) != 2 &&
	    sscanf(sign + 1, "%2d%2d", &hours, &minutes) != 2))
		return 0;
	*len = (size_t)(sign - text);
	return (*sign == '-' ? -1 : 1) * (hours * 3600L + minutes * 60L);
}

int
credentials_time(const char *text, time_t *when)
{
	struct timespec time;
	size_t len;
	long offset = offset_of(text, &len);
	char *local = xstrndup(text, len);
	int rc = text_time(local, &time);

	if (rc == 0)
		*when = time.tv_sec - offset;
	free(local);
	return rc;
}
