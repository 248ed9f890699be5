/*
 * credentials_source: what every place that may have keys is given.
 *
 * A place returns 1 when it has keys, 0 when it has nothing to say, -1 when it
 * was to have some and has not: told, exit 100 where the configuration is at
 * fault, 111 where a later try may help.
 */
#ifndef CREDENTIALS_SOURCE_H
#define CREDENTIALS_SOURCE_H

#include <stdint.h>

#include "aws_config.h"
#include "credentials.h"

struct credentials_search {
	const struct aws_config *config;
	uint64_t patience;	/* seconds to try what does not answer */
	bool no_verify_tls;
};

typedef int credentials_source(const struct credentials_search *,
    struct credentials *found);

#endif
