// SPDX-License-Identifier: GPL-2.0
/* The receive family: flags, end of file, time-outs, errors. */
#include <linux/net_tstamp.h>
#include <sys/uio.h>

#include "sockets.h"

static char buf[4096];

TEST(nothing_there)
{
	int fd[2], lone = stream_socket();

	pair(fd);
	EXPECT_ERR(recv(lone, buf, 1, 0), ENOTCONN);
	EXPECT_ERR(recv(fd[0], buf, 1, MSG_DONTWAIT), EAGAIN);
	set_nonblock(fd[0]);
	EXPECT_ERR(recv(fd[0], buf, 1, 0), EAGAIN);
	EXPECT_ERR(recv(fd[0], buf, 1, MSG_WAITALL), EAGAIN);
	EXPECT_ERR(recv(fd[0], buf, 1, MSG_PEEK), EAGAIN);
	EXPECT_ERR(recv(fd[1], buf, 0, MSG_DONTWAIT), EAGAIN);
}

TEST(timeout)
{
	long long begin;
	int fd[2];

	pair(fd);
	set_time(fd[0], SO_RCVTIMEO, 200);
	begin = now_ms();
	EXPECT_ERR(recv(fd[0], buf, 1, 0), EAGAIN);
	EXPECT_GE(now_ms() - begin, 190);
	EXPECT_LE(now_ms() - begin, 2000);
	EXPECT_EQ(send(fd[1], "ab", 2, 0), 2);
	EXPECT_EQ(recv(fd[0], buf, 5, MSG_WAITALL), 2);
}

TEST(peek)
{
	struct iovec iov[2] = { { buf, 2 }, { buf + 2, 10 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "hello", 5, 0), 5);
	REQUIRE_TRUE(wait_inq(fd[1], 5, 3000));
	EXPECT_EQ(recv(fd[1], buf, 3, MSG_PEEK), 3);
	EXPECT_EQ(memcmp(buf, "hel", 3), 0);
	EXPECT_EQ(recvmsg(fd[1], &msg, MSG_PEEK), 5);
	EXPECT_EQ(memcmp(buf, "hello", 5), 0);
	EXPECT_EQ(recv(fd[1], buf, 2, 0), 2);
	EXPECT_EQ(recv(fd[1], buf, 9, MSG_PEEK | MSG_DONTWAIT), 3);
	EXPECT_EQ(memcmp(buf, "llo", 3), 0);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 3);
}

/* Across many segments: nothing is skipped, nothing is doubled. */
TEST(peek_across_segments)
{
	int fd[2];

	pair(fd);
	set_int(fd[0], SOL_TCP, TCP_NODELAY, 1);
	pattern(buf, 1000, 1);
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(send(fd[0], buf + 10 * i, 10, 0), 10);
	REQUIRE_TRUE(wait_inq(fd[1], 1000, 3000));
	memset(buf, 0, sizeof(buf));
	EXPECT_EQ(recv(fd[1], buf, 1000, MSG_PEEK), 1000);
	EXPECT_TRUE(is_pattern(buf, 1000, 1));
	memset(buf, 0, sizeof(buf));
	EXPECT_EQ(recv(fd[1], buf, 333, 0), 333);
	EXPECT_EQ(recv(fd[1], buf + 333, 1000, MSG_PEEK), 667);
	EXPECT_TRUE(is_pattern(buf, 1000, 1));
	EXPECT_EQ(recv(fd[1], buf + 333, 1000, 0), 667);
	EXPECT_TRUE(is_pattern(buf, 1000, 1));
}

/* A look begins where the last one ended; what is read meanwhile moves that back. */
TEST(peek_offset)
{
	int fd[2];

	pair(fd);
	if (set_int(fd[1], SOL_SOCKET, SO_PEEK_OFF, 0) && is_native())
		harness_skip("native TCP has it since Linux 6.9");
	EXPECT_EQ(get_int(fd[1], SOL_SOCKET, SO_PEEK_OFF), 0);
	EXPECT_EQ(send(fd[0], "abcdefgh", 8, 0), 8);
	REQUIRE_TRUE(wait_inq(fd[1], 8, 3000));
	EXPECT_EQ(recv(fd[1], buf, 3, MSG_PEEK), 3);
	EXPECT_EQ(memcmp(buf, "abc", 3), 0);
	EXPECT_EQ(recv(fd[1], buf, 3, MSG_PEEK), 3);
	EXPECT_EQ(memcmp(buf, "def", 3), 0);
	EXPECT_EQ(get_int(fd[1], SOL_SOCKET, SO_PEEK_OFF), 6);
	EXPECT_EQ(recv(fd[1], buf, 2, 0), 2);
	EXPECT_EQ(memcmp(buf, "ab", 2), 0);
	EXPECT_EQ(get_int(fd[1], SOL_SOCKET, SO_PEEK_OFF), 4);
	EXPECT_EQ(recv(fd[1], buf, 9, MSG_PEEK), 2);
	EXPECT_EQ(memcmp(buf, "gh", 2), 0);
	EXPECT_ERR(recv(fd[1], buf, 9, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	EXPECT_EQ(set_int(fd[1], SOL_SOCKET, SO_PEEK_OFF, -1), 0);
	EXPECT_EQ(recv(fd[1], buf, 2, MSG_PEEK), 2);
	EXPECT_EQ(memcmp(buf, "cd", 2), 0);
}

TEST(waitall)
{
	int fd[2];

	pair(fd);
	if (!fork()) {
		for (int i = 0; i < 4; i++) {
			pause_ms(40);
			EXPECT_EQ(send(fd[0], "abcd", 4, 0), 4);
		}
		_exit(0);
	}
	EXPECT_EQ(recv(fd[1], buf, 16, MSG_WAITALL), 16);
	/* End of file ends it early. */
	EXPECT_EQ(send(fd[0], "xy", 2, 0), 2);
	shutdown(fd[0], SHUT_WR);
	EXPECT_EQ(recv(fd[1], buf, 16, MSG_WAITALL), 2);
	EXPECT_EQ(recv(fd[1], buf, 16, MSG_WAITALL), 0);
}

TEST(waitall_interrupted)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "xy", 2, 0), 2);
	on_signal(SIGUSR1, 0);
	alarm_in(150);
	EXPECT_EQ(recv(fd[1], buf, 16, MSG_WAITALL), 2);
	EXPECT_EQ(nr_signals, 1);
}

TEST(trunc_discards)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "0123456789", 10, 0), 10);
	REQUIRE_TRUE(wait_inq(fd[1], 10, 3000));
	EXPECT_EQ(recv(fd[1], NULL, 4, MSG_TRUNC), 4);
	EXPECT_EQ(recv(fd[1], buf, 3, 0), 3);
	EXPECT_EQ(memcmp(buf, "456", 3), 0);
	EXPECT_EQ(recv(fd[1], NULL, 100, MSG_TRUNC), 3);
	EXPECT_ERR(recv(fd[1], buf, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(end_of_file)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "last", 4, 0), 4);
	close(fd[0]);
	EXPECT_EQ(recv(fd[1], buf, 9, MSG_WAITALL), 4);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 0);
	EXPECT_EQ(recv(fd[1], buf, 9, MSG_DONTWAIT), 0);
	EXPECT_EQ(recv(fd[1], buf, 9, MSG_PEEK), 0);
	EXPECT_EQ(so_error(fd[1]), 0);
}

TEST(reset_after_data)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "data", 4, 0), 4);
	REQUIRE_TRUE(wait_inq(fd[1], 4, 3000));
	set_linger(fd[0], 1, 0);
	close(fd[0]);
	EXPECT_TRUE(wait_state(fd[1], ST_CLOSE, 3000));
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 4);
	EXPECT_ERR(recv(fd[1], buf, 9, 0), ECONNRESET);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 0);
}

TEST(reset_wakes_reader)
{
	int fd[2];

	pair(fd);
	if (!fork()) {
		close(fd[1]);
		pause_ms(150);
		set_linger(fd[0], 1, 0);
		_exit(0);
	}
	close(fd[0]);
	EXPECT_ERR(recv(fd[1], buf, 9, 0), ECONNRESET);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 0);
	EXPECT_ERR(getpeername(fd[1], (struct sockaddr *)buf,
			       &(socklen_t){ 16 }), ENOTCONN);
}

/* Both sleep; each gets what it was woken for, whole. */
TEST(two_readers)
{
	char got[2][16] = { "" };
	int fd[2], out[2];

	pair(fd);
	REQUIRE_OK(pipe(out));
	for (int i = 0; i < 2; i++) {
		if (fork())
			continue;
		if (recv(fd[1], got[0], sizeof(got[0]), 0) != 10)
			_exit(1);
		_exit(write(out[1], got[0], 10) != 10);
	}
	pause_ms(150);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(send(fd[0], i ? "bbbbbbbbbb" : "aaaaaaaaaa", 10, 0),
			  10);
		REQUIRE_TRUE(poll_for(out[0], POLLIN, 3000));
		EXPECT_EQ(read(out[0], got[i], sizeof(got[i])), 10);
	}
	EXPECT_EQ(memcmp(got[0], "aaaaaaaaaa", 10), 0);
	EXPECT_EQ(memcmp(got[1], "bbbbbbbbbb", 10), 0);
}

TEST(interrupted)
{
	int fd[2];

	pair(fd);
	on_signal(SIGUSR1, 0);
	alarm_in(100);
	EXPECT_ERR(recv(fd[0], buf, 1, 0), EINTR);
	EXPECT_EQ(nr_signals, 1);
}

TEST(interrupted_and_restarted)
{
	int fd[2];

	pair(fd);
	on_signal(SIGUSR1, SA_RESTART);
	alarm_in(100);
	if (!fork()) {
		pause_ms(400);
		EXPECT_EQ(send(fd[1], "z", 1, 0), 1);
		_exit(0);
	}
	EXPECT_EQ(recv(fd[0], buf, 1, 0), 1);
	EXPECT_EQ(nr_signals, 1);
}

TEST(low_water_mark)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(set_int(fd[1], SOL_SOCKET, SO_RCVLOWAT, 10), 0);
	EXPECT_EQ(send(fd[0], "12345", 5, 0), 5);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 100), 0);
	EXPECT_EQ(send(fd[0], "67890", 5, 0), 5);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 2000), POLLIN);
	EXPECT_EQ(recv(fd[1], buf, 20, 0), 10);
}

TEST(message_header)
{
	struct iovec iov = { buf, 10 };
	struct sockaddr_in from;
	char control[64];
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
		.msg_flags = -1,
	};
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "0123456789abcdef", 16, 0), 16);
	REQUIRE_TRUE(wait_inq(fd[1], 16, 3000));
	EXPECT_EQ(recvmsg(fd[1], &msg, 0), 10);
	EXPECT_EQ(msg.msg_namelen, 0);
	EXPECT_EQ(msg.msg_controllen, 0);
	/* A stream is never truncated. */
	EXPECT_EQ(msg.msg_flags & (MSG_TRUNC | MSG_OOB | MSG_CTRUNC), 0);
	EXPECT_EQ(recv(fd[1], buf, 16, 0), 6);
}

TEST(error_queue_is_empty)
{
	int fd[2];

	pair(fd);
	EXPECT_ERR(recv(fd[0], buf, 1, MSG_ERRQUEUE), EAGAIN);
}

TEST(bad_buffer)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(send(fd[0], "abc", 3, 0), 3);
	REQUIRE_TRUE(wait_inq(fd[1], 3, 3000));
	EXPECT_ERR(recv(fd[1], (void *)8, 3, 0), EFAULT);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 3);
}

/*
 * The control message that comes with a read of two segments when @option is set to @val.
 * Only one, of what came last.
 */
static int timestamp_type(int option, int val)
{
	char control[128];
	struct iovec iov = { buf, 3001 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
	};
	struct cmsghdr *cmsg = NULL;
	int fd[2];

	pair(fd);
	EXPECT_EQ(set_int(fd[1], SOL_SOCKET, option, val), 0);
	EXPECT_EQ(set_int(fd[0], SOL_TCP, TCP_NODELAY, 1), 0);
	/* The kernel takes its time to begin with timestamps. */
	for (int i = 0; i < 50 && !cmsg; i++) {
		EXPECT_EQ(send(fd[0], "t", 1, 0), 1);
		EXPECT_EQ(send(fd[0], buf, 3000, 0), 3000);
		if (!wait_inq(fd[1], 3001, 3000))
			break;
		msg.msg_controllen = sizeof(control);
		EXPECT_EQ(recvmsg(fd[1], &msg, 0), 3001);
		EXPECT_EQ(msg.msg_flags & MSG_CTRUNC, 0);
		cmsg = CMSG_FIRSTHDR(&msg);
		if (!cmsg)
			pause_ms(50);
	}
	if (!cmsg || CMSG_NXTHDR(&msg, cmsg))
		return -1;
	return cmsg->cmsg_type;
}

TEST(timestamps_of_arrival)
{
	EXPECT_EQ(timestamp_type(SO_TIMESTAMP, 1), SO_TIMESTAMP);
	EXPECT_EQ(timestamp_type(SO_TIMESTAMPNS, 1), SO_TIMESTAMPNS);
	EXPECT_EQ(timestamp_type(SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE |
						  SOF_TIMESTAMPING_SOFTWARE),
		  SO_TIMESTAMPING);
}
