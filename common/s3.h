/*
 * s3: one bucket at one endpoint, and what is known about it so far. Shared by
 * the threads that send requests (s3_call).
 *
 * Environment: that of aws_config and credentials_chain.
 */
#ifndef S3_H
#define S3_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "aws_config.h"
#include "credentials_chain.h"
#include "io.h"
#include "s3_endpoint.h"
#include "s3_provider.h"
#include "s3_secret.h"

struct s3 {
	char *bucket;
	char *place;			/* for people: also "profile@bucket" */
	struct aws_config config;
	struct credentials_chain *credentials;
	struct s3_endpoint endpoint;
	const struct s3_provider *provider;
	bool no_verify_tls;		/* whoever answers is believed */
	const struct s3_secret *secret;	/* SSE-C, borrowed; NULL: none */
	struct s3_secret own_secret;	/* room for the setting's */
	bool request_payer;
	struct pace *pace;		/* borrowed; NULL: none */
	uint64_t retry_seconds;		/* budget of a request */
	bool retry_told;		/* by the user, not our default */
	pthread_mutex_t lock;		/* for what follows */
	char *region;
	long clock_offset;		/* seconds the server is ahead of us */
	bool reached;			/* the server has answered once */
	bool forbidden;			/* a 403 without words is meant so */
};

struct s3_options {
	const char *profile;		/* whose settings and keys; NULL: the
					   environment's */
	uint64_t retry_seconds;		/* 0: 600, but 10 while the endpoint
					   has never been reached */
	bool no_verify_tls;		/* or AWS_NO_VERIFY_TLS=true */
	const char *provider;		/* a name of its table; NULL: by
					   AWS_S3_PROVIDER, or by the host */
	const struct s3_secret *secret;	/* of objects put and read; NULL: by
					   AWS_SSE_CUSTOMER_KEY_FILE */
	bool request_payer;		/* or AWS_REQUEST_PAYER=true: the
					   requests are on our bill */
	struct pace *pace;		/* of all requests; NULL: none */
	bool without_keys;		/* for looking at the rest only:
					   credentials stays NULL */
};

/*
 * The credentials are found; no request goes to S3 yet. NULL: told (exit 100,
 * or 111 where keys could not be had).
 */
struct s3 *s3_open(const char *bucket, const struct s3_options *);
void s3_close(struct s3 *);

/* Seconds to go on trying now. */
uint64_t s3_patience(struct s3 *);

/* A copy that the caller frees. */
char *s3_region(struct s3 *);

/* The bucket is elsewhere. False when that is where we thought it was. */
bool s3_learn_region(struct s3 *, const char *region);

/* The server's time, as far as we know it. */
time_t s3_now(struct s3 *);
void s3_learn_clock(struct s3 *, time_t server_time);
void s3_learn_reached(struct s3 *);

/* A 403 without words did not go away with new keys: it is believed now. */
void s3_learn_forbidden(struct s3 *);
bool s3_is_forbidden(struct s3 *);

#endif
