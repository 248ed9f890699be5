/*
 * child: run another program as a part of this one.
 *
 * A child gets SIGPIPE at its default, dies with us (PR_SET_PDEATHSIG), and
 * inherits no descriptor but 0, 1, 2. Failures are told.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "io.h"

struct child {
	const char *const *argv;	/* argv[0] is looked up in PATH */
	const char *const *environment;	/* "K=v" set, "K" unset; or NULL */
	int in, out, err;		/* borrowed; -1: inherit ours */
	pid_t pid;			/* set by child_start, -1 before */
};

#define CHILD_INIT {.in = -1, .out = -1, .err = -1, .pid = -1}

/*
 * Start it. 0; or -1 told: exit 100 when the program is not there or cannot
 * be executed, 111 otherwise.
 */
int child_start(struct child *) MUSTUSE;

/*
 * Wait for its end. Returns its exit status, 128 + n when it died of signal
 * n, -1 (told) on error. A stop signal to us is passed on as SIGTERM, and
 * after 3 s as SIGKILL. Says nothing about the status itself.
 */
int child_wait(struct child *) MUSTUSE;

/* SIGTERM, then wait. For clean-up; a child that never ran is a no-op. */
void child_kill(struct child *);

#endif
