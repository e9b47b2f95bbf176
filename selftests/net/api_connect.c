// SPDX-License-Identifier: GPL-2.0
/* connect(): blocking and not, refused, timed out, interrupted, repeated. */
#include <net/if.h>

#include "sockets.h"
#include "tun.h"

/* Nobody answers there, once tun_open() has been called. */
#define SILENT addr_of(TUN_PEER, 9)

static struct sockaddr_in unused_port(void)
{
	int fd = stream_socket();
	struct sockaddr_in addr = addr_of("127.0.0.1", ANY_PORT);

	REQUIRE_OK(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	addr = name_of(fd);
	close(fd);
	return addr;
}

TEST(blocking)
{
	int lfd = listener(), fd = stream_socket(), peer;
	struct sockaddr_in to = name_of(lfd);

	EXPECT_ERR(getpeername(fd, (struct sockaddr *)&to,
			       &(socklen_t){ sizeof(to) }), ENOTCONN);
	EXPECT_EQ(connect_to(fd, to), 0);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	EXPECT_EQ(peer_of(fd).sin_port, to.sin_port);
	EXPECT_NE(name_of(fd).sin_port, 0);
	EXPECT_EQ(ntohl(name_of(fd).sin_addr.s_addr), INADDR_LOOPBACK);

	peer = accept(lfd, NULL, NULL);
	REQUIRE_OK(peer);
	EXPECT_EQ(peer_of(peer).sin_port, name_of(fd).sin_port);
	EXPECT_EQ(name_of(peer).sin_port, to.sin_port);
	EXPECT_EQ(get_int(peer, SOL_SOCKET, SO_PROTOCOL), proto);
}

TEST(nonblocking)
{
	int lfd = listener(), fd = stream_socket();
	struct sockaddr_in to = name_of(lfd);

	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, to), EINPROGRESS);
	EXPECT_EQ(poll_for(fd, POLLIN | POLLOUT, 3000), POLLOUT);
	EXPECT_EQ(so_error(fd), 0);
	EXPECT_EQ(connect_to(fd, to), 0);
	EXPECT_ERR(connect_to(fd, to), EISCONN);
}

TEST(under_way)
{
	int fd = stream_socket();
	char c;

	tun_open();
	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, SILENT), EINPROGRESS);
	EXPECT_ERR(connect_to(fd, SILENT), EALREADY);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	EXPECT_EQ(poll_now(fd, POLLIN | POLLOUT | POLLHUP), 0);
	EXPECT_ERR(send(fd, "x", 1, 0), EAGAIN);
	EXPECT_ERR(recv(fd, &c, 1, 0), EAGAIN);
	EXPECT_ERR(getpeername(fd, (struct sockaddr *)&(struct sockaddr_in){ 0 },
			       &(socklen_t){ 16 }), ENOTCONN);
	EXPECT_ERR(listen(fd, 1), EINVAL);
	EXPECT_EQ(close(fd), 0);
}

TEST(shutdown_under_way)
{
	int fd = stream_socket();

	tun_open();
	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, SILENT), EINPROGRESS);
	EXPECT_EQ(shutdown(fd, SHUT_WR), 0);
	EXPECT_EQ(state_of(fd), ST_CLOSE);
}

TEST(refused)
{
	struct sockaddr_in nobody = unused_port();
	int fd = stream_socket(), lfd;

	EXPECT_ERR(connect_to(fd, nobody), ECONNREFUSED);
	EXPECT_EQ(so_error(fd), 0);
	EXPECT_EQ(state_of(fd), ST_CLOSE);

	/* Linux lets the same socket try again. */
	lfd = listener();
	EXPECT_EQ(connect_to(fd, name_of(lfd)), 0);
}

TEST(refused_nonblocking)
{
	int fd = stream_socket();

	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, unused_port()), EINPROGRESS);
	EXPECT_EQ(poll_for(fd, POLLIN | POLLOUT | POLLRDHUP, 3000),
		  POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP);
	EXPECT_EQ(so_error(fd), ECONNREFUSED);
	EXPECT_EQ(so_error(fd), 0);
	EXPECT_EQ(poll_now(fd, POLLIN | POLLOUT | POLLRDHUP),
		  POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	EXPECT_ERR(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
}

TEST(refused_error_by_connect)
{
	struct sockaddr_in nobody = unused_port();
	int fd = stream_socket();

	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, nobody), EINPROGRESS);
	poll_for(fd, POLLOUT, 3000);
	EXPECT_ERR(connect_to(fd, nobody), ECONNREFUSED);
}

TEST(syn_retries_exhausted)
{
	long long begin = now_ms();
	int fd = stream_socket();

	tun_open();
	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_SYNCNT, 1), 0);
	EXPECT_ERR(connect_to(fd, SILENT), ETIMEDOUT);
	/* One second, then two. */
	EXPECT_GE(now_ms() - begin, 2500);
	EXPECT_LE(now_ms() - begin, 6000);
	EXPECT_EQ(state_of(fd), ST_CLOSE);
}

TEST(user_timeout)
{
	long long begin = now_ms();
	int fd = stream_socket();

	tun_open();
	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 700), 0);
	EXPECT_ERR(connect_to(fd, SILENT), ETIMEDOUT);
	EXPECT_GE(now_ms() - begin, 600);
	EXPECT_LE(now_ms() - begin, 5000);
}

TEST(send_timeout)
{
	long long begin = now_ms();
	int fd = stream_socket();

	tun_open();
	EXPECT_EQ(set_time(fd, SO_SNDTIMEO, 200), 0);
	EXPECT_ERR(connect_to(fd, SILENT), EINPROGRESS);
	EXPECT_GE(now_ms() - begin, 180);
	EXPECT_LE(now_ms() - begin, 2000);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	EXPECT_ERR(connect_to(fd, SILENT), EALREADY);
}

TEST(interrupted)
{
	int fd = stream_socket();

	tun_open();
	/* With a time-out even SA_RESTART does not restart it. */
	set_time(fd, SO_SNDTIMEO, 5000);
	on_signal(SIGUSR1, SA_RESTART);
	alarm_in(100);
	EXPECT_ERR(connect_to(fd, SILENT), EINTR);
	EXPECT_EQ(nr_signals, 1);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);

	close(fd);
	fd = stream_socket();
	on_signal(SIGUSR1, 0);
	alarm_in(100);
	EXPECT_ERR(connect_to(fd, SILENT), EINTR);
	EXPECT_EQ(nr_signals, 1);
}

TEST(bad_addresses)
{
	int fd = stream_socket();
	struct sockaddr_in to = addr_of("127.0.0.1", 9);

	EXPECT_ERR(connect(fd, (struct sockaddr *)&to, 4), EINVAL);
	to.sin_family = AF_INET6;
	EXPECT_ERR(connect_to(fd, to), EAFNOSUPPORT);
	EXPECT_ERR(connect_to(fd, addr_of("192.0.2.1", 9)), ENETUNREACH);
	EXPECT_ERR(connect_to(fd, addr_of("224.0.0.1", 9)), ENETUNREACH);
	EXPECT_EQ(state_of(fd), ST_CLOSE);
}

/* MUST-46: there is a way to reach all of them, but not with a connection. */
TEST(to_many)
{
	int fd = stream_socket();

	tun_open();
	for (int allowed = 0; allowed < 2; allowed++) {
		EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_BROADCAST, allowed), 0);
		EXPECT_ERR(connect_to(fd, addr_of("10.9.0.255", 9)),
			   ENETUNREACH);
		EXPECT_ERR(connect_to(fd, addr_of("255.255.255.255", 9)),
			   ENETUNREACH);
		EXPECT_ERR(connect_to(fd, addr_of("127.255.255.255", 9)),
			   ENETUNREACH);
	}
	EXPECT_EQ(state_of(fd), ST_CLOSE);
	EXPECT_EQ(name_of(fd).sin_port, 0);
}

/* RFC 6056: a port tells nothing of those for other peers, little of the next. */
TEST(ports_are_hard_to_guess)
{
	int port[16], near = 0, steps = 0;

	tun_open();
	for (int i = 0; i < 16; i++) {
		int fd = stream_socket();

		set_nonblock(fd);
		EXPECT_ERR(connect_to(fd, addr_of(TUN_PEER, 9 + i)),
			   EINPROGRESS);
		port[i] = ntohs(name_of(fd).sin_port);
		for (int j = 0; j < i; j++)
			near += abs(port[i] - port[j]) <= 32;
	}
	/* 120 pairs: by chance one in 433 is that close. */
	EXPECT_LE(near, 5);

	for (int i = 0; i < 16; i++) {
		int fd = stream_socket();

		set_nonblock(fd);
		EXPECT_ERR(connect_to(fd, SILENT), EINPROGRESS);
		port[i] = ntohs(name_of(fd).sin_port);
		if (i > 1)
			steps += port[i] - port[i - 1] !=
				 port[i - 1] - port[i - 2];
	}
	/* A step of always the same width would do for an attacker. */
	EXPECT_GE(steps, 4);
}

TEST(any_means_loopback)
{
	int lfd = listener(), fd = stream_socket();
	struct sockaddr_in to = name_of(lfd);

	to.sin_addr.s_addr = INADDR_ANY;
	EXPECT_EQ(connect_to(fd, to), 0);
	EXPECT_EQ(ntohl(peer_of(fd).sin_addr.s_addr), INADDR_LOOPBACK);
}

TEST(disconnect)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	int fd[2], lfd;
	char c;

	pair(fd);
	EXPECT_EQ(connect(fd[0], &unspec, sizeof(unspec)), 0);
	EXPECT_EQ(state_of(fd[0]), ST_CLOSE);
	EXPECT_ERR(recv(fd[1], &c, 1, 0), ECONNRESET);

	lfd = listener();
	EXPECT_EQ(connect_to(fd[0], name_of(lfd)), 0);
	EXPECT_EQ(send(fd[0], "x", 1, 0), 1);
	fd[1] = accept(lfd, NULL, NULL);
	EXPECT_EQ(recv(fd[1], &c, 1, 0), 1);
}

/* RFC 9293's simultaneous open, with itself as the peer. */
TEST(to_itself)
{
	struct sockaddr_in addr = addr_of("127.0.0.1", ANY_PORT);
	int fd = stream_socket();
	char c = 0;

	EXPECT_EQ(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	EXPECT_EQ(connect_to(fd, name_of(fd)), 0);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	EXPECT_EQ(peer_of(fd).sin_port, name_of(fd).sin_port);
	EXPECT_EQ(send(fd, "y", 1, 0), 1);
	EXPECT_EQ(recv(fd, &c, 1, 0), 1);
	EXPECT_EQ(c, 'y');
}

TEST(connected_or_listening_already)
{
	int lfd = listener(), fd = connected_to(lfd);

	EXPECT_ERR(connect_to(fd, name_of(lfd)), EISCONN);
	EXPECT_ERR(connect_to(lfd, name_of(lfd)), EISCONN);
	EXPECT_ERR(listen(fd, 1), EINVAL);
}

TEST(same_four_tuple)
{
	int lfd = listener(), one = stream_socket(), two = stream_socket();
	struct sockaddr_in from = addr_of("127.0.0.1", ANY_PORT);

	set_int(one, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(two, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_EQ(bind(one, (struct sockaddr *)&from, sizeof(from)), 0);
	from = name_of(one);
	EXPECT_EQ(bind(two, (struct sockaddr *)&from, sizeof(from)), 0);
	EXPECT_EQ(connect_to(one, name_of(lfd)), 0);
	EXPECT_ERR(connect_to(two, name_of(lfd)), EADDRNOTAVAIL);
}

TEST(port_range_used_up)
{
	static const char range[] = "/proc/sys/net/ipv4/ip_local_port_range";
	int lfd = listener(), fd[3];

	REQUIRE_OK(sysctl_write(range, "40000 40001"));
	for (int i = 0; i < 3; i++)
		fd[i] = stream_socket();
	EXPECT_EQ(connect_to(fd[0], name_of(lfd)), 0);
	EXPECT_EQ(connect_to(fd[1], name_of(lfd)), 0);
	EXPECT_GE(ntohs(name_of(fd[0]).sin_port), 40000);
	EXPECT_LE(ntohs(name_of(fd[1]).sin_port), 40001);
	EXPECT_ERR(connect_to(fd[2], name_of(lfd)), EADDRNOTAVAIL);
	sysctl_write(range, "32768 60999");
	EXPECT_EQ(connect_to(fd[2], name_of(lfd)), 0);
}
