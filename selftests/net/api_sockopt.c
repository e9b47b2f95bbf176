// SPDX-License-Identifier: GPL-2.0
/* Options at SOL_SOCKET and IPPROTO_IP, ioctls, SIGPIPE. */
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "sockets.h"

#ifndef SIOCOUTQNSD
#define SIOCOUTQNSD 0x894B
#endif

TEST(identity)
{
	int fd = stream_socket();

	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_PROTOCOL), proto);
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
	EXPECT_EQ(so_error(fd), 0);
	if (!is_native()) {
		EXPECT_ERR(socket(AF_INET, SOCK_DGRAM, proto), EPROTONOSUPPORT);
		EXPECT_ERR(socketpair(AF_INET, SOCK_STREAM, proto,
				      (int[2]){ 0 }), EOPNOTSUPP);
	}
}

TEST(buffers)
{
	int fd = stream_socket(), fallback;

	EXPECT_GE(get_int(fd, SOL_SOCKET, SO_RCVBUF), 4096);
	EXPECT_GE(get_int(fd, SOL_SOCKET, SO_SNDBUF), 4096);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_RCVBUF, 30000), 0);
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_RCVBUF), 60000);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_SNDBUF, 30000), 0);
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_SNDBUF), 60000);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_RCVBUF, 0), 0);
	fallback = get_int(fd, SOL_SOCKET, SO_RCVBUF);
	EXPECT_GE(fallback, 1);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_SNDBUF, 1), 0);
	EXPECT_GE(get_int(fd, SOL_SOCKET, SO_SNDBUF), 4096);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, 10 << 20), 0);
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_SNDBUF), 20 << 20);
}

/* The default of a followed setting is the native one. */
TEST(default_buffers_follow_native)
{
	int native = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	int fd = stream_socket();

	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_RCVBUF),
		  get_int(native, SOL_SOCKET, SO_RCVBUF));
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_SNDBUF),
		  get_int(native, SOL_SOCKET, SO_SNDBUF));
}

/* A small receive buffer holds the peer back, all the way to its user. */
TEST(receive_buffer_limits_the_peer)
{
	size_t sent;
	int fd[2];

	small_pair(fd);
	sent = fill(fd[0]);
	EXPECT_GE(sent, 16384);
	EXPECT_LE(sent, 400000);
	EXPECT_EQ(drain(fd[1], sent), sent);
}

TEST(timeouts)
{
	struct timeval tv = { 3, 250000 }, got = { 0 };
	socklen_t len = sizeof(got);
	int fd = stream_socket();

	EXPECT_OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_OK(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	EXPECT_EQ(got.tv_sec, 3);
	EXPECT_LE(labs(got.tv_usec - 250000), 10000);
	tv.tv_usec = 1000000;
	EXPECT_ERR(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)),
		   EDOM);
}

TEST(linger)
{
	struct linger got = { 0 };
	socklen_t len = sizeof(got);
	int fd = stream_socket();

	EXPECT_EQ(set_linger(fd, 1, 9), 0);
	EXPECT_OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &len));
	EXPECT_EQ(got.l_onoff, 1);
	EXPECT_EQ(got.l_linger, 9);
	EXPECT_ERR(setsockopt(fd, SOL_SOCKET, SO_LINGER, &got, 4), EINVAL);
}

TEST(flags_of_the_socket)
{
	static const int names[] = { SO_REUSEADDR, SO_KEEPALIVE, SO_OOBINLINE,
				     SO_BROADCAST, SO_DONTROUTE };
	int fd = stream_socket();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		EXPECT_EQ(get_int(fd, SOL_SOCKET, names[i]), 0);
		EXPECT_EQ(set_int(fd, SOL_SOCKET, names[i], 1), 0);
		EXPECT_EQ(get_int(fd, SOL_SOCKET, names[i]), 1);
		EXPECT_EQ(set_int(fd, SOL_SOCKET, names[i], 0), 0);
		EXPECT_EQ(get_int(fd, SOL_SOCKET, names[i]), 0);
	}
}

TEST(mark_and_priority)
{
	int fd = stream_socket();

	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_MARK, 42), 0);
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_MARK), 42);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_PRIORITY, 5), 0);
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_PRIORITY), 5);
	REQUIRE_OK(setuid(65534));
	EXPECT_ERR(set_int(fd, SOL_SOCKET, SO_MARK, 43), EPERM);
}

TEST(bind_to_device)
{
	char name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);
	int lfd = stream_socket(), fd;

	EXPECT_OK(setsockopt(lfd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	EXPECT_OK(getsockopt(lfd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	EXPECT_EQ(strcmp(name, "lo"), 0);
	EXPECT_ERR(setsockopt(lfd, SOL_SOCKET, SO_BINDTODEVICE, "nosuch0", 8),
		   ENODEV);
	EXPECT_OK(listen(lfd, 1));
	fd = stream_socket();
	EXPECT_OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	EXPECT_EQ(connect_to(fd, addr_of("127.0.0.1",
					 ntohs(name_of(lfd).sin_port))), 0);
}

TEST(ip_level)
{
	int fd = stream_socket();

	EXPECT_EQ(set_int(fd, IPPROTO_IP, IP_TOS, 0xb8), 0);
	EXPECT_EQ(get_int(fd, IPPROTO_IP, IP_TOS), 0xb8);
	EXPECT_EQ(set_int(fd, IPPROTO_IP, IP_TTL, 17), 0);
	EXPECT_EQ(get_int(fd, IPPROTO_IP, IP_TTL), 17);
	EXPECT_EQ(set_int(fd, IPPROTO_IP, IP_RECVERR, 1), 0);
	EXPECT_ERR(set_int(fd, IPPROTO_IP, IP_TTL, 999), EINVAL);
	EXPECT_EQ(get_int(fd, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
}

TEST(unknown)
{
	int fd = stream_socket(), n = 0;
	socklen_t len = sizeof(n);

	EXPECT_ERR(set_int(fd, SOL_SOCKET, 9999, 1), ENOPROTOOPT);
	EXPECT_ERR(getsockopt(fd, SOL_SOCKET, 9999, &n, &len), ENOPROTOOPT);
	EXPECT_ERR(set_int(fd, 12345, 1, 1), ENOPROTOOPT);
	EXPECT_ERR(getsockopt(fd, 12345, 1, &n, &len), EOPNOTSUPP);
	EXPECT_ERR(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &n, 1), EINVAL);
	EXPECT_ERR(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4),
		   EFAULT);
}

TEST(ioctls)
{
	int fd[2], n = -1, on = 1, lone = stream_socket();
	char c;

	pair(fd);
	EXPECT_OK(ioctl(fd[0], FIONREAD, &n));
	EXPECT_EQ(n, 0);
	EXPECT_EQ(send(fd[1], "12345", 5, 0), 5);
	REQUIRE_TRUE(wait_inq(fd[0], 5, 3000));
	EXPECT_EQ(recv(fd[0], &c, 1, 0), 1);
	EXPECT_OK(ioctl(fd[0], FIONREAD, &n));
	EXPECT_EQ(n, 4);
	EXPECT_OK(ioctl(fd[0], SIOCOUTQ, &n));
	EXPECT_EQ(n, 0);
	EXPECT_OK(ioctl(fd[0], SIOCOUTQNSD, &n));
	EXPECT_EQ(n, 0);
	EXPECT_OK(ioctl(fd[0], FIONBIO, &on));
	EXPECT_EQ(recv(fd[0], (char[8]){ 0 }, 8, 0), 4);
	EXPECT_ERR(recv(fd[0], &c, 1, 0), EAGAIN);
	EXPECT_ERR(ioctl(fd[0], 0x5aa5, &n), ENOTTY);
	EXPECT_OK(ioctl(lone, FIONREAD, &n));
	EXPECT_EQ(n, 0);
}

TEST(output_queue)
{
	int fd[2], all = 0, unsent = 0;
	size_t sent;

	small_pair(fd);
	sent = fill(fd[0]);
	pause_ms(100);
	EXPECT_OK(ioctl(fd[0], SIOCOUTQ, &all));
	EXPECT_OK(ioctl(fd[0], SIOCOUTQNSD, &unsent));
	EXPECT_GE(all, 1);
	EXPECT_GE(unsent, 1);
	EXPECT_LE(unsent, all);
	EXPECT_EQ(drain(fd[1], sent), sent);
	for (int i = 0; i < 100 && all; i++) {
		pause_ms(20);
		EXPECT_OK(ioctl(fd[0], SIOCOUTQ, &all));
	}
	EXPECT_EQ(all, 0);
}

/* FIONREAD at end of file: what can be read, no more for the FIN. */
TEST(input_queue_after_fin)
{
	int fd[2], n = 0;

	pair(fd);
	EXPECT_EQ(send(fd[0], "123", 3, 0), 3);
	close(fd[0]);
	expect_state(fd[1], ST_CLOSE_WAIT);
	EXPECT_OK(ioctl(fd[1], FIONREAD, &n));
	EXPECT_EQ(n, 3);
	EXPECT_EQ(recv(fd[1], (char[8]){ 0 }, 8, 0), 3);
	EXPECT_OK(ioctl(fd[1], FIONREAD, &n));
	EXPECT_EQ(n, 0);
}

TEST(sigpipe)
{
	int fd[2], status;
	pid_t pid;

	pair(fd);
	shutdown(fd[0], SHUT_WR);
	pid = fork();
	if (!pid) {
		send(fd[0], "x", 1, 0);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	EXPECT_ERR(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_ERR(write(fd[0], "x", 1), EPIPE);
}
