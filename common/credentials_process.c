#define _GNU_SOURCE
#include "credentials_process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "credentials_json.h"
#include "prog.h"
#include "retry.h"
#include "xalloc.h"

#define SECONDS 60		/* that the program may take */
#define OUTPUT_MAX ((size_t)64 * 1024)	/* bytes */
#define LOOK 200		/* ms between two looks at the stop signal */

/*
 * One word from *at on into word, which has room. Returns false when a quote
 * or a backslash is open at the end.
 */
static bool
take_word(const char **at, char *word)
{
	const char *text = *at;
	char quote = '\0';

	for (; *text != '\0'; text++) {
		if (quote == '\0' && isspace((unsigned char)*text))
			break;
		if (*text == quote) {
			quote = '\0';
		} else if (quote == '\0' && (*text == '\'' || *text == '"')) {
			quote = *text;
		} else if (*text == '\\' && quote != '\'' &&
		    (quote == '\0' || text[1] == '"' || text[1] == '\\')) {
			if (*++text == '\0')
				return false;
			*word++ = *text;
		} else {
			*word++ = *text;
		}
	}
	*word = '\0';
	*at = text;
	return quote == '\0';
}

char **
credentials_process_words(const char *command)
{
	char **words = xcalloc(strlen(command) / 2 + 2, sizeof *words);
	size_t count = 0;

	for (;;) {
		while (isspace((unsigned char)*command))
			command++;
		if (*command == '\0')
			break;
		words[count] = xcalloc(strlen(command) + 1, 1);
		if (!take_word(&command, words[count++])) {
			credentials_process_free(words);
			return NULL;
		}
	}
	if (count > 0)
		return words;
	free(words);
	return NULL;
}

void
credentials_process_free(char **words)
{
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		free(words[i]);
	free(words);
}

static int
tell_late(const char *program)
{
	return fail(PROG_TEMPORARY, "could not get AWS credentials from "
	    "\"%s\": it takes more than %d s", program, SECONDS);
}

/* Until the program closes its output. -1: told. */
static int
read_output(int fd, const char *program, uint64_t end, struct buf *output)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	char piece[4096];
	ssize_t n = 1;

	while (n != 0) {
		if (prog_stopping())
			return fail_quietly(PROG_TEMPORARY);
		if (retry_now() >= end)
			return tell_late(program);
		if (poll(&ready, 1, LOOK) <= 0)
			continue;
		n = io_read_some(fd, piece, sizeof piece);
		if (n < 0)
			return fail(PROG_TEMPORARY, "could not read from "
			    "\"%s\": %m", program);
		if (output->len + (size_t)n > OUTPUT_MAX)
			return fail(PROG_PERMANENT, "cannot use the AWS "
			    "credentials of \"%s\": it writes more than %zu "
			    "bytes", program, OUTPUT_MAX);
		buf_add(output, piece, (size_t)n);
		explicit_bzero(piece, sizeof piece);
	}
	return 0;
}

/* It may go on when it has closed its output. -1: told; it still runs. */
static int
await_end(const struct child *child, const char *program, uint64_t end)
{
	static const struct timespec pause = {.tv_nsec = 10000000};
	siginfo_t gone = {.si_pid = 0};

	while (waitid(P_PID, (id_t)child->pid, &gone,
	    WEXITED | WNOHANG | WNOWAIT) == 0 && gone.si_pid == 0) {
		if (prog_stopping())
			return fail_quietly(PROG_TEMPORARY);
		if (retry_now() >= end)
			return tell_late(program);
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int
run(char **words, struct buf *output)
{
	uint64_t end = retry_now() + SECONDS * 1000;
	struct child child = CHILD_INIT;
	int ends[2];
	int rc = -1;

	child.argv = (const char *const *)words;
	child.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (child.in < 0 || pipe2(ends, O_CLOEXEC) != 0) {
		fail(PROG_TEMPORARY, "could not make a pipe: %m");
		io_close(&child.in);
		return -1;
	}
	child.out = ends[1];
	rc = child_start(&child);
	io_close(&ends[1]);
	io_close(&child.in);
	if (rc == 0)
		rc = read_output(ends[0], words[0], end, output);
	io_close(&ends[0]);
	if (rc == 0)
		rc = await_end(&child, words[0], end);
	if (rc != 0) {
		child_kill(&child);
		return -1;
	}
	rc = child_wait(&child);
	if (rc > 0)
		rc = fail(PROG_TEMPORARY, "could not get AWS credentials from "
		    "\"%s\": it failed with status %d", words[0], rc);
	return rc;
}

int
credentials_from_process(const char *command, const char *profile,
    struct credentials *found)
{
	char **words = credentials_process_words(command);
	struct buf output = BUF_INIT;

	if (words == NULL)
		return fail(PROG_PERMANENT, "cannot use credential_process of "
		    "profile \"%s\": it is no command, or a quote in it is "
		    "open", profile);
	int rc = run(words, &output);

	if (rc == 0)
		rc = credentials_json_read(found, CREDENTIALS_PROCESS,
		    output.data, output.len, xasprintf("the program \"%s\" of "
		    "profile \"%s\"", words[0], profile));
	credentials_wipe_buf(&output);
	credentials_process_free(words);
	return rc;
}
