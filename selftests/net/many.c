// SPDX-License-Identifier: GPL-2.0
/*
 * Many connections at once, each with its own data:
 *
 *	many --listen ADDR PORT PROTO CONNECTIONS BYTES
 *	many --connect ADDR PORT PROTO CONNECTIONS BYTES
 *
 * The listener echoes. The caller opens all of them before it sends a byte,
 * sends BYTES of a pattern that no other connection has on each, and checks
 * what comes back. With MANY_FAILS in the environment its allocations fail as
 * fault injection is set.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 16384

struct conn {
	int fd;
	unsigned int id;
	size_t sent;
	size_t got;
	size_t held;	/* the echo's bytes not sent back yet, in buf */
	bool ended;
	char buf[CHUNK];
};

static int proto, nr;
static size_t bytes;
static struct conn *conns;

static char pattern_at(unsigned int id, size_t i)
{
	return (char)(id * 31 + i * 7 + (i >> 9) * (id + 3));
}

static struct sockaddr_in address(char **argv)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)atoi(argv[3])),
	};

	inet_pton(AF_INET, argv[2], &addr.sin_addr);
	return addr;
}

static void watch(int ep, struct conn *c, unsigned int events, int op)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (epoll_ctl(ep, op, c->fd, &ev))
		err(1, "epoll_ctl");
}

/* Echo until it would block; false when the connection has ended. */
static bool echo(struct conn *c)
{
	ssize_t n;

	for (;;) {
		while (c->held) {
			n = send(c->fd, c->buf, c->held, MSG_NOSIGNAL);
			if (n < 0 && errno == EAGAIN)
				return true;
			if (n < 0)
				err(1, "send");
			memmove(c->buf, c->buf + n, c->held - (size_t)n);
			c->held -= (size_t)n;
		}
		n = recv(c->fd, c->buf, sizeof(c->buf), 0);
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0)
			err(1, "recv");
		if (!n)
			return false;
		c->held = (size_t)n;
	}
}

static void serve(struct sockaddr_in addr)
{
	int lfd = socket(AF_INET, SOCK_STREAM, proto), on = 1, left = nr, n;
	struct epoll_event evs[64];
	int ep = epoll_create1(0);

	if (lfd < 0)
		err(1, "socket");
	setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(lfd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(lfd, nr))
		err(1, "listen");
	for (int i = 0; i < nr; i++) {
		conns[i].fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);
		if (conns[i].fd < 0)
			err(1, "accept %d", i);
		watch(ep, &conns[i], EPOLLIN | EPOLLOUT | EPOLLET,
		      EPOLL_CTL_ADD);
	}
	close(lfd);
	while (left) {
		n = epoll_wait(ep, evs, 64, -1);
		for (int i = 0; i < n; i++) {
			struct conn *c = evs[i].data.ptr;

			if (echo(c))
				continue;
			close(c->fd);
			left--;
		}
	}
}

static void send_some(struct conn *c)
{
	char buf[CHUNK];

	while (c->sent < bytes) {
		size_t len = bytes - c->sent;
		ssize_t n;

		if (len > sizeof(buf))
			len = sizeof(buf);
		for (size_t i = 0; i < len; i++)
			buf[i] = pattern_at(c->id, c->sent + i);
		n = send(c->fd, buf, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			err(1, "send on %u", c->id);
		c->sent += (size_t)n;
	}
	if (!c->ended) {
		c->ended = true;
		shutdown(c->fd, SHUT_WR);
	}
}

/* False when all has come back and the connection has ended. */
static bool check_some(struct conn *c)
{
	char buf[CHUNK];
	ssize_t n;

	while ((n = recv(c->fd, buf, sizeof(buf), 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != pattern_at(c->id, c->got + (size_t)i))
				errx(1, "connection %u: byte %zu is wrong",
				     c->id, c->got + (size_t)i);
		c->got += (size_t)n;
	}
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n < 0)
		err(1, "recv on %u after %zu bytes", c->id, c->got);
	if (c->got != bytes)
		errx(1, "connection %u: %zu bytes of %zu", c->id, c->got, bytes);
	return false;
}

static int call_one(struct sockaddr_in addr)
{
	for (int tries = 0;; tries++) {
		int fd = socket(AF_INET, SOCK_STREAM, proto);

		if (fd < 0)
			err(1, "socket");
		if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
			return fd;
		if (errno != ECONNREFUSED || tries == 100)
			err(1, "connect");
		close(fd);
		usleep(50000);
	}
}

static void call(struct sockaddr_in addr)
{
	struct epoll_event evs[64];
	int ep = epoll_create1(0), left = nr, n;

	for (int i = 0; i < nr; i++) {
		conns[i].id = (unsigned int)i;
		conns[i].fd = call_one(addr);
		fcntl(conns[i].fd, F_SETFL, O_NONBLOCK);
	}
	printf("%d connections are open\n", nr);
	for (int i = 0; i < nr; i++)
		watch(ep, &conns[i], EPOLLIN | EPOLLOUT | EPOLLET,
		      EPOLL_CTL_ADD);
	while (left) {
		n = epoll_wait(ep, evs, 64, -1);
		for (int i = 0; i < n; i++) {
			struct conn *c = evs[i].data.ptr;

			send_some(c);
			if (check_some(c))
				continue;
			close(c->fd);
			left--;
		}
	}
	printf("all %zu bytes of each came back right\n", bytes);
}

/*
 * Allocations for this task may fail from now on. No sooner: a file system that fails
 * while it loads a program may be of no use to anybody afterwards.
 */
static void fail_from_now_on(void)
{
	int fd = open("/proc/self/make-it-fail", O_WRONLY);

	if (mlockall(MCL_CURRENT) || fd < 0 || write(fd, "1", 1) != 1)
		err(1, "make-it-fail");
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 7)
		errx(2, "many --listen|--connect ADDR PORT PROTO N BYTES");
	proto = atoi(argv[4]);
	nr = atoi(argv[5]);
	bytes = strtoul(argv[6], NULL, 0);
	conns = calloc((size_t)nr, sizeof(*conns));
	if (!conns)
		err(1, "memory");
	alarm(600);
	if (getenv("MANY_FAILS"))
		fail_from_now_on();
	if (!strcmp(argv[1], "--listen"))
		serve(address(argv));
	else
		call(address(argv));
	return 0;
}
