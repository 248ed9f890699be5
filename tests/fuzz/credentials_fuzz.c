/*
 * The answers that bring keys, in JSON and XML, and a credential_process: what
 * is taken is whole, and nothing in it can end a header.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "credentials_json.h"
#include "credentials_process.h"
#include "prog.h"
#include "sts_answer.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(const char *text)
{
	if (*text == '\0')
		abort();
	for (; *text != '\0'; text++) {
		if (!isgraph((unsigned char)*text))
			abort();
	}
}

/* Nothing was told when it worked, something when it did not. */
static void
check(int rc, struct credentials *found, const struct prog_held *held)
{
	if ((rc == 1) != (held->text[0] == '\0') || (rc != 1 && rc != -1))
		abort();
	if (rc != 1)
		return;
	check_text(found->access_key);
	check_text(found->secret_key);
	if (found->session_token != NULL)
		check_text(found->session_token);
	credentials_release(found);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct credentials found = {.access_key = NULL};
	struct prog_held held;
	const char *text = (const char *)data;
	struct sts_error error;

	if (len == 0)
		return 0;
	switch (data[0] % 4) {
	case 0:
	case 1:
		prog_hold(&held);
		check(credentials_json_read(&found, data[0] % 4 == 0 ?
		    CREDENTIALS_PROCESS : CREDENTIALS_SERVICE, text + 1,
		    len - 1, xstrdup("x")), &found, &held);
		break;
	case 2:
		prog_hold(&held);
		check(sts_answer_read(&found, "AssumeRole", text + 1, len - 1,
		    xstrdup("x")), &found, &held);
		sts_answer_error(&error, text + 1, len - 1);
		break;
	default:
		prog_hold(&held);
		char *command = xstrndup(text + 1, len - 1);
		char **words = credentials_process_words(command);

		if (words != NULL && words[0] == NULL)
			abort();
		credentials_process_free(words);
		free(command);
	}
	prog_release(&held);
	return 0;
}
