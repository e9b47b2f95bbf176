// SPDX-License-Identifier: GPL-2.0
/* close(): with and without linger, with unread data, in odd states. */
#include "sockets.h"
#include "tun.h"

static char buf[64];

static int bind_plain(struct sockaddr_in addr)
{
	int fd = stream_socket(), ret;

	ret = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	close(fd);
	return ret;
}

TEST(first_closer_keeps_the_port)
{
	struct sockaddr_in first, second;
	int fd[2];

	pair(fd);
	first = name_of(fd[0]);
	second = name_of(fd[1]);
	close(fd[0]);
	EXPECT_EQ(recv(fd[1], buf, 1, 0), 0);
	close(fd[1]);
	pause_ms(100);
	/* TIME-WAIT here, nothing there. */
	EXPECT_ERR(bind_plain(first), EADDRINUSE);
	EXPECT_EQ(bind_plain(second), 0);
}

TEST(data_arrives_all_the_same)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "bye", 3, 0), 3);
	close(fd[0]);
	EXPECT_EQ(recv(fd[1], buf, 9, MSG_WAITALL), 3);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 0);
}

TEST(bulk_arrives_all_the_same)
{
	size_t sent;
	int fd[2];

	small_pair(fd);
	sent = fill(fd[0]);
	close(fd[0]);
	EXPECT_EQ(drain(fd[1], sent), sent);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 0);
}

TEST(linger_zero_resets)
{
	struct sockaddr_in first;
	int fd[2];

	pair(fd);
	first = name_of(fd[0]);
	EXPECT_EQ(set_linger(fd[0], 1, 0), 0);
	close(fd[0]);
	EXPECT_EQ(poll_for(fd[1], POLLIN | POLLOUT | POLLRDHUP, 3000),
		  POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP);
	EXPECT_EQ(so_error(fd[1]), ECONNRESET);
	EXPECT_EQ(recv(fd[1], buf, 1, 0), 0);
	/* No TIME-WAIT after a reset. */
	EXPECT_EQ(bind_plain(first), 0);
}

TEST(unread_data_resets)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[1], "unread", 6, 0), 6);
	REQUIRE_TRUE(wait_inq(fd[0], 6, 3000));
	close(fd[0]);
	EXPECT_ERR(recv(fd[1], buf, 1, 0), ECONNRESET);
}

TEST(data_after_close_resets)
{
	int fd[2];

	pair(fd);
	close(fd[0]);
	expect_state(fd[1], ST_CLOSE_WAIT);
	EXPECT_EQ(send(fd[1], "late", 4, MSG_NOSIGNAL), 4);
	EXPECT_TRUE(wait_state(fd[1], ST_CLOSE, 3000));
	EXPECT_EQ(so_error(fd[1]), EPIPE);
}

TEST(linger_waits_for_the_peer)
{
	long long begin;
	int fd[2];

	small_pair(fd);
	fill(fd[0]);
	set_linger(fd[0], 1, 10);
	if (!fork()) {
		close(fd[0]);
		pause_ms(1500);
		drain(fd[1], 1 << 30);
		close(fd[1]);
		_exit(0);
	}
	close(fd[1]);
	pause_ms(100);
	begin = now_ms();
	close(fd[0]);
	EXPECT_GE(now_ms() - begin, 500);
	EXPECT_LE(now_ms() - begin, 8000);
}

TEST(linger_times_out)
{
	long long begin;
	int fd[2];

	small_pair(fd);
	fill(fd[0]);
	set_linger(fd[0], 1, 1);
	begin = now_ms();
	EXPECT_EQ(close(fd[0]), 0);
	EXPECT_GE(now_ms() - begin, 900);
	EXPECT_LE(now_ms() - begin, 4000);
}

TEST(last_reference_counts)
{
	int fd[2], copy;

	pair(fd);
	copy = dup(fd[0]);
	close(fd[0]);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 100), 0);
	EXPECT_EQ(send(copy, "x", 1, 0), 1);
	EXPECT_EQ(recv(fd[1], buf, 1, 0), 1);
	close(copy);
	EXPECT_EQ(recv(fd[1], buf, 1, 0), 0);
}

TEST(ends_with_the_process)
{
	int fd[2];
	pid_t pid;

	pair(fd);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(fd[0]);
	kill(pid, SIGKILL);
	EXPECT_EQ(recv(fd[1], buf, 1, 0), 0);
}

TEST(while_connecting)
{
	struct sockaddr_in from;
	int fd = stream_socket();

	tun_open();
	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, addr_of(TUN_PEER, 9)), EINPROGRESS);
	from = name_of(fd);
	EXPECT_EQ(close(fd), 0);
	EXPECT_EQ(bind_plain(from), 0);
}

TEST(never_connected)
{
	int fd = stream_socket();

	EXPECT_EQ(close(fd), 0);
	fd = stream_socket();
	set_linger(fd, 1, 5);
	EXPECT_EQ(close(fd), 0);
	fd = listener();
	EXPECT_EQ(close(fd), 0);
}

TEST(many_short_connections)
{
	int lfd = listener(), fd, peer;

	for (int i = 0; i < 200; i++) {
		fd = connected_to(lfd);
		peer = accept(lfd, NULL, NULL);
		REQUIRE_OK(peer);
		EXPECT_EQ(send(fd, &i, sizeof(i), 0), sizeof(i));
		EXPECT_EQ(recv(peer, buf, sizeof(i), MSG_WAITALL), sizeof(i));
		EXPECT_EQ(memcmp(buf, &i, sizeof(i)), 0);
		close(i & 1 ? fd : peer);
		close(i & 1 ? peer : fd);
	}
}
