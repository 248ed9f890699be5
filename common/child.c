#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "prog.h"

#define GRACE_TICKS 60	/* of 50 ms: how long SIGTERM may take */

static int
place(int fd, int number)
{
	if (fd < 0)
		return 0;
	if (fd == number)	/* dup2 would leave FD_CLOEXEC on */
		return fcntl(fd, F_SETFD, 0);
	return dup2(fd, number);
}

static void
set_environment(const char *const *settings)
{
	for (; settings != NULL && *settings != NULL; settings++) {
		if (strchr(*settings, '=') != NULL)
			putenv((char *)*settings);
		else
			unsetenv(*settings);
	}
}

/* In the child: never returns. The errno of a failed exec goes to report. */
static void __attribute__((noreturn))
become(const struct child *child, int report)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_environment(child->environment);
	if (place(child->in, STDIN_FILENO) >= 0 &&
	    place(child->out, STDOUT_FILENO) >= 0 &&
	    place(child->err, STDERR_FILENO) >= 0)
		execvp(child->argv[0], (char *const *)child->argv);
	int error = errno;

	(void)!io_write_full(report, &error, sizeof error);
	_exit(127);
}

int
child_start(struct child *child)
{
	int report[2];
	int error = 0;

	if (pipe2(report, O_CLOEXEC) != 0)
		return fail(PROG_TEMPORARY, "could not make a pipe: %m");
	child->pid = fork();
	if (child->pid == 0)
		become(child, report[1]);
	if (child->pid < 0)
		error = errno;
	io_close(&report[1]);
	ssize_t n = child->pid < 0 ? 0 :
	    io_read_full(report[0], &error, sizeof error);

	io_close(&report[0]);
	if (child->pid > 0 && n <= 0)
		return 0;
	if (child->pid > 0)
		waitpid(child->pid, NULL, 0);
	child->pid = -1;
	errno = error;
	return fail(error == ENOENT || error == EACCES || error == ENOEXEC ||
	    error == ENOTDIR ? PROG_PERMANENT : PROG_TEMPORARY,
	    "could not run program \"%s\": %m", child->argv[0]);
}

/* Ask it to end, then make it end. Leaves it to be reaped by waitpid. */
static void
terminate(pid_t pid)
{
	static const struct timespec tick = {.tv_nsec = 50000000};
	siginfo_t gone;

	kill(pid, SIGTERM);
	for (int i = 0; i < GRACE_TICKS; i++) {
		gone.si_pid = 0;
		if (waitid(P_PID, (id_t)pid, &gone,
		    WEXITED | WNOHANG | WNOWAIT) != 0 || gone.si_pid == pid)
			return;
		nanosleep(&tick, NULL);
	}
	kill(pid, SIGKILL);
}

int
child_wait(struct child *child)
{
	int status;
	bool told = false;

	if (child->pid < 0)
		return fail(PROG_BUG, "waited for a child that never ran");
	for (;;) {
		if (prog_stopping() && !told) {
			terminate(child->pid);
			told = true;
		}
		if (waitpid(child->pid, &status, 0) >= 0)
			break;
		if (errno != EINTR)
			return fail(PROG_TEMPORARY,
			    "could not wait for program \"%s\": %m",
			    child->argv[0]);
	}
	child->pid = -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status);
}

void
child_kill(struct child *child)
{
	if (child->pid < 0)
		return;
	terminate(child->pid);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	child->pid = -1;
}
