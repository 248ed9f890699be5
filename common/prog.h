/*
 * prog: how a program starts, speaks and ends.
 *
 * Messages are one line, one write(2), on stderr:
 *     sha-tee: fatal: could not open report "x": Permission denied
 * or, after --log-format=json, one JSON object a line. Control bytes in them
 * become '?'. Nothing here ever prints a secret: callers do not pass any.
 */
#ifndef PROG_H
#define PROG_H

#include <stdbool.h>
#include <stdint.h>

#include "io.h"

#define PGBACKPIPE_VERSION "0.1.0"

/* Exit codes. Never 99 (Airflow takes it for "skipped"). */
enum {
	PROG_DONE = 0,
	PROG_NO = 1,		/* the answer is no: the backup is bad */
	PROG_PERMANENT = 100,	/* usage, configuration, bad input */
	PROG_BUG = 101,		/* a bug in this program */
	PROG_TEMPORARY = 111,	/* network, server, disk: a retry may help */
};

/*
 * Name the program, ignore SIGPIPE and SIGXFSZ, open /dev/null on closed
 * standard descriptors' numbers that must not be taken by files (a closed
 * stdin or stdout itself is fatal, exit 100). Call first.
 */
void prog_init(const char *name);

/* The name given to prog_init. */
const char *prog_name(void);

/* Chatter: -1 for -q, 0, 1 or more for -v. Never changes errors. */
extern int prog_verbosity;

/* Choose "text" or "json" messages. Returns 0, or -1 when it is neither. */
int prog_log_format(const char *format) MUSTUSE;

/*
 * Say why the program fails and remember the gravest code of all calls
 * (101 > 100 > 1 > 111). Knows %m. Always returns -1: `return fail(...)`.
 * Thread-safe.
 */
int fail(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Remember a code without a message: the cause was already told. */
int fail_quietly(int code);

/*
 * What fail() was told so far was made good: the work is done all the same
 * (another store holds the object). Forgets the code, not the stop signal.
 */
void prog_forgive(void);

/*
 * A failure that another way may make good. Between prog_hold() and
 * prog_release() what this thread says by fail() and hint() is kept in held:
 * the first of each. prog_tell() says it after all, and returns -1.
 */
struct prog_held {
	int code;		/* 0: nothing failed */
	char text[1024];
	char hint[256];
	struct prog_held *outer;
};

void prog_hold(struct prog_held *held);
void prog_release(struct prog_held *held);
int prog_tell(const struct prog_held *);

/*
 * `prog: warning: ...`, `prog: hint: ...`; notice is an "info" that only -q
 * silences, info needs -v.
 */
void warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void hint(const char *format, ...) __attribute__((format(printf, 1, 2)));
void info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * `prog: progress: ...`, whatever the verbosity: the caller asked for it. On a
 * terminal in text format the line is drawn over the one before. members, or
 * NULL: what a line of JSON has beside the message, as "\"rows\":3".
 */
void progress_line(const char *members, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * INT, TERM and HUP set io_stop (no SA_RESTART) so that the program can undo
 * what it began. prog_finish then dies of that very signal.
 */
void prog_catch_stop(void);

/* Whether such a signal came. */
bool prog_stopping(void);

/*
 * The work is done and stands. Returns 0, and a stop signal from here on is of
 * no account; or -1, nothing told: one came before, undo it. Called when no
 * other thread is left.
 */
int prog_past_stop(void) MUSTUSE;

/* The reader of stdout went away: no message, die of SIGPIPE at the end. */
int prog_reader_gone(void);

/*
 * The exit status for main to return. rc 0: stdout is closed and checked.
 * rc not 0: the gravest code told to fail(). After a stop signal or a lost
 * reader this does not return: the process dies of the signal.
 */
int prog_finish(int rc) MUSTUSE;

#endif
