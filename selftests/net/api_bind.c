// SPDX-License-Identifier: GPL-2.0
/* bind(): conflicts, SO_REUSEADDR, addresses and ports that one may not have. */
#include "sockets.h"

static int bind_to(int fd, const char *ip, int port)
{
	struct sockaddr_in addr = addr_of(ip, port);

	return bind(fd, (struct sockaddr *)&addr, sizeof(addr));
}

static int port_of(int fd)
{
	return ntohs(name_of(fd).sin_port);
}

TEST(picks_a_port)
{
	int fd = stream_socket();

	EXPECT_EQ(port_of(fd), 0);
	EXPECT_EQ(bind_to(fd, "127.0.0.1", ANY_PORT), 0);
	EXPECT_GE(port_of(fd), 1024);
	EXPECT_ERR(bind_to(fd, "127.0.0.1", ANY_PORT), EINVAL);
}

TEST(conflict)
{
	int one = stream_socket(), two = stream_socket();

	EXPECT_EQ(bind_to(one, "127.0.0.1", 7001), 0);
	EXPECT_ERR(bind_to(two, "127.0.0.1", 7001), EADDRINUSE);
	EXPECT_ERR(bind_to(two, "0.0.0.0", 7001), EADDRINUSE);
	EXPECT_EQ(bind_to(two, "127.0.0.2", 7001), 0);
	close(one);
	one = stream_socket();
	EXPECT_EQ(bind_to(one, "127.0.0.1", 7001), 0);
}

TEST(conflict_with_any)
{
	int one = stream_socket(), two = stream_socket();

	EXPECT_EQ(bind_to(one, "0.0.0.0", 7002), 0);
	EXPECT_ERR(bind_to(two, "127.0.0.1", 7002), EADDRINUSE);
}

TEST(reuseaddr)
{
	int one = stream_socket(), two = stream_socket(), three;

	set_int(one, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_EQ(bind_to(one, "127.0.0.1", 7003), 0);
	/* Both must have asked for it. */
	EXPECT_ERR(bind_to(two, "127.0.0.1", 7003), EADDRINUSE);
	set_int(two, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_EQ(bind_to(two, "127.0.0.1", 7003), 0);
	/* Only one may listen, and then nobody may join. */
	EXPECT_EQ(listen(one, 1), 0);
	EXPECT_ERR(listen(two, 1), EADDRINUSE);
	three = stream_socket();
	set_int(three, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_ERR(bind_to(three, "127.0.0.1", 7003), EADDRINUSE);
}

static void leave_time_wait(int port)
{
	int lfd = listener_at("127.0.0.1", port, 4);
	int fd = connected_to(lfd), peer = accept(lfd, NULL, NULL);
	char c;

	REQUIRE_OK(peer);
	close(peer);
	EXPECT_EQ(recv(fd, &c, 1, 0), 0);
	close(fd);
	close(lfd);
	pause_ms(50);
}

TEST(reuseaddr_and_time_wait)
{
	int fd = stream_socket();

	leave_time_wait(7004);
	EXPECT_ERR(bind_to(fd, "127.0.0.1", 7004), EADDRINUSE);
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_EQ(bind_to(fd, "127.0.0.1", 7004), 0);
	EXPECT_EQ(listen(fd, 1), 0);
}

TEST(accepted_holds_the_port)
{
	int lfd = listener_at("127.0.0.1", 7005, 4), fd = connected_to(lfd);
	int peer = accept(lfd, NULL, NULL), other = stream_socket();

	REQUIRE_OK(peer);
	close(lfd);
	EXPECT_ERR(bind_to(other, "127.0.0.1", 7005), EADDRINUSE);
	set_int(other, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_EQ(bind_to(other, "127.0.0.1", 7005), 0);
	EXPECT_EQ(listen(other, 1), 0);
	EXPECT_EQ(send(fd, "x", 1, 0), 1);
}

TEST(foreign_address)
{
	int fd = stream_socket();

	EXPECT_ERR(bind_to(fd, "192.0.2.7", 7006), EADDRNOTAVAIL);
	EXPECT_EQ(set_int(fd, IPPROTO_IP, IP_FREEBIND, 1), 0);
	EXPECT_EQ(bind_to(fd, "192.0.2.7", 7006), 0);
}

TEST(bad_arguments)
{
	int fd = stream_socket();
	struct sockaddr_in addr = addr_of("127.0.0.1", 7007);

	EXPECT_ERR(bind(fd, (struct sockaddr *)&addr, 8), EINVAL);
	addr.sin_family = AF_UNIX;
	EXPECT_ERR(bind(fd, (struct sockaddr *)&addr, sizeof(addr)),
		   EAFNOSUPPORT);
}

TEST(privileged_port)
{
	REQUIRE_OK(setuid(65534));
	EXPECT_ERR(bind_to(stream_socket(), "127.0.0.1", 80), EACCES);
	EXPECT_EQ(bind_to(stream_socket(), "127.0.0.1", 7008), 0);
}

/* TCP and protocol 253 number their ports apart, as TCP and UDP do. */
TEST(ports_are_per_protocol)
{
	int other = socket(AF_INET, SOCK_STREAM,
			   proto == IPPROTO_ATCP ? IPPROTO_TCP : IPPROTO_ATCP);

	if (other < 0)
		harness_skip("ATCP is not loaded");
	EXPECT_EQ(bind_to(stream_socket(), "127.0.0.1", 7009), 0);
	EXPECT_EQ(bind_to(other, "127.0.0.1", 7009), 0);
}

TEST(late_port)
{
	int lfd = listener(), fd = stream_socket();

	EXPECT_EQ(set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1), 0);
	EXPECT_EQ(bind_to(fd, "127.0.0.1", ANY_PORT), 0);
	EXPECT_EQ(port_of(fd), 0);
	EXPECT_EQ(connect_to(fd, name_of(lfd)), 0);
	EXPECT_NE(port_of(fd), 0);
}

TEST(reuseport_shares_a_listener)
{
	int one = stream_socket(), two = stream_socket(), three;

	EXPECT_EQ(set_int(one, SOL_SOCKET, SO_REUSEPORT, 1), 0);
	EXPECT_EQ(set_int(two, SOL_SOCKET, SO_REUSEPORT, 1), 0);
	EXPECT_EQ(bind_to(one, "127.0.0.1", 7010), 0);
	EXPECT_EQ(bind_to(two, "127.0.0.1", 7010), 0);
	EXPECT_EQ(listen(one, 1), 0);
	EXPECT_EQ(listen(two, 1), 0);
	three = stream_socket();
	EXPECT_ERR(bind_to(three, "127.0.0.1", 7010), EADDRINUSE);
}
