// SPDX-License-Identifier: GPL-2.0
/* Urgent data: MSG_OOB, SO_OOBINLINE, SIOCATMARK, SIGURG, POLLPRI. */
#include <sys/select.h>

#include "sockets.h"

static char buf[64];

static int at_mark(int fd)
{
	int at = -1;

	REQUIRE_OK(ioctl(fd, SIOCATMARK, &at));
	return at;
}

static void urgent_pair(int fd[2])
{
	pair(fd);
	EXPECT_EQ(send(fd[0], "abc", 3, MSG_OOB), 3);
	EXPECT_EQ(poll_for(fd[1], POLLPRI, 3000), POLLPRI);
	REQUIRE_TRUE(wait_inq(fd[1], 2, 3000));
}

TEST(none)
{
	int fd[2];

	pair(fd);
	EXPECT_ERR(recv(fd[1], buf, 1, MSG_OOB), EINVAL);
	EXPECT_EQ(at_mark(fd[1]), 0);
	EXPECT_EQ(poll_now(fd[1], POLLPRI), 0);
}

TEST(apart)
{
	int fd[2];

	urgent_pair(fd);
	EXPECT_EQ(recv(fd[1], buf, 1, MSG_OOB | MSG_PEEK), 1);
	EXPECT_EQ(recv(fd[1], buf, 8, MSG_OOB), 1);
	EXPECT_EQ(buf[0], 'c');
	EXPECT_ERR(recv(fd[1], buf, 8, MSG_OOB), EINVAL);
	EXPECT_EQ(poll_now(fd[1], POLLPRI), 0);
	EXPECT_EQ(send(fd[0], "de", 2, 0), 2);
	REQUIRE_TRUE(wait_inq(fd[1], 2, 3000));
	EXPECT_EQ(recv(fd[1], buf, 8, 0), 2);
	EXPECT_EQ(memcmp(buf, "ab", 2), 0);
	EXPECT_EQ(at_mark(fd[1]), 1);
	EXPECT_EQ(recv(fd[1], buf, 8, 0), 2);
	EXPECT_EQ(memcmp(buf, "de", 2), 0);
	EXPECT_EQ(at_mark(fd[1]), 0);
}

/* A read ends at the mark, so that SIOCATMARK can be seen. */
TEST(read_stops_at_the_mark)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "ab", 2, 0), 2);
	EXPECT_EQ(send(fd[0], "!", 1, MSG_OOB), 1);
	EXPECT_EQ(send(fd[0], "cd", 2, 0), 2);
	REQUIRE_TRUE(wait_inq(fd[1], 2, 3000));
	pause_ms(50);
	EXPECT_EQ(recv(fd[1], buf, 8, 0), 2);
	EXPECT_EQ(at_mark(fd[1]), 1);
	EXPECT_EQ(recv(fd[1], buf, 8, 0), 2);
	EXPECT_EQ(memcmp(buf, "cd", 2), 0);
	/* Read past, the urgent byte has gone. */
	EXPECT_ERR(recv(fd[1], buf, 1, MSG_OOB), EINVAL);
}

TEST(in_line)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, 1), 0);
	EXPECT_EQ(send(fd[0], "abc", 3, MSG_OOB), 3);
	EXPECT_EQ(poll_for(fd[1], POLLPRI, 3000), POLLPRI);
	EXPECT_ERR(recv(fd[1], buf, 1, MSG_OOB), EINVAL);
	REQUIRE_TRUE(wait_inq(fd[1], 2, 3000));
	EXPECT_EQ(recv(fd[1], buf, 8, 0), 2);
	EXPECT_EQ(at_mark(fd[1]), 1);
	EXPECT_EQ(recv(fd[1], buf, 8, 0), 1);
	EXPECT_EQ(buf[0], 'c');
	EXPECT_EQ(at_mark(fd[1]), 0);
}

TEST(signal_and_select)
{
	struct timeval tv = { 3, 0 };
	fd_set except;
	int fd[2];

	pair(fd);
	on_signal(SIGURG, SA_RESTART);
	EXPECT_OK(fcntl(fd[1], F_SETOWN, getpid()));
	EXPECT_EQ(fcntl(fd[1], F_GETOWN), getpid());
	EXPECT_EQ(send(fd[0], "u", 1, MSG_OOB), 1);
	FD_ZERO(&except);
	FD_SET(fd[1], &except);
	while (select(fd[1] + 1, NULL, NULL, &except, &tv) < 0 &&
	       errno == EINTR)
		FD_SET(fd[1], &except);
	EXPECT_TRUE(FD_ISSET(fd[1], &except));
	EXPECT_EQ(nr_signals, 1);
}

TEST(later_replaces_earlier)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "a1", 2, MSG_OOB), 2);
	EXPECT_EQ(poll_for(fd[1], POLLPRI, 3000), POLLPRI);
	EXPECT_EQ(send(fd[0], "x2", 2, MSG_OOB), 2);
	pause_ms(100);
	EXPECT_EQ(recv(fd[1], buf, 1, MSG_OOB), 1);
	EXPECT_EQ(buf[0], '2');
	/* The earlier one becomes ordinary. */
	EXPECT_EQ(recv(fd[1], buf, 8, 0), 3);
	EXPECT_EQ(memcmp(buf, "a1x", 3), 0);
}

TEST(closed)
{
	int fd[2];

	pair(fd);
	close(fd[0]);
	expect_state(fd[1], ST_CLOSE_WAIT);
	EXPECT_ERR(recv(fd[1], buf, 1, MSG_OOB), EINVAL);
}
