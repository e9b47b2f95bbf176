// SPDX-License-Identifier: GPL-2.0
/*
 * Two TCPs on one wire: native and protocol 258 of the same host share addresses,
 * ports and the segments that come. Each is tested beside the other; protocol 253 has
 * a wire of its own.
 */
#include <sys/resource.h>

#include "sockets.h"

#define A "127.0.0.1"
#define B "127.0.0.2"
#define ANY "0.0.0.0"

#define EACH (is_debug_kernel() ? 500 : 10000)

static int other_proto(void)
{
	return is_native() ? IPPROTO_ATCP_TCP : IPPROTO_TCP;
}

static int socket_of(int protocol)
{
	int fd = socket(AF_INET, SOCK_STREAM, protocol);

	if (fd < 0)
		harness_skip("no protocol 258: load atcp.ko");
	return fd;
}

static void need_wire6(void)
{
	if (proto == IPPROTO_ATCP)
		harness_skip("a wire of its own");
	close(socket_of(other_proto()));
}

static int bind_at(int fd, const char *ip, int port)
{
	struct sockaddr_in addr = addr_of(ip, port);

	return bind(fd, (struct sockaddr *)&addr, sizeof(addr));
}

/* The other TCP's bind(), in its friendliest way: an errno, or 0. */
static int other_binds(const char *ip, int port)
{
	int fd = socket_of(other_proto()), err;

	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1), 0);
	err = bind_at(fd, ip, port) ? errno : 0;
	close(fd);
	return err;
}

static int reusable(const char *ip, int port)
{
	int fd = stream_socket();

	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1), 0);
	EXPECT_EQ(bind_at(fd, ip, port), 0);
	return fd;
}

static int local_port(int fd)
{
	return ntohs(name_of(fd).sin_port);
}

TEST(bound)
{
	int fd;

	need_wire6();
	fd = reusable(A, 7100);
	EXPECT_EQ(other_binds(A, 7100), EADDRINUSE);
	EXPECT_EQ(other_binds(ANY, 7100), EADDRINUSE);
	EXPECT_EQ(other_binds(B, 7100), 0);
	close(fd);
	EXPECT_EQ(other_binds(A, 7100), 0);
	EXPECT_EQ(other_binds(ANY, 7100), 0);
}

TEST(bound_to_any)
{
	int fd;

	need_wire6();
	fd = reusable(ANY, 7101);
	EXPECT_EQ(other_binds(A, 7101), EADDRINUSE);
	EXPECT_EQ(other_binds(ANY, 7101), EADDRINUSE);
	close(fd);
	EXPECT_EQ(other_binds(A, 7101), 0);
}

/* A port that the other has once had is like any. */
TEST(turns)
{
	int fd;

	need_wire6();
	for (int i = 0; i < 50; i++) {
		fd = stream_socket();
		EXPECT_EQ(bind_at(fd, A, 7102), 0);
		EXPECT_EQ(other_binds(A, 7102), EADDRINUSE);
		close(fd);
		EXPECT_EQ(other_binds(A, 7102), 0);
	}
}

TEST(chosen_by_bind)
{
	int fd;

	need_wire6();
	fd = reusable(A, ANY_PORT);
	EXPECT_EQ(other_binds(A, local_port(fd)), EADDRINUSE);
}

TEST(chosen_by_connect)
{
	int lfd, fd;

	need_wire6();
	lfd = listener();
	fd = connected_to(lfd);
	EXPECT_EQ(other_binds(A, local_port(fd)), EADDRINUSE);
	EXPECT_EQ(other_binds(ANY, local_port(fd)), EADDRINUSE);
}

TEST(listener_takes_all)
{
	int lfd;

	need_wire6();
	lfd = reusable(ANY, 7103);
	EXPECT_EQ(listen(lfd, 1), 0);
	EXPECT_EQ(other_binds(ANY, 7103), EADDRINUSE);
	EXPECT_EQ(other_binds(A, 7103), EADDRINUSE);
}

/* Who listened has gone, who was accepted has not. */
TEST(accepted)
{
	int lfd, fd, child, port;

	need_wire6();
	lfd = listener();
	port = local_port(lfd);
	fd = connected_to(lfd);
	child = accept(lfd, NULL, NULL);
	REQUIRE_OK(child);
	close(lfd);
	EXPECT_EQ(other_binds(A, port), EADDRINUSE);
	close(fd);
	EXPECT_EQ(drain(child, 1), 0);
	close(child);
}

/* The 4-tuple is claimed for as long as TIME-WAIT lasts. */
TEST(time_wait)
{
	int lfd, fd, child, port;

	need_wire6();
	lfd = listener();
	port = local_port(lfd);
	fd = connected_to(lfd);
	child = accept(lfd, NULL, NULL);
	REQUIRE_OK(child);
	close(lfd);
	close(child);
	EXPECT_EQ(drain(fd, 1), 0);
	close(fd);
	pause_ms(100);
	fd = socket_of(other_proto());
	EXPECT_ERR(bind_at(fd, A, port), EADDRINUSE);
}

/*
 * Sockets of one kind may overlap; the other's do not join, nor are those pushed
 * aside that it has at another address.
 */
TEST(overlapping)
{
	int one, any, theirs;

	need_wire6();
	one = reusable(A, 7104);
	any = reusable(ANY, 7104);
	EXPECT_EQ(other_binds(B, 7104), EADDRINUSE);
	close(any);
	close(one);
	EXPECT_EQ(other_binds(ANY, 7104), 0);

	any = reusable(ANY, 7105);
	one = reusable(A, 7105);
	EXPECT_EQ(other_binds(B, 7105), EADDRINUSE);
	close(any);
	close(one);
	EXPECT_EQ(other_binds(ANY, 7105), 0);

	one = reusable(A, 7106);
	theirs = socket_of(other_proto());
	EXPECT_EQ(set_int(theirs, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	EXPECT_EQ(bind_at(theirs, B, 7106), 0);
	any = stream_socket();
	EXPECT_EQ(set_int(any, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	EXPECT_ERR(bind_at(any, ANY, 7106), EADDRINUSE);
	EXPECT_EQ(other_binds(A, 7106), EADDRINUSE);
	close(theirs);
	EXPECT_EQ(bind_at(any, ANY, 7106), 0);
	EXPECT_EQ(other_binds(B, 7106), EADDRINUSE);
	close(one);
	close(any);
	EXPECT_EQ(other_binds(ANY, 7106), 0);
}

static void exchange(int one, int two)
{
	char buf[4];

	EXPECT_EQ(send(one, "ping", 4, 0), 4);
	EXPECT_EQ(recv(two, buf, 4, MSG_WAITALL), 4);
	EXPECT_EQ(memcmp(buf, "ping", 4), 0);
	EXPECT_EQ(send(two, "pong", 4, 0), 4);
	EXPECT_EQ(recv(one, buf, 4, MSG_WAITALL), 4);
	EXPECT_EQ(memcmp(buf, "pong", 4), 0);
}

TEST(talks_to_the_other)
{
	int lfd, fd, child;

	need_wire6();
	lfd = socket_of(other_proto());
	EXPECT_EQ(bind_at(lfd, A, ANY_PORT), 0);
	EXPECT_EQ(listen(lfd, 1), 0);
	fd = stream_socket();
	EXPECT_EQ(connect_to(fd, name_of(lfd)), 0);
	child = accept(lfd, NULL, NULL);
	REQUIRE_OK(child);
	EXPECT_EQ(get_int(fd, SOL_SOCKET, SO_PROTOCOL), proto);
	EXPECT_EQ(get_int(child, SOL_SOCKET, SO_PROTOCOL), other_proto());
	exchange(fd, child);
	close(fd);
	EXPECT_EQ(drain(child, 1), 0);
	close(child);
}

/* Nobody's port is native's to refuse, whoever calls and whatever is open. */
TEST(nobody_listens)
{
	int lfd;

	need_wire6();
	lfd = listener();
	EXPECT_ERR(connect_to(stream_socket(), addr_of(A, 9)), ECONNREFUSED);
	EXPECT_ERR(connect_to(socket_of(other_proto()), addr_of(A, 9)),
		   ECONNREFUSED);
	close(lfd);
}

static void allow_files(rlim_t nr)
{
	const struct rlimit limit = { nr, nr };

	REQUIRE_OK(setrlimit(RLIMIT_NOFILE, &limit));
}

/* Connects without waiting; its port, in @used once at most. */
static int call(int protocol, struct sockaddr_in to, uint8_t *used)
{
	int fd = socket_of(protocol), port;

	REQUIRE_OK(connect_to(fd, to));
	port = local_port(fd);
	EXPECT_EQ(used[port], 0);
	used[port] = 1;
	return fd;
}

/*
 * To one place, from one address: what differs is the port alone. Either TCP takes
 * every other port first, so there are four times as many.
 */
TEST_TIMEOUT(many_outgoing, 200)
{
	static uint8_t used[65536];
	int lfd, each = EACH;

	need_wire6();
	if (is_native())
		harness_skip("the same as on wire6");
	REQUIRE_OK(sysctl_write("/proc/sys/net/ipv4/ip_local_port_range",
				"10000 60999"));
	allow_files((rlim_t)(4 * each + 100));
	lfd = socket_of(IPPROTO_TCP);
	EXPECT_EQ(bind_at(lfd, A, ANY_PORT), 0);
	EXPECT_EQ(listen(lfd, 16), 0);
	for (int i = 0; i < each && !harness_failed(); i++) {
		call(IPPROTO_TCP, name_of(lfd), used);
		REQUIRE_OK(accept(lfd, NULL, NULL));
		call(IPPROTO_ATCP_TCP, name_of(lfd), used);
		REQUIRE_OK(accept(lfd, NULL, NULL));
	}
}
