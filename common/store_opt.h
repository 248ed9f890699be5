/*
 * store_opt: the options that the programs share which work on one URL's store.
 */
#ifndef STORE_OPT_H
#define STORE_OPT_H

#include "opt.h"
#include "store.h"

/* Rows of a table of options; `of` is a struct store_options. */
#define STORE_OPT_ROWS(of) \
	{"request-payer", 0, OPT_FLAG, &(of).request_payer, NULL, \
	    "S3: the requester pays", 0, 0}, \
	{"provider", 0, OPT_STRING, &(of).provider, "NAME", \
	    "whose rules to keep (default: by the endpoint's host)", 0, 0}, \
	{"no-verify-tls", 0, OPT_FLAG, &(of).no_verify_tls, NULL, \
	    "take any certificate of the server", 0, 0}, \
	{"retry", 0, OPT_DURATION, &(of).retry_seconds, "DURATION", \
	    "how long to try one request (default 10m)", 1, 0}

#endif
