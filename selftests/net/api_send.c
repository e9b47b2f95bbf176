// SPDX-License-Identifier: GPL-2.0
/* The send family: partial writes, a full buffer, MSG_MORE, dead connections. */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "sockets.h"

TEST(plain)
{
	int fd[2];
	char buf[8] = { 0 };

	pair(fd);
	EXPECT_EQ(send(fd[0], "abc", 3, 0), 3);
	EXPECT_EQ(write(fd[0], "de", 2), 2);
	EXPECT_EQ(send(fd[0], "", 0, 0), 0);
	EXPECT_EQ(recv(fd[1], buf, 5, MSG_WAITALL), 5);
	EXPECT_EQ(memcmp(buf, "abcde", 5), 0);
	EXPECT_ERR(recv(fd[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	EXPECT_EQ(send(fd[1], "back", 4, 0), 4);
	EXPECT_EQ(recv(fd[0], buf, 8, 0), 4);
}

TEST(not_connected)
{
	int fd = stream_socket();

	EXPECT_ERR(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	EXPECT_ERR(send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT), EPIPE);
}

/* A connected stream does not care for an address. */
TEST(address_is_ignored)
{
	struct sockaddr_in to = addr_of("127.0.0.1", 9);
	int fd[2];
	char c;

	pair(fd);
	EXPECT_EQ(sendto(fd[0], "a", 1, 0, (struct sockaddr *)&to, sizeof(to)),
		  1);
	EXPECT_EQ(recv(fd[1], &c, 1, 0), 1);
}

TEST(scattered)
{
	struct iovec iov[3] = { { (char *)"one", 3 }, { (char *)"", 0 },
				{ (char *)"three", 5 } };
	struct mmsghdr msgs[2] = { { .msg_hdr = { .msg_iov = iov,
						  .msg_iovlen = 3 } },
				   { .msg_hdr = { .msg_iov = iov + 2,
						  .msg_iovlen = 1 } } };
	char buf[16];
	int fd[2];

	pair(fd);
	EXPECT_EQ(writev(fd[0], iov, 3), 8);
	EXPECT_EQ(recv(fd[1], buf, 8, MSG_WAITALL), 8);
	EXPECT_EQ(memcmp(buf, "onethree", 8), 0);
	EXPECT_EQ(sendmmsg(fd[0], msgs, 2, 0), 2);
	EXPECT_EQ(msgs[0].msg_len, 8);
	EXPECT_EQ(msgs[1].msg_len, 5);
	EXPECT_EQ(recv(fd[1], buf, 13, MSG_WAITALL), 13);
	EXPECT_EQ(memcmp(buf, "onethreethree", 13), 0);
}

TEST(full_buffer)
{
	int fd[2];
	size_t sent;

	small_pair(fd);
	sent = fill(fd[0]);
	EXPECT_GE(sent, 16384);
	EXPECT_ERR(send(fd[0], "x", 1, MSG_DONTWAIT), EAGAIN);
	EXPECT_EQ(poll_now(fd[0], POLLOUT), 0);
	EXPECT_EQ(drain(fd[1], sent), sent);
	EXPECT_EQ(poll_for(fd[0], POLLOUT, 5000), POLLOUT);
	EXPECT_EQ(send(fd[0], "x", 1, MSG_DONTWAIT), 1);
}

TEST(blocked_then_timed_out)
{
	static char big[8 << 20];
	long long begin;
	ssize_t sent;
	int fd[2];

	small_pair(fd);
	set_time(fd[0], SO_SNDTIMEO, 300);
	sent = send(fd[0], big, sizeof(big), 0);
	EXPECT_GE(sent, 1);
	EXPECT_LE(sent, sizeof(big) - 1);
	sent += (ssize_t)fill(fd[0]);
	begin = now_ms();
	EXPECT_ERR(send(fd[0], big, sizeof(big), 0), EAGAIN);
	EXPECT_GE(now_ms() - begin, 280);
	EXPECT_EQ(drain(fd[1], (size_t)sent), sent);
}

TEST(blocked_then_interrupted)
{
	static char big[8 << 20];
	int fd[2];

	small_pair(fd);
	fill(fd[0]);
	on_signal(SIGUSR1, 0);
	alarm_in(100);
	EXPECT_ERR(send(fd[0], big, sizeof(big), 0), EINTR);

	/* What has been taken counts more than the signal. */
	small_pair(fd);
	alarm_in(300);
	EXPECT_GE(send(fd[0], big, sizeof(big), 0), 1);
	EXPECT_EQ(nr_signals, 2);
}

TEST(blocked_until_read)
{
	static char big[2 << 20], copy[2 << 20];
	size_t got = 0;
	ssize_t n;
	int fd[2];

	pair(fd);
	pattern(big, sizeof(big), 3);
	if (!fork()) {
		close(fd[1]);
		_exit(send(fd[0], big, sizeof(big), 0) != sizeof(big));
	}
	close(fd[0]);
	pause_ms(100);
	while ((n = recv(fd[1], copy + got, sizeof(copy) - got, 0)) > 0)
		got += (size_t)n;
	EXPECT_EQ(got, sizeof(big));
	EXPECT_TRUE(is_pattern(copy, sizeof(copy), 3));
}

TEST(more)
{
	int fd[2];
	char buf[4];

	pair(fd);
	EXPECT_EQ(send(fd[0], "a", 1, MSG_MORE), 1);
	pause_ms(20);
	EXPECT_ERR(recv(fd[1], buf, 1, MSG_DONTWAIT), EAGAIN);
	EXPECT_EQ(send(fd[0], "b", 1, 0), 1);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 2000), POLLIN);
	EXPECT_EQ(recv(fd[1], buf, 4, MSG_DONTWAIT), 2);

	/* Held back for a while only. */
	EXPECT_EQ(send(fd[0], "c", 1, MSG_MORE), 1);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 3000), POLLIN);

	/* A close lets it go. */
	EXPECT_EQ(recv(fd[1], buf, 4, MSG_DONTWAIT), 1);
	EXPECT_EQ(send(fd[0], "d", 1, MSG_MORE), 1);
	close(fd[0]);
	EXPECT_EQ(recv(fd[1], buf, 4, MSG_WAITALL), 1);
}

TEST(after_peer_has_gone)
{
	int fd[2];

	pair(fd);
	close(fd[1]);
	expect_state(fd[0], ST_CLOSE_WAIT);
	EXPECT_EQ(send(fd[0], "x", 1, MSG_NOSIGNAL), 1);
	/* The reset that this brings is told as EPIPE: the peer had closed. */
	EXPECT_TRUE(wait_state(fd[0], ST_CLOSE, 3000));
	EXPECT_EQ(poll_now(fd[0], POLLERR | POLLHUP), POLLERR | POLLHUP);
	EXPECT_ERR(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	EXPECT_ERR(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
}

TEST(after_reset)
{
	int fd[2];

	pair(fd);
	set_linger(fd[1], 1, 0);
	close(fd[1]);
	EXPECT_TRUE(wait_state(fd[0], ST_CLOSE, 3000));
	EXPECT_ERR(send(fd[0], "x", 1, MSG_NOSIGNAL), ECONNRESET);
	EXPECT_ERR(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
}

TEST(from_a_file)
{
	static char data[200000], copy[200000];
	int fd[2], mem = memfd_create("data", 0), pipe_fd[2];
	size_t got = 0;
	off_t off = 0;
	ssize_t n;

	pair(fd);
	pattern(data, sizeof(data), 5);
	REQUIRE_EQ(write(mem, data, sizeof(data)), sizeof(data));
	while (off < (off_t)sizeof(data)) {
		n = sendfile(fd[0], mem, &off, sizeof(data) - (size_t)off);
		REQUIRE_TRUE(n > 0);
		n = recv(fd[1], copy + got, sizeof(copy) - got, 0);
		REQUIRE_TRUE(n > 0);
		got += (size_t)n;
	}
	while (got < sizeof(copy)) {
		n = recv(fd[1], copy + got, sizeof(copy) - got, 0);
		REQUIRE_TRUE(n > 0);
		got += (size_t)n;
	}
	EXPECT_EQ(got, sizeof(data));
	EXPECT_TRUE(is_pattern(copy, sizeof(copy), 5));

	/* Through a pipe and into another. */
	REQUIRE_OK(pipe(pipe_fd));
	EXPECT_EQ(write(pipe_fd[1], data, 4096), 4096);
	EXPECT_EQ(splice(pipe_fd[0], NULL, fd[0], NULL, 4096, 0), 4096);
	REQUIRE_TRUE(wait_inq(fd[1], 4096, 3000));
	EXPECT_EQ(splice(fd[1], NULL, pipe_fd[1], NULL, 4096, 0), 4096);
	EXPECT_EQ(read(pipe_fd[0], copy, 4096), 4096);
	EXPECT_TRUE(is_pattern(copy, 4096, 5));
}

TEST(bad_buffer)
{
	int fd[2];

	pair(fd);
	EXPECT_ERR(send(fd[0], (void *)8, 10, 0), EFAULT);
	EXPECT_EQ(send(fd[0], "ok", 2, 0), 2);
}
