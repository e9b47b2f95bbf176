// SPDX-License-Identifier: GPL-2.0
/*
 * Flows between two network namespaces, both ends in this one process:
 *
 *	flow bulk A B SECONDS STACK [STACK]...
 *		from A to B as much as goes through, a flow for each STACK, all at
 *		once
 *	flow fetch A B SIZE STACK
 *		B connects to A, asks, and A answers with SIZE bytes
 *
 * A and B are NAMESPACE=ADDRESS, a STACK is PROTOCOL:CONGESTION-CONTROL. Prints a
 * JSON object for each flow:
 *
 *	stack		as given
 *	bytes		that B's program has got
 *	seconds		since connect(): the time given, or until the last byte
 *	retrans		segments that A has sent again
 *	cwnd, srtt_us	A's at the end
 *
 * Connections end by a reset: nothing of them is left for the next run to meet.
 * Exit status 4 if there is no such congestion control.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_FLOWS 8
#define FIRST_PORT 5000
#define CHUNK (128 * 1024)
/* A fetch that takes longer has failed. */
#define FETCH_LIMIT_S 120

struct host {
	char *netns, *addr;
};

/* One connection; the sender is A's end. */
struct flow {
	const char *stack;
	int proto, sender, receiver;
	char cc[16];
	uint64_t bytes;
	double start, end;
};

static char chunk[CHUNK];

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct host host_of(char *arg)
{
	struct host host = { .netns = arg, .addr = strchr(arg, '=') };

	if (!host.addr)
		errx(2, "no NAMESPACE=ADDRESS: %s", arg);
	*host.addr++ = '\0';
	return host;
}

static struct flow flow_of(const char *stack)
{
	struct flow flow = { .stack = stack, .sender = -1, .receiver = -1 };

	if (sscanf(stack, "%d:%15s", &flow.proto, flow.cc) != 2)
		errx(2, "no PROTOCOL:CONGESTION-CONTROL: %s", stack);
	return flow;
}

/* A socket stays where it was made, whereto this process goes next. */
static int socket_in(const struct host *host, const struct flow *flow)
{
	char path[128];
	int ns, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", host->netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		err(1, "%s", path);
	close(ns);
	fd = socket(AF_INET, SOCK_STREAM, flow->proto);
	if (fd < 0)
		err(1, "socket of protocol %d", flow->proto);
	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, flow->cc,
		       (socklen_t)strlen(flow->cc)))
		err(errno == ENOENT ? 4 : 1, "%s", flow->stack);
	return fd;
}

static void set_up(int fd)
{
	struct linger abort = { .l_onoff = 1 };

	if (fcntl(fd, F_SETFL, O_NONBLOCK) ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)))
		err(1, "set up a socket");
}

static bool wait_for(int fd, short events, double until)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	double left = until - now();

	return poll(&pfd, 1, left > 0 ? (int)(left * 1000) + 1 : 0) == 1;
}

/* @from calls @to; the ends are left in @caller and @answerer. */
static void join(const struct host *from, const struct host *to,
		 struct flow *flow, int port, int *caller, int *answerer)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	};
	int listener = socket_in(to, flow), one = 1;

	if (inet_pton(AF_INET, to->addr, &addr.sin_addr) != 1)
		errx(2, "no IPv4 address: %s", to->addr);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(listener, 1))
		err(1, "listen");
	*caller = socket_in(from, flow);
	set_up(*caller);
	flow->start = now();
	if (connect(*caller, (struct sockaddr *)&addr, sizeof(addr)) &&
	    errno != EINPROGRESS)
		err(1, "connect");
	if (!wait_for(listener, POLLIN, flow->start + FETCH_LIMIT_S))
		errx(1, "%s: no connection", flow->stack);
	*answerer = accept(listener, NULL, NULL);
	if (*answerer < 0)
		err(1, "accept");
	set_up(*answerer);
	close(listener);
}

static void write_all_that_goes(struct flow *flow)
{
	while (send(flow->sender, chunk, sizeof(chunk), MSG_NOSIGNAL) > 0)
		;
	if (errno != EAGAIN)
		err(1, "%s: send", flow->stack);
}

/* Return: false at the end of what comes. */
static bool read_all_that_comes(struct flow *flow)
{
	ssize_t n;

	while ((n = recv(flow->receiver, chunk, sizeof(chunk), 0)) > 0)
		flow->bytes += (uint64_t)n;
	if (n && errno != EAGAIN)
		err(1, "%s: recv", flow->stack);
	return n;
}

static void report(const struct flow *flow)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(flow->sender, IPPROTO_TCP, TCP_INFO, &info, &len))
		err(1, "TCP_INFO");
	printf("{\"stack\": \"%s\", \"bytes\": %llu, \"seconds\": %.6f, ",
	       flow->stack, (unsigned long long)flow->bytes,
	       flow->end - flow->start);
	printf("\"retrans\": %u, \"cwnd\": %u, \"srtt_us\": %u}\n",
	       info.tcpi_total_retrans, info.tcpi_snd_cwnd, info.tcpi_rtt);
}

static void pump(struct flow *flows, int nr, double end)
{
	struct pollfd pfds[2 * MAX_FLOWS];
	double left;

	for (int i = 0; i < nr; i++) {
		pfds[2 * i] = (struct pollfd){ flows[i].sender, POLLOUT, 0 };
		pfds[2 * i + 1] =
			(struct pollfd){ flows[i].receiver, POLLIN, 0 };
	}
	while ((left = end - now()) > 0) {
		if (poll(pfds, 2 * (nfds_t)nr, (int)(left * 1000) + 1) < 0)
			err(1, "poll");
		for (int i = 0; i < nr; i++) {
			if (pfds[2 * i].revents)
				write_all_that_goes(&flows[i]);
			if (pfds[2 * i + 1].revents)
				read_all_that_comes(&flows[i]);
		}
	}
}

static void bulk(struct host a, struct host b, double seconds,
		 char **stacks, int nr)
{
	struct flow flows[MAX_FLOWS];
	double end = 0;

	if (nr > MAX_FLOWS)
		errx(2, "too many flows");
	for (int i = 0; i < nr; i++) {
		struct flow *flow = &flows[i];

		*flow = flow_of(stacks[i]);
		join(&a, &b, flow, FIRST_PORT + i, &flow->sender,
		     &flow->receiver);
		end = flow->start + seconds;
	}
	pump(flows, nr, end);
	for (int i = 0; i < nr; i++) {
		flows[i].end = now();
		report(&flows[i]);
	}
}

static uint64_t write_some(struct flow *flow, uint64_t left)
{
	ssize_t n = send(flow->sender, chunk, left < CHUNK ? left : CHUNK,
			 MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		err(1, "%s: send", flow->stack);
	return n < 0 ? 0 : (uint64_t)n;
}

/* Something to read, or, if there is more to write, room for it. */
static void wait_for_either(const struct flow *flow, bool more)
{
	struct pollfd pfds[] = {
		{ flow->receiver, POLLIN, 0 }, { flow->sender, POLLOUT, 0 },
	};

	if (poll(pfds, more ? 2 : 1, FETCH_LIMIT_S * 1000) < 1)
		errx(1, "%s: out of time", flow->stack);
}

static void fetch(struct host a, struct host b, uint64_t size,
		  const char *stack)
{
	struct flow flow = flow_of(stack);
	char request[100] = { 0 };
	uint64_t left = size;

	join(&b, &a, &flow, FIRST_PORT, &flow.receiver, &flow.sender);
	if (!wait_for(flow.receiver, POLLOUT, flow.start + FETCH_LIMIT_S) ||
	    send(flow.receiver, request, sizeof(request), 0) !=
		    sizeof(request) ||
	    !wait_for(flow.sender, POLLIN, flow.start + FETCH_LIMIT_S) ||
	    recv(flow.sender, request, sizeof(request), 0) < 0)
		err(1, "%s: the request", stack);
	while (flow.bytes < size) {
		left -= write_some(&flow, left);
		wait_for_either(&flow, left > 0);
		if (!read_all_that_comes(&flow))
			errx(1, "%s: cut short", stack);
	}
	flow.end = now();
	report(&flow);
}

int main(int argc, char **argv)
{
	if (argc >= 6 && !strcmp(argv[1], "bulk"))
		bulk(host_of(argv[2]), host_of(argv[3]), atof(argv[4]),
		     argv + 5, argc - 5);
	else if (argc == 6 && !strcmp(argv[1], "fetch"))
		fetch(host_of(argv[2]), host_of(argv[3]),
		      strtoull(argv[4], NULL, 10), argv[5]);
	else
		errx(2, "flow bulk|fetch A B ..., see the source");
	return 0;
}
