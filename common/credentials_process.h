/*
 * credentials_process: keys from a program of the user's, the profile's
 * credential_process.
 *
 * The command is split into words as a shell does it (quotes and backslashes),
 * and run without one: no variables, no "~", no pipes. It has a minute and
 * may write 64 KiB; its standard error is ours. "AWS SDKs and Tools Reference
 * Guide", Process credential provider: <https://docs.aws.amazon.com/sdkref/
 * latest/guide/feature-process-credentials.html>
 */
#ifndef CREDENTIALS_PROCESS_H
#define CREDENTIALS_PROCESS_H

#include "credentials_source.h"
#include "io.h"

/* profile names it in messages. 1, or -1: told. */
int credentials_from_process(const char *command, const char *profile,
    struct credentials *found) MUSTUSE;

/*
 * The words of a command, NULL at the end. The caller frees each and the
 * array. NULL: it has none, or a quote or a backslash at its end is open.
 */
char **credentials_process_words(const char *command);
void credentials_process_free(char **words);

#endif
