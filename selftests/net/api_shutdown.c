// SPDX-License-Identifier: GPL-2.0
/* shutdown(): each direction, what poll says, the states passed through. */
#include "sockets.h"

#define ALL (POLLIN | POLLOUT | POLLRDHUP)

static char buf[64];

TEST(write_side)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "tail", 4, 0), 4);
	EXPECT_EQ(shutdown(fd[0], SHUT_WR), 0);
	expect_state(fd[0], ST_FIN_WAIT2);
	expect_state(fd[1], ST_CLOSE_WAIT);
	EXPECT_ERR(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	EXPECT_EQ(poll_now(fd[0], ALL), POLLOUT);
	EXPECT_EQ(poll_now(fd[1], ALL), POLLIN | POLLOUT | POLLRDHUP);
	EXPECT_EQ(recv(fd[1], buf, 9, MSG_WAITALL), 4);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 0);

	/* The other direction still works: half-close. */
	EXPECT_EQ(send(fd[1], "answer", 6, 0), 6);
	EXPECT_EQ(recv(fd[0], buf, 6, MSG_WAITALL), 6);
	EXPECT_EQ(memcmp(buf, "answer", 6), 0);
	EXPECT_EQ(shutdown(fd[1], SHUT_WR), 0);
	EXPECT_EQ(recv(fd[0], buf, 9, 0), 0);
	expect_state(fd[1], ST_CLOSE);
	EXPECT_EQ(poll_now(fd[1], ALL), ALL | POLLHUP);
	EXPECT_EQ(poll_now(fd[0], ALL), ALL | POLLHUP);
	EXPECT_EQ(so_error(fd[0]), 0);
}

TEST(half_close_bulk)
{
	static char big[1 << 20], copy[1 << 20];
	size_t got = 0;
	ssize_t n;
	int fd[2];

	pair(fd);
	shutdown(fd[0], SHUT_WR);
	expect_state(fd[1], ST_CLOSE_WAIT);
	pattern(big, sizeof(big), 9);
	if (!fork()) {
		close(fd[0]);
		_exit(send(fd[1], big, sizeof(big), 0) != sizeof(big));
	}
	close(fd[1]);
	while ((n = recv(fd[0], copy + got, sizeof(copy) - got, 0)) > 0)
		got += (size_t)n;
	EXPECT_EQ(got, sizeof(big));
	EXPECT_TRUE(is_pattern(copy, sizeof(copy), 9));
}

TEST(read_side)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(shutdown(fd[0], SHUT_RD), 0);
	EXPECT_EQ(state_of(fd[0]), ST_ESTABLISHED);
	EXPECT_EQ(recv(fd[0], buf, 1, 0), 0);
	EXPECT_EQ(poll_now(fd[0], ALL), ALL);
	EXPECT_EQ(send(fd[0], "x", 1, 0), 1);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 1);
	/* The peer is not told; what it sends can still be read. */
	EXPECT_EQ(send(fd[1], "y", 1, 0), 1);
	REQUIRE_TRUE(wait_inq(fd[0], 1, 3000));
	EXPECT_EQ(recv(fd[0], buf, 9, 0), 1);
	EXPECT_EQ(recv(fd[0], buf, 9, 0), 0);
}

TEST(both_sides)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(shutdown(fd[0], SHUT_RDWR), 0);
	expect_state(fd[0], ST_FIN_WAIT2);
	EXPECT_EQ(poll_now(fd[0], ALL), ALL | POLLHUP);
	EXPECT_EQ(recv(fd[0], buf, 1, 0), 0);
	EXPECT_ERR(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	EXPECT_EQ(recv(fd[1], buf, 1, 0), 0);
	EXPECT_EQ(shutdown(fd[1], SHUT_RDWR), 0);
	expect_state(fd[1], ST_CLOSE);
}

TEST(both_at_once)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(shutdown(fd[0], SHUT_WR), 0);
	EXPECT_EQ(shutdown(fd[1], SHUT_WR), 0);
	EXPECT_EQ(recv(fd[0], buf, 1, 0), 0);
	EXPECT_EQ(recv(fd[1], buf, 1, 0), 0);
	expect_state(fd[1], ST_CLOSE);
}

TEST(twice)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(shutdown(fd[0], SHUT_WR), 0);
	EXPECT_EQ(shutdown(fd[0], SHUT_WR), 0);
	EXPECT_EQ(shutdown(fd[0], SHUT_RD), 0);
	EXPECT_EQ(shutdown(fd[1], SHUT_RDWR), 0);
	expect_state(fd[1], ST_CLOSE);
	EXPECT_ERR(shutdown(fd[1], SHUT_WR), ENOTCONN);
}

TEST(bad_calls)
{
	int fd[2], lone = stream_socket();

	pair(fd);
	EXPECT_ERR(shutdown(lone, SHUT_RDWR), ENOTCONN);
	EXPECT_ERR(shutdown(fd[0], 3), EINVAL);
	EXPECT_ERR(shutdown(fd[0], -1), EINVAL);
}

TEST(wakes_a_reader)
{
	int fd[2];

	pair(fd);
	if (!fork()) {
		pause_ms(100);
		shutdown(fd[0], SHUT_RD);
		_exit(0);
	}
	EXPECT_EQ(recv(fd[0], buf, 1, 0), 0);
}

TEST(wakes_a_writer)
{
	static char big[1 << 20];
	int fd[2];

	small_pair(fd);
	fill(fd[0]);
	if (!fork()) {
		pause_ms(100);
		shutdown(fd[0], SHUT_WR);
		_exit(0);
	}
	EXPECT_ERR(send(fd[0], big, sizeof(big), MSG_NOSIGNAL), EPIPE);
}

/* The FIN waits behind data that the peer has no room for. */
TEST(behind_a_full_window)
{
	size_t sent;
	int fd[2];

	small_pair(fd);
	sent = fill(fd[0]);
	EXPECT_EQ(shutdown(fd[0], SHUT_WR), 0);
	EXPECT_EQ(drain(fd[1], sent), sent);
	EXPECT_EQ(recv(fd[1], buf, 1, 0), 0);
	expect_state(fd[0], ST_FIN_WAIT2);
}
