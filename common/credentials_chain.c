#include "credentials_chain.h"

#include <pthread.h>
#include <stdlib.h>

#include "credentials_container.h"
#include "credentials_instance.h"
#include "credentials_profile.h"
#include "credentials_source.h"
#include "prog.h"
#include "xalloc.h"

#define REFRESH_EARLY 300	/* seconds before the keys expire */
#define RENEW_AGAIN 30		/* seconds after a renewal that failed */
#define EARLY_PATIENCE 20	/* seconds to try while the old ones are good */
#define EXPIRED_ALREADY 60	/* seconds until keys that come expired, by our
				   clock, are asked for again */

struct credentials_chain {
	pthread_mutex_t lock;	/* for what follows */
	pthread_cond_t renewed;
	struct credentials now;
	time_t renew_at;	/* 0: never */
	time_t good_until;	/* 0: as long as the server takes them */
	bool renewing;		/* a thread is at it, without the lock */
	bool warned;		/* since the last renewal that worked */
	char *profile;		/* that the URL names, or NULL */
	struct credentials_chain_options options;
};

static credentials_source *const sources[] = {
	credentials_from_environment,
	credentials_from_web_identity,
	credentials_from_profile,
	credentials_from_container,
	credentials_from_instance,
};

static int
fail_none(const struct aws_config *config)
{
	if (config->named)
		return fail(PROG_PERMANENT, "cannot find AWS credentials in "
		    "profile \"%s\" of \"%s\" and \"%s\"",
		    config->profile, config->credentials_path,
		    config->config_path);
	fail(PROG_PERMANENT, "cannot find AWS credentials: looked for "
	    "AWS_ACCESS_KEY_ID and AWS_WEB_IDENTITY_TOKEN_FILE in the "
	    "environment, for profile \"%s\" in \"%s\" and \"%s\", and for a "
	    "container's or an instance's role", config->profile,
	    config->credentials_path, config->config_path);
	hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
	    "AWS_SHARED_CREDENTIALS_FILE and AWS_PROFILE");
	return -1;
}

static int
find(const struct credentials_search *search, struct credentials *found)
{
	*found = (struct credentials){.access_key = NULL};
	if (search->config->named) {
		int rc = credentials_from_profile(search, found);

		return rc == 1 ? 0 : rc == 0 ? fail_none(search->config) : -1;
	}
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		int rc = sources[i](search, found);

		if (rc != 0)
			return rc == 1 ? 0 : -1;
	}
	return fail_none(search->config);
}

/* With the lock held, or before there are other threads. Takes found over. */
static void
take(struct credentials_chain *chain, struct credentials *found)
{
	time_t now = time(NULL);
	time_t life = found->expires - now;

	credentials_release(&chain->now);
	chain->now = *found;
	chain->warned = false;
	if (found->expires == 0) {
		chain->renew_at = chain->good_until = 0;
	} else if (life <= 0) {
		/* Our clock is wrong, or the place is in trouble itself. */
		chain->renew_at = now + EXPIRED_ALREADY;
		chain->good_until = 0;
	} else {
		chain->good_until = found->expires;
		chain->renew_at = found->expires -
		    (life < 2 * REFRESH_EARLY ? life / 2 : REFRESH_EARLY);
	}
}

struct credentials_chain *
credentials_chain_open(const struct aws_config *config,
    const struct credentials_chain_options *options)
{
	struct credentials_chain *chain = xcalloc(1, sizeof *chain);
	const struct credentials_search search = {
		.config = config,
		.patience = options->first_patience,
		.no_verify_tls = options->no_verify_tls,
	};
	struct credentials found;

	pthread_mutex_init(&chain->lock, NULL);
	pthread_cond_init(&chain->renewed, NULL);
	chain->options = *options;
	if (config->named)
		chain->profile = xstrdup(config->profile);
	if (find(&search, &found) != 0) {
		credentials_chain_close(chain);
		return NULL;
	}
	take(chain, &found);
	info("using the AWS credentials of %s", chain->now.source);
	return chain;
}

void
credentials_chain_close(struct credentials_chain *chain)
{
	if (chain == NULL)
		return;
	credentials_release(&chain->now);
	free(chain->profile);
	pthread_cond_destroy(&chain->renewed);
	pthread_mutex_destroy(&chain->lock);
	free(chain);
}

/* The files are read again: something may have put newer keys there. */
static int
find_anew(const struct credentials_chain *chain, uint64_t patience,
    struct credentials *found)
{
	struct aws_config config;
	struct credentials_search search = {
		.config = &config,
		.patience = patience,
		.no_verify_tls = chain->options.no_verify_tls,
	};

	if (aws_config_load(&config, chain->profile) != 0)
		return -1;
	int rc = find(&search, found);

	aws_config_release(&config);
	return rc;
}

static bool
are_good(const struct credentials_chain *chain, time_t now)
{
	return chain->good_until == 0 || chain->good_until > now;
}

/*
 * With the lock held, which is given away meanwhile. The old keys stay when
 * there are no new ones; a failure is in held, not told.
 */
static int
renew(struct credentials_chain *chain, uint64_t patience,
    struct prog_held *held)
{
	struct credentials found;

	chain->renewing = true;
	pthread_mutex_unlock(&chain->lock);
	prog_hold(held);
	int rc = find_anew(chain, patience, &found);

	prog_release(held);
	pthread_mutex_lock(&chain->lock);
	chain->renewing = false;
	if (rc == 0)
		take(chain, &found);
	else
		chain->renew_at = time(NULL) + RENEW_AGAIN;
	pthread_cond_broadcast(&chain->renewed);
	return rc;
}

/* Say once that renewing fails while the old keys are still good. */
static void
warn(struct credentials_chain *chain, const struct prog_held *held, time_t now)
{
	if (chain->warned || prog_stopping())
		return;
	chain->warned = true;
	warning("could not renew the AWS credentials, which are good for %ld "
	    "s more: %s", (long)(chain->good_until - now), held->text);
}

/* With the lock held. */
static int
renew_in_time(struct credentials_chain *chain)
{
	struct prog_held held;
	time_t now = time(NULL);
	bool good = are_good(chain, now);

	/* Another thread is at it: wait for it only if one must. */
	if (chain->renewing && good)
		return 0;
	while (chain->renewing)
		pthread_cond_wait(&chain->renewed, &chain->lock);
	now = time(NULL);
	good = are_good(chain, now);
	if (chain->renew_at == 0 || (good && chain->renew_at > now) ||
	    (good && prog_stopping()))
		return 0;
	if (renew(chain, good ? EARLY_PATIENCE : chain->options.patience,
	    &held) == 0) {
		info("renewed the AWS credentials of %s", chain->now.source);
		return 0;
	}
	now = time(NULL);
	if (!are_good(chain, now))
		return prog_tell(&held);
	if (chain->good_until != 0)
		warn(chain, &held, now);
	return 0;
}

int
credentials_chain_get(struct credentials_chain *chain,
    struct credentials *copy)
{
	int rc = 0;

	pthread_mutex_lock(&chain->lock);
	if (chain->renew_at != 0 && chain->renew_at <= time(NULL))
		rc = renew_in_time(chain);
	if (rc == 0)
		credentials_copy(copy, &chain->now);
	pthread_mutex_unlock(&chain->lock);
	return rc;
}

int
credentials_chain_refresh(struct credentials_chain *chain,
    const struct credentials *used)
{
	struct prog_held held;
	int rc = 0;

	pthread_mutex_lock(&chain->lock);
	while (chain->renewing)
		pthread_cond_wait(&chain->renewed, &chain->lock);
	/* Another thread may have asked meanwhile. */
	if (credentials_equal(&chain->now, used) &&
	    renew(chain, chain->options.patience, &held) != 0)
		rc = prog_tell(&held);
	if (rc == 0)
		rc = !credentials_equal(&chain->now, used);
	pthread_mutex_unlock(&chain->lock);
	return rc;
}
