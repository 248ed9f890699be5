/* http: servers that go slow, never end their heads, and what children see. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"
#include "retry.h"

/* What the server says: first, then again and again with pauses. */
struct script {
	const char *first;
	const char *again;
	unsigned pause;		/* ms */
	unsigned times;
	int fd;
	char url[64];
	pthread_t thread;
};

static void *
serve(void *context)
{
	struct script *script = context;
	char request[4096];
	int fd = accept4(script->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return NULL;
	(void)!read(fd, request, sizeof request);
	(void)!send(fd, script->first, strlen(script->first), MSG_NOSIGNAL);
	for (unsigned i = 0; i < script->times; i++) {
		usleep(script->pause * 1000);
		if (send(fd, script->again, strlen(script->again),
		    MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
	return NULL;
}

static void
start(struct script *script)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof address;

	script->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(script->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(script->fd, 1), 0);
	getsockname(script->fd, (struct sockaddr *)&address, &len);
	snprintf(script->url, sizeof script->url, "http://127.0.0.1:%d/",
	    ntohs(address.sin_port));
	pthread_create(&script->thread, NULL, serve, script);
}

static enum http_failure
ask(struct script *script, http_sink *sink, bool crawls)
{
	struct http_answer answer = HTTP_ANSWER_INIT;
	struct http *http = http_new(NULL);

	start(script);
	const struct http_request request = {
		.method = "GET",
		.url = script->url,
		.body_max = 1024 * 1024,
		.idle_seconds = 1,
		.sink = sink,
		.direct = true,
		.crawls = crawls,
	};
	int rc = http_perform(http, &request, &answer);
	enum http_failure failure = answer.failure;

	assert_int_equal(rc, failure == HTTP_OK ? 0 : -1);
	http_answer_release(&answer);
	http_free(http);
	shutdown(script->fd, SHUT_RDWR);
	close(script->fd);
	pthread_join(script->thread, NULL);
	return failure;
}

static int
swallow(void *context, const void *data, size_t len)
{
	(void)context;
	(void)data;
	(void)len;
	return 0;
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"

/* A byte now and then keeps nobody waiting for ever ... */
static void
test_trickle(void **state)
{
	struct script body = {HEAD, "x", 200, 40, -1, "", 0};
	struct script sunk = body;
	struct script blanks = body;
	struct script head = {"HTTP/1.1 200 OK\r\nx-a: ", "x", 200, 40, -1,
	    "", 0};
	uint64_t before = retry_now();

	(void)state;
	assert_int_equal(ask(&body, NULL, false), HTTP_TIMED_OUT);
	assert_int_equal(ask(&sunk, swallow, false), HTTP_TIMED_OUT);
	assert_int_equal(ask(&head, NULL, false), HTTP_TIMED_OUT);
	assert_true(retry_now() - before < 6000);
	/* ... but where a server is known to send blanks while it works. */
	blanks.pause = 60;
	assert_int_equal(ask(&blanks, NULL, true), HTTP_OK);
}

static void
test_endless_head(void **state)
{
	static char line[4096];
	struct script more = {"HTTP/1.1 200 OK\r\n", line, 0, 1000, -1, "", 0};
	struct script early = {"", "HTTP/1.1 103 Early Hints\r\nx-a: b\r\n\r\n",
	    0, 100000, -1, "", 0};

	(void)state;
	snprintf(line, sizeof line, "x-a: %04000d\r\n", 0);
	assert_int_not_equal(ask(&more, NULL, false), HTTP_OK);
	assert_int_not_equal(ask(&early, NULL, false), HTTP_OK);
}

/* While an answer comes, no socket is one that a child would inherit. */
static int
look_at_sockets(void *context, const void *data, size_t len)
{
	int type;
	socklen_t size = sizeof type;

	(void)context;
	(void)data;
	(void)len;
	for (int fd = 3; fd < 64; fd++) {
		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &type, &size) == 0 &&
		    type == AF_INET)
			assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	return 0;
}

static void
test_children(void **state)
{
	struct script script = {HEAD "0123456789012345678901234567890123456789",
	    "", 0, 0, -1, "", 0};

	(void)state;
	assert_int_equal(ask(&script, look_at_sockets, false), HTTP_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trickle),
		cmocka_unit_test(test_endless_head),
		cmocka_unit_test(test_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
