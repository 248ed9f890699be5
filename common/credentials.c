#include "credentials.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "xalloc.h"

#define REFRESH_EARLY 300	/* seconds before the keys expire */

/* 1: found; 0: nothing there; -1: told. */
typedef int source_find(const struct aws_config *, struct credentials *);

struct credentials_chain {
	pthread_mutex_t lock;
	struct credentials now;
};

static void
free_secret(char *text)
{
	if (text == NULL)
		return;
	explicit_bzero(text, strlen(text));
	free(text);
}

void
credentials_release(struct credentials *credentials)
{
	free(credentials->access_key);
	free_secret(credentials->secret_key);
	free_secret(credentials->session_token);
	free(credentials->source);
	memset(credentials, 0, sizeof *credentials);
}

static char *
copy_text(const char *text)
{
	return text == NULL ? NULL : xstrdup(text);
}

static void
copy_credentials(struct credentials *to, const struct credentials *from)
{
	*to = (struct credentials){
		.access_key = xstrdup(from->access_key),
		.secret_key = xstrdup(from->secret_key),
		.session_token = copy_text(from->session_token),
		.expires = from->expires,
		.source = xstrdup(from->source),
	};
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

/* Takes over source. One key without the other is a mistake, not "none". */
static int
take(struct credentials *found, const char *access_key, const char *secret_key,
    const char *token, char *source)
{
	int rc = 0;

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

static int
find_in_environment(const struct aws_config *config, struct credentials *found)
{
	(void)config;
	return take(found, aws_config_environment("AWS_ACCESS_KEY_ID"),
	    aws_config_environment("AWS_SECRET_ACCESS_KEY"),
	    aws_config_environment("AWS_SESSION_TOKEN"),
	    xstrdup("the environment"));
}

static int
find_in_files(const struct aws_config *config, struct credentials *found)
{
	return take(found, aws_config_setting(config, "aws_access_key_id"),
	    aws_config_setting(config, "aws_secret_access_key"),
	    aws_config_setting(config, "aws_session_token"),
	    xasprintf("profile \"%s\"", config->profile));
}

static source_find *const sources[] = {find_in_environment, find_in_files};

static int
fail_none(const struct aws_config *config)
{
	fail(PROG_PERMANENT, "cannot find AWS credentials: looked for "
	    "AWS_ACCESS_KEY_ID in the environment, and for profile \"%s\" in "
	    "\"%s\" and \"%s\"", config->profile, config->credentials_path,
	    config->config_path);
	hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
	    "AWS_SHARED_CREDENTIALS_FILE and AWS_PROFILE");
	return -1;
}

static int
find(const struct aws_config *config, struct credentials *found)
{
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		int rc = sources[i](config, found);

		if (rc != 0)
			return rc == 1 ? 0 : -1;
	}
	return fail_none(config);
}

struct credentials_chain *
credentials_open(const struct aws_config *config)
{
	struct credentials_chain *chain = xcalloc(1, sizeof *chain);

	pthread_mutex_init(&chain->lock, NULL);
	if (find(config, &chain->now) == 0) {
		info("using the AWS credentials of %s", chain->now.source);
		return chain;
	}
	credentials_close(chain);
	return NULL;
}

void
credentials_close(struct credentials_chain *chain)
{
	if (chain == NULL)
		return;
	credentials_release(&chain->now);
	pthread_mutex_destroy(&chain->lock);
	free(chain);
}

/*
 * With the lock held. The files are read again: something may have put newer
 * keys there. The old ones stay when there are none.
 */
static int
renew(struct credentials_chain *chain)
{
	struct aws_config config;
	struct credentials found;

	if (aws_config_load(&config) != 0)
		return -1;
	int rc = find(&config, &found);

	aws_config_release(&config);
	if (rc != 0)
		return -1;
	credentials_release(&chain->now);
	chain->now = found;
	return 0;
}

int
credentials_get(struct credentials_chain *chain, struct credentials *copy)
{
	int rc = 0;

	pthread_mutex_lock(&chain->lock);
	if (chain->now.expires != 0 &&
	    chain->now.expires - REFRESH_EARLY <= time(NULL))
		rc = renew(chain);
	if (rc == 0)
		copy_credentials(copy, &chain->now);
	pthread_mutex_unlock(&chain->lock);
	return rc;
}

static bool
same_keys(const struct credentials *a, const struct credentials *b)
{
	if (strcmp(a->access_key, b->access_key) != 0 ||
	    strcmp(a->secret_key, b->secret_key) != 0)
		return false;
	return a->session_token == NULL || b->session_token == NULL ?
	    a->session_token == b->session_token :
	    strcmp(a->session_token, b->session_token) == 0;
}

int
credentials_refresh(struct credentials_chain *chain,
    const struct credentials *used)
{
	int rc = 0;

	pthread_mutex_lock(&chain->lock);
	/* Another thread may have asked meanwhile. */
	if (same_keys(&chain->now, used))
		rc = renew(chain);
	if (rc == 0)
		rc = !same_keys(&chain->now, used);
	pthread_mutex_unlock(&chain->lock);
	return rc;
}
