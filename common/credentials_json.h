/*
 * credentials_json: keys as the JSON that credential processes, containers and
 * instances hand out. Pure, but for what credentials_set tells.
 *
 *     {"Version": 1, "AccessKeyId": "...", "SecretAccessKey": "...",
 *      "SessionToken": "...", "Expiration": "2026-01-29T14:30:22Z"}
 *
 * From a container or an instance the token is called "Token", there is no
 * Version, Expiration and Token must be there, and an instance's "Code" is
 * "Success". AWS SDKs and Tools Reference Guide, "Process credential provider":
 * <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.
 * html>, "Container credential provider": <https://docs.aws.amazon.com/sdkref/
 * latest/guide/feature-container-credentials.html>
 */
#ifndef CREDENTIALS_JSON_H
#define CREDENTIALS_JSON_H

#include "credentials.h"
#include "io.h"

enum credentials_json {
	CREDENTIALS_PROCESS,
	CREDENTIALS_SERVICE,	/* a container's or an instance's */
};

/*
 * Read them. source is taken over. 1: done; -1: told (exit 111: the next
 * answer may be a better one). No word of the answer is in the message, but
 * for a service's error code.
 */
int credentials_json_read(struct credentials *, enum credentials_json,
    const char *data, size_t len, char *source) MUSTUSE;

#endif
