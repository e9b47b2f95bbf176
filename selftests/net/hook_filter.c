// SPDX-License-Identifier: GPL-2.0
/* Socket filters: SO_ATTACH_FILTER decides what a socket gets to see. */
#include <linux/filter.h>

#include "sockets.h"

static char buf[64];

/* Keep so many bytes of each segment, header included; 0: drop it. */
static int attach(int fd, unsigned int keep)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, keep) };
	struct sock_fprog prog = { 1, code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			  sizeof(prog));
}

static int detach(int fd)
{
	return set_int(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
}

TEST(drops_and_lets_pass)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(attach(fd[1], 0), 0);
	EXPECT_EQ(send(fd[0], "hello", 5, 0), 5);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 300), 0);
	/* Dropped is not lost: it comes again. */
	EXPECT_EQ(detach(fd[1]), 0);
	EXPECT_EQ(poll_for(fd[1], POLLIN, 5000), POLLIN);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 5);
}

TEST(keeps_all)
{
	int fd[2];

	pair(fd);
	EXPECT_EQ(attach(fd[1], 0x7fffffff), 0);
	EXPECT_EQ(send(fd[0], "hello", 5, 0), 5);
	EXPECT_EQ(recv(fd[1], buf, 9, 0), 5);
}

/* By what is in the segment: the filter sees the header first. */
TEST(by_source_port)
{
	int lfd = listener(), good = stream_socket(), bad = stream_socket();
	struct sockaddr_in from = addr_of("127.0.0.1", 7301);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7301, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
	};
	struct sock_fprog prog = { 4, code };

	EXPECT_OK(setsockopt(lfd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			     sizeof(prog)));
	EXPECT_EQ(connect_to(good, name_of(lfd)), 0);
	EXPECT_EQ(bind(bad, (struct sockaddr *)&from, sizeof(from)), 0);
	set_nonblock(bad);
	EXPECT_ERR(connect_to(bad, name_of(lfd)), EINPROGRESS);
	EXPECT_EQ(poll_for(bad, POLLOUT, 300), 0);
	EXPECT_EQ(detach(lfd), 0);
	EXPECT_EQ(poll_for(bad, POLLOUT, 5000), POLLOUT);
}

TEST(inherited_and_locked)
{
	int lfd = listener(), fd, peer;

	EXPECT_EQ(attach(lfd, 0x7fffffff), 0);
	EXPECT_EQ(set_int(lfd, SOL_SOCKET, SO_LOCK_FILTER, 1), 0);
	EXPECT_ERR(detach(lfd), EPERM);
	fd = connected_to(lfd);
	peer = accept(lfd, NULL, NULL);
	REQUIRE_OK(peer);
	EXPECT_ERR(detach(peer), EPERM);
	EXPECT_EQ(send(fd, "x", 1, 0), 1);
	EXPECT_EQ(recv(peer, buf, 9, 0), 1);
}

TEST(none_to_detach)
{
	EXPECT_ERR(detach(stream_socket()), ENOENT);
}
