// SPDX-License-Identifier: GPL-2.0
/* listen() and accept(): backlog, what a child inherits, a listener's end. */
#include "sockets.h"

TEST(unbound)
{
	int lfd = stream_socket(), fd;

	EXPECT_EQ(get_int(lfd, SOL_SOCKET, SO_ACCEPTCONN), 0);
	EXPECT_EQ(listen(lfd, 5), 0);
	EXPECT_EQ(state_of(lfd), ST_LISTEN);
	EXPECT_EQ(get_int(lfd, SOL_SOCKET, SO_ACCEPTCONN), 1);
	EXPECT_NE(name_of(lfd).sin_port, 0);
	EXPECT_EQ(name_of(lfd).sin_addr.s_addr, INADDR_ANY);
	fd = connected_to(lfd);
	EXPECT_OK(accept(lfd, NULL, NULL));
	EXPECT_EQ(listen(lfd, 1), 0);
	close(fd);
}

TEST(accept_address_and_flags)
{
	int lfd = listener(), fd = connected_to(lfd), peer;
	struct sockaddr_in from = { 0 };
	socklen_t len = sizeof(from);

	peer = accept4(lfd, (struct sockaddr *)&from, &len,
		       SOCK_NONBLOCK | SOCK_CLOEXEC);
	REQUIRE_OK(peer);
	EXPECT_EQ(len, sizeof(from));
	EXPECT_EQ(from.sin_port, name_of(fd).sin_port);
	EXPECT_TRUE(fcntl(peer, F_GETFL) & O_NONBLOCK);
	EXPECT_TRUE(fcntl(peer, F_GETFD) & FD_CLOEXEC);
	EXPECT_ERR(accept4(lfd, NULL, NULL, 0x40000000), EINVAL);

	fd = connected_to(lfd);
	peer = accept(lfd, NULL, NULL);
	EXPECT_EQ(fcntl(peer, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
}

TEST(nothing_to_accept)
{
	int lfd = listener(), fd = stream_socket();
	long long begin;

	EXPECT_ERR(accept(fd, NULL, NULL), EINVAL);
	set_time(lfd, SO_RCVTIMEO, 150);
	begin = now_ms();
	EXPECT_ERR(accept(lfd, NULL, NULL), EAGAIN);
	EXPECT_GE(now_ms() - begin, 140);
	set_nonblock(lfd);
	EXPECT_ERR(accept(lfd, NULL, NULL), EAGAIN);
	EXPECT_EQ(poll_now(lfd, POLLIN | POLLOUT), 0);
	set_time(lfd, SO_RCVTIMEO, 0);
}

TEST(accept_interrupted)
{
	int lfd = listener();

	on_signal(SIGUSR1, 0);
	alarm_in(100);
	EXPECT_ERR(accept(lfd, NULL, NULL), EINTR);
	EXPECT_EQ(nr_signals, 1);
}

TEST(accept_waits)
{
	int lfd = listener(), peer;

	if (!fork()) {
		pause_ms(100);
		close(connected_to(lfd));
		_exit(0);
	}
	peer = accept(lfd, NULL, NULL);
	EXPECT_OK(peer);
	EXPECT_EQ(state_of(lfd), ST_LISTEN);
}

TEST(poll_and_order)
{
	int lfd = listener(), one, two, fd;

	one = connected_to(lfd);
	two = connected_to(lfd);
	EXPECT_EQ(poll_for(lfd, POLLIN | POLLOUT, 2000), POLLIN);
	fd = accept(lfd, NULL, NULL);
	EXPECT_EQ(peer_of(fd).sin_port, name_of(one).sin_port);
	EXPECT_EQ(poll_for(lfd, POLLIN, 2000), POLLIN);
	fd = accept(lfd, NULL, NULL);
	EXPECT_EQ(peer_of(fd).sin_port, name_of(two).sin_port);
	EXPECT_EQ(poll_now(lfd, POLLIN), 0);
}

/* A backlog of n holds n + 1; who comes later gets in when there is room. */
TEST(backlog)
{
	int lfd = listener_at("127.0.0.1", ANY_PORT, 1), fd[5], up = 0;

	for (int i = 0; i < 5; i++) {
		fd[i] = stream_socket();
		set_nonblock(fd[i]);
		EXPECT_ERR(connect_to(fd[i], name_of(lfd)), EINPROGRESS);
	}
	pause_ms(300);
	set_nonblock(lfd);
	while (accept(lfd, NULL, NULL) >= 0)
		up++;
	EXPECT_EQ(up, 2);
	/* The others send their SYN again after a second. */
	EXPECT_EQ(poll_for(lfd, POLLIN, 5000), POLLIN);
	EXPECT_OK(accept(lfd, NULL, NULL));
}

TEST(closed_with_connections_waiting)
{
	int lfd = listener(), fd = connected_to(lfd);
	struct sockaddr_in to = name_of(lfd);
	char c;

	poll_for(lfd, POLLIN, 2000);
	close(lfd);
	EXPECT_ERR(recv(fd, &c, 1, 0), ECONNRESET);
	EXPECT_ERR(connect_to(stream_socket(), to), ECONNREFUSED);
}

TEST(shut_down)
{
	int lfd = listener();
	struct sockaddr_in to = name_of(lfd);

	if (!fork()) {
		pause_ms(100);
		shutdown(lfd, SHUT_RD);
		_exit(0);
	}
	EXPECT_ERR(accept(lfd, NULL, NULL), EINVAL);
	EXPECT_ERR(connect_to(stream_socket(), to), ECONNREFUSED);
	EXPECT_EQ(state_of(lfd), ST_CLOSE);
	EXPECT_EQ(listen(lfd, 1), 0);
	EXPECT_EQ(connect_to(stream_socket(), name_of(lfd)), 0);
}

TEST(no_data_calls)
{
	int lfd = listener(), n;
	char c;

	EXPECT_ERR(recv(lfd, &c, 1, 0), ENOTCONN);
	EXPECT_ERR(send(lfd, "x", 1, MSG_NOSIGNAL), EPIPE);
	EXPECT_ERR(ioctl(lfd, FIONREAD, &n), EINVAL);
	EXPECT_ERR(shutdown(lfd, 7), EINVAL);
}

TEST(child_inherits)
{
	int lfd = listener(), fd, peer;
	struct linger linger;
	socklen_t len = sizeof(linger);

	set_int(lfd, SOL_TCP, TCP_NODELAY, 1);
	set_int(lfd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(lfd, SOL_TCP, TCP_KEEPIDLE, 77);
	set_int(lfd, SOL_TCP, TCP_KEEPINTVL, 7);
	set_int(lfd, SOL_TCP, TCP_KEEPCNT, 3);
	set_int(lfd, SOL_TCP, TCP_USER_TIMEOUT, 12345);
	set_int(lfd, SOL_SOCKET, SO_RCVBUF, 20000);
	set_int(lfd, SOL_SOCKET, SO_SNDBUF, 30000);
	set_int(lfd, SOL_SOCKET, SO_OOBINLINE, 1);
	set_int(lfd, SOL_SOCKET, SO_MARK, 9);
	set_int(lfd, IPPROTO_IP, IP_TOS, 0x10);
	set_linger(lfd, 1, 5);

	fd = connected_to(lfd);
	peer = accept(lfd, NULL, NULL);
	REQUIRE_OK(peer);
	EXPECT_EQ(get_int(peer, SOL_TCP, TCP_NODELAY), 1);
	EXPECT_EQ(get_int(peer, SOL_SOCKET, SO_KEEPALIVE), 1);
	EXPECT_EQ(get_int(peer, SOL_TCP, TCP_KEEPIDLE), 77);
	EXPECT_EQ(get_int(peer, SOL_TCP, TCP_KEEPINTVL), 7);
	EXPECT_EQ(get_int(peer, SOL_TCP, TCP_KEEPCNT), 3);
	EXPECT_EQ(get_int(peer, SOL_TCP, TCP_USER_TIMEOUT), 12345);
	EXPECT_EQ(get_int(peer, SOL_SOCKET, SO_RCVBUF), 40000);
	EXPECT_EQ(get_int(peer, SOL_SOCKET, SO_SNDBUF), 60000);
	EXPECT_EQ(get_int(peer, SOL_SOCKET, SO_OOBINLINE), 1);
	EXPECT_EQ(get_int(peer, SOL_SOCKET, SO_MARK), 9);
	EXPECT_EQ(get_int(peer, SOL_SOCKET, SO_REUSEADDR), 1);
	EXPECT_EQ(get_int(peer, SOL_SOCKET, SO_ACCEPTCONN), 0);
	EXPECT_EQ(get_int(peer, IPPROTO_IP, IP_TOS), 0x10);
	EXPECT_OK(getsockopt(peer, SOL_SOCKET, SO_LINGER, &linger, &len));
	EXPECT_EQ(linger.l_linger, 5);
	close(fd);
}

TEST(defer_accept)
{
	int lfd = listener(), fd;
	char c;

	EXPECT_EQ(set_int(lfd, SOL_TCP, TCP_DEFER_ACCEPT, 3), 0);
	EXPECT_GE(get_int(lfd, SOL_TCP, TCP_DEFER_ACCEPT), 3);
	fd = connected_to(lfd);
	EXPECT_EQ(poll_for(lfd, POLLIN, 200), 0);
	EXPECT_EQ(send(fd, "d", 1, 0), 1);
	EXPECT_EQ(poll_for(lfd, POLLIN, 3000), POLLIN);
	EXPECT_EQ(recv(accept(lfd, NULL, NULL), &c, 1, MSG_DONTWAIT), 1);
}

/* Data and the end of it may be there before the user accepts. */
TEST(data_before_accept)
{
	int lfd = listener(), fd = connected_to(lfd), peer;
	char buf[8];

	EXPECT_EQ(send(fd, "early", 5, 0), 5);
	close(fd);
	pause_ms(50);
	peer = accept(lfd, NULL, NULL);
	REQUIRE_OK(peer);
	EXPECT_EQ(recv(peer, buf, sizeof(buf), MSG_WAITALL), 5);
	EXPECT_EQ(recv(peer, buf, sizeof(buf), 0), 0);
}

TEST(reset_before_accept)
{
	int lfd = listener(), fd = connected_to(lfd), peer;
	char c;

	set_linger(fd, 1, 0);
	close(fd);
	pause_ms(50);
	set_nonblock(lfd);
	peer = accept(lfd, NULL, NULL);
	REQUIRE_OK(peer);
	EXPECT_ERR(recv(peer, &c, 1, 0), ECONNRESET);
}

/* The more specific address wins. */
TEST(specific_before_any)
{
	int any = listener_at("0.0.0.0", 7100, 4), one = stream_socket(), fd;
	struct sockaddr_in addr = addr_of("127.0.0.3", 7101);

	EXPECT_EQ(bind(one, (struct sockaddr *)&addr, sizeof(addr)), 0);
	EXPECT_EQ(listen(one, 4), 0);
	fd = stream_socket();
	EXPECT_EQ(connect_to(fd, addr_of("127.0.0.9", 7100)), 0);
	EXPECT_EQ(poll_for(any, POLLIN, 2000), POLLIN);
	fd = stream_socket();
	EXPECT_ERR(connect_to(fd, addr_of("127.0.0.9", 7101)), ECONNREFUSED);
	EXPECT_EQ(connect_to(fd, addr), 0);
}
