/*
 * wan DELAY LOSS NAMESPACE NAMESPACE: a slow, lossy line between two network
 * namespaces of `ip netns`, for kernels without netem.
 *
 * Each namespace gets a device wan0 with the address 10.77.0.1 or 10.77.0.2.
 * A packet arrives DELAY milliseconds after it was sent, either way (so a round
 * trip takes twice that), and LOSS percent of them do not arrive. All else is
 * the kernels' own: TCP sees real packets and really lost ones. The line has no
 * other limit than this program's speed.
 *
 * stdout: "ready" when packets pass. Ends when it is killed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DEVICE "wan0"
#define MTU 1500	/* bytes */
#define BURST 10000	/* packets that wait to be read from a device */
#define UNDERWAY 131072	/* packets in one direction; more are lost */
#define SECOND UINT64_C(1000000000)	/* ns */

struct packet {
	uint64_t due;		/* monotonic ns */
	char *data;
	size_t len;
};

/* One direction. As all packets take as long, the oldest is due first. */
struct direction {
	int from, to;
	struct packet *ring;
	size_t first, count;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "wan: fatal: could not %s: %s\n", what,
	    strerror(errno));
	exit(111);
}

static uint64_t
monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void
enter(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "/run/netns/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) != 0)
		die("enter the network namespace");
	close(fd);
}

static void
set_address(struct ifreq *request, const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		die("read the address");
	memcpy(&request->ifr_addr, &address, sizeof address);
}

/* A device in the namespace we are in, up; its packets pass through the fd. */
static int
make_device(const char *address)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(request.ifr_name, DEVICE);
	if (fd < 0 || control < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
		die("make a network device");
	set_address(&request, address);
	if (ioctl(control, SIOCSIFADDR, &request) != 0)
		die("set the address");
	set_address(&request, "255.255.255.0");
	if (ioctl(control, SIOCSIFNETMASK, &request) != 0)
		die("set the netmask");
	request.ifr_mtu = MTU;
	if (ioctl(control, SIOCSIFMTU, &request) != 0)
		die("set the MTU");
	request.ifr_qlen = BURST;
	if (ioctl(control, SIOCSIFTXQLEN, &request) != 0)
		die("set the queue's length");
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(control, SIOCSIFFLAGS, &request) != 0)
		die("bring the device up");
	close(control);
	return fd;
}

/* All that waits at the device sets out, or is lost. */
static void
take(struct direction *direction, uint64_t delay, double loss)
{
	char data[MTU];
	ssize_t len;

	while ((len = read(direction->from, data, sizeof data)) > 0) {
		if (drand48() < loss || direction->count == UNDERWAY)
			continue;
		struct packet *packet = &direction->ring[(direction->first +
		    direction->count++) % UNDERWAY];

		packet->due = monotonic() + delay;
		packet->len = (size_t)len;
		packet->data = malloc(packet->len);
		if (packet->data == NULL)
			die("get memory");
		memcpy(packet->data, data, packet->len);
	}
	if (len < 0 && errno != EAGAIN && errno != EINTR)
		die("read a packet");
}

/* What is due arrives. Returns when the next one is, or UINT64_MAX. */
static uint64_t
deliver(struct direction *direction)
{
	while (direction->count > 0) {
		struct packet *packet = &direction->ring[direction->first];

		if (packet->due > monotonic())
			return packet->due;
		/* A full device loses it, as a router does. */
		(void)!write(direction->to, packet->data, packet->len);
		free(packet->data);
		direction->first = (direction->first + 1) % UNDERWAY;
		direction->count--;
	}
	return UINT64_MAX;
}

static void
sleep_until(struct pollfd *devices, uint64_t due)
{
	uint64_t now = monotonic();
	uint64_t left = due > now ? due - now : 0;
	struct timespec pause = {
		.tv_sec = (time_t)(left / SECOND),
		.tv_nsec = (long)(left % SECOND),
	};

	if (ppoll(devices, 2, due == UINT64_MAX ? NULL : &pause, NULL) < 0 &&
	    errno != EINTR)
		die("wait for packets");
}

int
main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("usage: wan DELAY LOSS NAMESPACE NAMESPACE\n", stderr);
		return 100;
	}
	uint64_t delay = (uint64_t)(strtod(argv[1], NULL) * 1e6);
	double loss = strtod(argv[2], NULL) / 100;
	struct pollfd devices[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct direction directions[2] = {{.count = 0}, {.count = 0}};

	enter(argv[3]);
	devices[0].fd = make_device("10.77.0.1");
	enter(argv[4]);
	devices[1].fd = make_device("10.77.0.2");
	for (int i = 0; i < 2; i++) {
		directions[i].from = devices[i].fd;
		directions[i].to = devices[1 - i].fd;
		directions[i].ring = calloc(UNDERWAY, sizeof(struct packet));
		if (directions[i].ring == NULL)
			die("get memory");
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		uint64_t due[2];

		for (int i = 0; i < 2; i++) {
			take(&directions[i], delay, loss);
			due[i] = deliver(&directions[i]);
		}
		sleep_until(devices, due[0] < due[1] ? due[0] : due[1]);
	}
}
