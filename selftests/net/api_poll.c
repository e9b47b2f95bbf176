// SPDX-License-Identifier: GPL-2.0
/* poll(), select(), epoll level and edge triggered. */
#include <sys/epoll.h>
#include <sys/select.h>

#include "sockets.h"

#define ALL (POLLIN | POLLOUT | POLLRDHUP)

static char buf[64];

TEST(fresh_socket)
{
	EXPECT_EQ(poll_now(stream_socket(), ALL), POLLOUT | POLLHUP);
}

TEST(bits_of_a_connection)
{
	const int every = ALL | POLLRDNORM | POLLWRNORM | POLLPRI | POLLRDBAND;
	int fd[2];

	pair(fd);
	EXPECT_EQ(poll_now(fd[0], every), POLLOUT | POLLWRNORM);
	EXPECT_EQ(send(fd[1], "x", 1, 0), 1);
	EXPECT_EQ(poll_for(fd[0], POLLIN, 2000), POLLIN);
	EXPECT_EQ(poll_now(fd[0], every),
		  POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM);
	EXPECT_EQ(recv(fd[0], buf, 1, 0), 1);
	EXPECT_EQ(poll_now(fd[0], POLLIN), 0);
	close(fd[1]);
	expect_state(fd[0], ST_CLOSE_WAIT);
	EXPECT_EQ(poll_now(fd[0], every),
		  POLLIN | POLLRDNORM | POLLRDHUP | POLLOUT | POLLWRNORM);
}

TEST(waits_for_data)
{
	long long begin = now_ms();
	int fd[2];

	pair(fd);
	EXPECT_EQ(poll_for(fd[0], POLLIN, 150), 0);
	EXPECT_GE(now_ms() - begin, 140);
	if (!fork()) {
		pause_ms(100);
		_exit(send(fd[1], "x", 1, 0) != 1);
	}
	EXPECT_EQ(poll_for(fd[0], POLLIN, 5000), POLLIN);
}

TEST(waits_for_room)
{
	size_t sent;
	int fd[2];

	small_pair(fd);
	sent = fill(fd[0]);
	EXPECT_EQ(poll_now(fd[0], POLLOUT), 0);
	if (!fork()) {
		close(fd[0]);
		pause_ms(100);
		drain(fd[1], sent);
		pause();
	}
	EXPECT_EQ(poll_for(fd[0], POLLOUT, 5000), POLLOUT);
}

TEST(waits_for_hangup)
{
	int fd[2];

	pair(fd);
	if (!fork()) {
		close(fd[0]);
		pause_ms(100);
		shutdown(fd[1], SHUT_WR);
		pause();
	}
	EXPECT_EQ(poll_for(fd[0], POLLRDHUP, 5000), POLLRDHUP);
}

TEST(with_select)
{
	struct timeval tv = { 2, 0 }, none = { 0, 0 };
	fd_set in, out, except;
	int fd[2];

	pair(fd);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&except);
	FD_SET(fd[0], &in);
	FD_SET(fd[0], &out);
	FD_SET(fd[0], &except);
	EXPECT_EQ(select(fd[0] + 1, &in, &out, &except, &none), 1);
	EXPECT_TRUE(FD_ISSET(fd[0], &out));
	EXPECT_EQ(send(fd[1], "x", 1, 0), 1);
	FD_SET(fd[0], &in);
	EXPECT_EQ(select(fd[0] + 1, &in, NULL, NULL, &tv), 1);
	EXPECT_TRUE(FD_ISSET(fd[0], &in));
}

static int epoll_of(int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events };
	int ep = epoll_create1(0);

	REQUIRE_OK(ep);
	REQUIRE_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	return ep;
}

/* The events, 0 when there are none in time. */
static unsigned int epoll_next(int ep, int ms)
{
	struct epoll_event ev;
	int n = epoll_wait(ep, &ev, 1, ms);

	REQUIRE_OK(n);
	return n ? ev.events : 0;
}

TEST(level_triggered)
{
	int fd[2], ep;

	pair(fd);
	ep = epoll_of(fd[0], EPOLLIN);
	EXPECT_EQ(epoll_next(ep, 50), 0);
	EXPECT_EQ(send(fd[1], "xy", 2, 0), 2);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLIN);
	EXPECT_EQ(epoll_next(ep, 0), EPOLLIN);
	EXPECT_EQ(recv(fd[0], buf, 1, 0), 1);
	EXPECT_EQ(epoll_next(ep, 0), EPOLLIN);
	EXPECT_EQ(recv(fd[0], buf, 1, 0), 1);
	EXPECT_EQ(epoll_next(ep, 0), 0);
}

TEST(edge_triggered)
{
	int fd[2], ep;

	pair(fd);
	ep = epoll_of(fd[0], EPOLLIN | EPOLLRDHUP | EPOLLET);
	EXPECT_EQ(send(fd[1], "x", 1, 0), 1);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLIN);
	EXPECT_EQ(epoll_next(ep, 50), 0);
	/* New data, new edge, though the old has not been read. */
	EXPECT_EQ(send(fd[1], "y", 1, 0), 1);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLIN);
	EXPECT_EQ(epoll_next(ep, 50), 0);
	EXPECT_EQ(recv(fd[0], buf, 2, MSG_WAITALL), 2);
	EXPECT_EQ(epoll_next(ep, 50), 0);
	shutdown(fd[1], SHUT_WR);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLIN | EPOLLRDHUP);
	EXPECT_EQ(epoll_next(ep, 50), 0);
}

TEST(edge_triggered_writing)
{
	size_t sent;
	int fd[2], ep;

	small_pair(fd);
	ep = epoll_of(fd[0], EPOLLOUT | EPOLLET);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLOUT);
	EXPECT_EQ(epoll_next(ep, 50), 0);
	sent = fill(fd[0]);
	while (epoll_next(ep, 50))
		;
	EXPECT_EQ(drain(fd[1], sent), sent);
	EXPECT_EQ(epoll_next(ep, 5000), EPOLLOUT);
}

TEST(one_shot)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT };
	int fd[2], ep;

	pair(fd);
	ep = epoll_of(fd[0], EPOLLIN | EPOLLONESHOT);
	EXPECT_EQ(send(fd[1], "x", 1, 0), 1);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLIN);
	EXPECT_EQ(epoll_next(ep, 50), 0);
	EXPECT_OK(epoll_ctl(ep, EPOLL_CTL_MOD, fd[0], &ev));
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLIN);
}

TEST(of_a_listener)
{
	int lfd = listener(), ep = epoll_of(lfd, EPOLLIN | EPOLLET);

	EXPECT_EQ(epoll_next(ep, 0), 0);
	connected_to(lfd);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLIN);
	EXPECT_EQ(epoll_next(ep, 50), 0);
	connected_to(lfd);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLIN);
	EXPECT_OK(accept(lfd, NULL, NULL));
	EXPECT_OK(accept(lfd, NULL, NULL));
}

TEST(of_a_connect)
{
	int lfd = listener(), fd = stream_socket(), ep;

	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, name_of(lfd)), EINPROGRESS);
	ep = epoll_of(fd, EPOLLOUT | EPOLLET);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLOUT);
	EXPECT_EQ(so_error(fd), 0);
}

TEST(of_a_reset)
{
	int fd[2], ep;

	pair(fd);
	ep = epoll_of(fd[0], EPOLLIN | EPOLLET);
	set_linger(fd[1], 1, 0);
	close(fd[1]);
	EXPECT_EQ(epoll_next(ep, 2000), EPOLLIN | EPOLLERR | EPOLLHUP);
	EXPECT_EQ(so_error(fd[0]), ECONNRESET);
}

/* A closed socket leaves its epoll by itself. */
TEST(closed_under_epoll)
{
	int fd[2], ep;

	pair(fd);
	ep = epoll_of(fd[0], EPOLLIN);
	close(fd[0]);
	close(fd[1]);
	EXPECT_EQ(epoll_next(ep, 50), 0);
}

TEST(signal_driven)
{
	int fd[2];

	pair(fd);
	on_signal(SIGIO, SA_RESTART);
	EXPECT_OK(fcntl(fd[0], F_SETOWN, getpid()));
	EXPECT_OK(fcntl(fd[0], F_SETFL, O_ASYNC));
	EXPECT_EQ(send(fd[1], "x", 1, 0), 1);
	for (int i = 0; i < 100 && !nr_signals; i++)
		pause_ms(20);
	EXPECT_GE(nr_signals, 1);
}
