#include "prog.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 4096	/* bytes; a longer message is cut */

int prog_verbosity;

static const char *name = "pgbackpipe";
static bool log_json;
static bool progress_open;	/* a progress line waits for its end */
static int gravest;		/* code of fail(), 0 while all is well */
static _Atomic bool told;	/* a failure was printed */
static volatile sig_atomic_t stop_signal;
static bool reader_gone;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local struct prog_held *holding;

void
prog_init(const char *program)
{
	name = program;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* ulimit -f: EFBIG, with a message */
	/* A closed descriptor would be reused by the next open. */
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		int spare = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);

		if (spare != fd || fd == 2)
			continue;	/* a missing stderr is only silence */
		exit((fail(PROG_PERMANENT, "cannot run with standard %s closed",
		    fd == 0 ? "input" : "output"), PROG_PERMANENT));
	}
}

const char *
prog_name(void)
{
	return name;
}

int
prog_log_format(const char *format)
{
	log_json = strcmp(format, "json") == 0;
	return log_json || strcmp(format, "text") == 0 ? 0 : -1;
}

static size_t
append(char *line, size_t at, const char *text)
{
	size_t len = strlen(text);

	if (len > MESSAGE_MAX - 8 - at)
		len = MESSAGE_MAX - 8 - at;
	memcpy(line + at, text, len);
	return at + len;
}

/* Text with '"' and '\' escaped; it holds no control bytes any more. */
static size_t
append_json(char *line, size_t at, const char *text)
{
	for (; *text != '\0' && at < MESSAGE_MAX - 10; text++) {
		if (*text == '"' || *text == '\\')
			line[at++] = '\\';
		line[at++] = *text;
	}
	return at;
}

static void
make_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

/* members: more of them for a line of JSON, or NULL. */
static void __attribute__((format(printf, 3, 0)))
say(const char *severity, const char *members, const char *format,
    va_list args)
{
	char text[MESSAGE_MAX];
	char line[MESSAGE_MAX];
	size_t len = 0;
	int saved = errno;

	if (vsnprintf(text, sizeof text, format, args) < 0)
		strcpy(text, "message could not be formatted");
	make_printable(text);
	if (progress_open && !log_json)
		len = append(line, len, "\n");
	progress_open = false;
	if (log_json) {
		len = append(line, len, "{\"program\":\"");
		len = append(line, len, name);
		len = append(line, len, "\",\"severity\":\"");
		len = append(line, len, severity);
		len = append(line, len, "\",\"message\":\"");
		len = append_json(line, len, text);
		len = append(line, len, members == NULL ? "\"" : "\",");
		len = append(line, len, members == NULL ? "" : members);
		len = append(line, len, "}");
	} else {
		len = append(line, len, name);
		len = append(line, len, ": ");
		len = append(line, len, severity);
		len = append(line, len, ": ");
		len = append(line, len, text);
	}
	line[len++] = '\n';
	/* Nobody can be told that stderr is gone. */
	if (io_write_full(STDERR_FILENO, line, len) != 0)
		errno = saved;
	errno = saved;
}

static int
gravity(int code)
{
	switch (code) {
	case PROG_BUG:		return 4;
	case PROG_PERMANENT:	return 3;
	case PROG_NO:		return 2;
	case PROG_DONE:		return 0;
	default:		return 1;
	}
}

int
fail_quietly(int code)
{
	if (holding != NULL) {
		if (gravity(code) > gravity(holding->code))
			holding->code = code;
		return -1;
	}
	pthread_mutex_lock(&lock);
	if (gravity(code) > gravity(gravest))
		gravest = code;
	pthread_mutex_unlock(&lock);
	return -1;
}

void
prog_forgive(void)
{
	pthread_mutex_lock(&lock);
	gravest = 0;
	pthread_mutex_unlock(&lock);
}

#define SAY(severity, members, format) do { \
	va_list args; \
	va_start(args, format); \
	pthread_mutex_lock(&lock); \
	say(severity, members, format, args); \
	pthread_mutex_unlock(&lock); \
	va_end(args); \
} while (0)

/* Keep a message in text, unless there is one already. */
static void __attribute__((format(printf, 3, 0)))
keep(char *text, size_t size, const char *format, va_list args)
{
	int saved = errno;

	if (text[0] == '\0')
		vsnprintf(text, size, format, args);
	errno = saved;
}

int
fail(int code, const char *format, ...)
{
	if (holding == NULL) {
		SAY("fatal", NULL, format);
		told = true;
		return fail_quietly(code);
	}
	va_list args;

	va_start(args, format);
	keep(holding->text, sizeof holding->text, format, args);
	va_end(args);
	return fail_quietly(code);
}

void
warning(const char *format, ...)
{
	SAY("warning", NULL, format);
}

void
hint(const char *format, ...)
{
	if (holding == NULL) {
		SAY("hint", NULL, format);
		return;
	}
	va_list args;

	va_start(args, format);
	keep(holding->hint, sizeof holding->hint, format, args);
	va_end(args);
}

void
prog_hold(struct prog_held *held)
{
	*held = (struct prog_held){.outer = holding};
	holding = held;
}

void
prog_release(struct prog_held *held)
{
	holding = held->outer;
}

int
prog_tell(const struct prog_held *held)
{
	if (held->text[0] == '\0')
		return fail_quietly(held->code);
	fail(held->code, "%s", held->text);
	if (held->hint[0] != '\0')
		hint("%s", held->hint);
	return -1;
}

void
notice(const char *format, ...)
{
	if (prog_verbosity >= 0)
		SAY("info", NULL, format);
}

void
info(const char *format, ...)
{
	if (prog_verbosity > 0)
		SAY("info", NULL, format);
}

void
progress_line(const char *members, const char *format, ...)
{
	if (log_json || isatty(STDERR_FILENO) != 1) {
		SAY("progress", members, format);
		return;
	}
	char text[256];
	char line[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	make_printable(text);
	int len = snprintf(line, sizeof line, "\r\033[K%s: %s", name, text);

	pthread_mutex_lock(&lock);
	progress_open = io_write_full(STDERR_FILENO, line, (size_t)len) == 0;
	pthread_mutex_unlock(&lock);
}

/*
 * A signal that comes after a look at io_stop and before read(2) would not
 * end that read: SIGALRM rings again, each second, until the program ends.
 */
static void
on_stop(int signo)
{
	if (signo != SIGALRM)
		stop_signal = signo;
	io_stop = 1;
	alarm(1);
}

void
prog_catch_stop(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_stop};

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct sigaction old;

		/* nohup and a shell's background jobs keep their choice. */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
	}
	sigaction(SIGALRM, &action, NULL);
}

bool
prog_stopping(void)
{
	return io_stop != 0;
}

int
prog_past_stop(void)
{
	sigset_t stops, before;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	sigprocmask(SIG_BLOCK, &stops, &before);
	if (!prog_stopping())
		return 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return fail_quietly(PROG_TEMPORARY);
}

int
prog_reader_gone(void)
{
	reader_gone = true;
	return -1;
}

static void
die_of(int signo)
{
	sigset_t set;

	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signo);
}

/* A file on a full disk may say so only when it is closed. */
static int
close_stdout(void)
{
	int fd = STDOUT_FILENO;

	if (fflush(stdout) != 0)
		return errno == EPIPE ? prog_reader_gone() :
		    fail(PROG_TEMPORARY,
		    "could not write to standard output: %m");
	if (io_close(&fd) != 0)
		return fail(PROG_TEMPORARY,
		    "could not close standard output: %m");
	return 0;
}

int
prog_finish(int rc)
{
	if (progress_open)
		(void)!io_write_full(STDERR_FILENO, "\n", 1);
	if (stop_signal != 0)
		die_of(stop_signal);
	if (rc == 0 && !reader_gone)
		rc = close_stdout();
	/* What ended for its sake has said nothing. */
	if (reader_gone && (gravest == 0 || (gravest == PROG_TEMPORARY &&
	    !told)))
		die_of(SIGPIPE);
	if (rc == 0 && gravest == 0)
		return PROG_DONE;
	if (gravest == 0)
		return fail(PROG_BUG, "failed without saying why"), PROG_BUG;
	return gravest;
}
