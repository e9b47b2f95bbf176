// SPDX-License-Identifier: GPL-2.0
/* The IP header: what the user sets goes out, what comes is borne with. */
#include <netinet/ip.h>

#include "wire.h"

#define EF 0xb8
#define AF11 0x28
#define TTL_DEFAULT 64

static void mark(int fd, int tos, int ttl)
{
	EXPECT_EQ(set_int(fd, IPPROTO_IP, IP_TOS, tos), 0);
	EXPECT_EQ(set_int(fd, IPPROTO_IP, IP_TTL, ttl), 0);
}

static void expect_marked_at(int line, struct wire *w, int flags, int tos,
			     int ttl)
{
	struct wire_seg seg = { 0 };

	wire_expect_at(__FILE__, line, w, &seg, flags);
	if (seg.tos != tos || seg.ttl != ttl)
		harness_fail(__FILE__, line, "TOS %#x, TTL %d, not %#x, %d",
			     seg.tos, seg.ttl, tos, ttl);
	if (flags & F_SYN)
		w->ack = seg.seq + 1;
	else
		w->ack = seg.seq + (uint32_t)seg.len + !!(flags & F_FIN);
}

/* The next segment has these flags, this type of service and time to live. */
#define EXPECT_MARKED(w, flags, tos, ttl) \
	expect_marked_at(__LINE__, w, flags, tos, ttl)

/* MUST-48, MUST-49: on each segment of a call, set before it or during it. */
TEST(marks_of_a_call)
{
	int fd = stream_socket();
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	mark(fd, EF, 17);
	wire_call(&w, fd, &seg);
	EXPECT_EQ(seg.tos, EF);
	EXPECT_EQ(seg.ttl, 17);
	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	EXPECT_MARKED(&w, F_ACK, EF, 17);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	EXPECT_MARKED(&w, F_ACK, EF, 17);

	/* Nobody has acknowledged it: that it is sent again is after the change. */
	mark(fd, AF11, 33);
	w.ack -= 4;
	EXPECT_MARKED(&w, F_ACK, AF11, 33);
	wire_send(&w, F_ACK, NULL, 0);
	mark(fd, 0, -1);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	EXPECT_MARKED(&w, F_ACK, 0, TTL_DEFAULT);

	/* SHLD-22 is for Diffserv alone: the rest of the byte is ECN's. */
	mark(fd, EF | 3, 17);
	wire_send(&w, F_ACK | F_PSH, "yes", 3);
	EXPECT_MARKED(&w, F_ACK, EF, 17);
	EXPECT_EQ(recv(fd, (char[8]){ 0 }, 8, 0), 3);
	close(fd);
	EXPECT_MARKED(&w, F_FIN | F_ACK, EF, 17);
	wire_send(&w, F_FIN | F_ACK, NULL, 0);
	EXPECT_MARKED(&w, F_ACK, EF, 17);
	/* TIME-WAIT remembers the service. */
	w.seq--;
	wire_send(&w, F_FIN | F_ACK, NULL, 0);
	EXPECT_MARKED(&w, F_ACK, EF, TTL_DEFAULT);
}

/* A listener's are on its SYN+ACKs, and are inherited. */
TEST(marks_of_a_listener)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4), fd;
	struct wire w;

	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	mark(lfd, EF, 17);
	wire_send(&w, F_SYN, NULL, 0);
	EXPECT_MARKED(&w, F_SYN | F_ACK, EF, 17);
	EXPECT_MARKED(&w, F_SYN | F_ACK, EF, 17);
	wire_send(&w, F_ACK, NULL, 0);
	fd = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd);
	EXPECT_EQ(get_int(fd, IPPROTO_IP, IP_TOS), EF);
	EXPECT_EQ(get_int(fd, IPPROTO_IP, IP_TTL), 17);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	EXPECT_MARKED(&w, F_ACK, EF, 17);
	mark(fd, AF11, 33);
	wire_send(&w, F_ACK | F_PSH, "yes", 3);
	EXPECT_MARKED(&w, F_ACK, AF11, 33);

	w.sport++;
	w.seq = 1000;
	wire_send(&w, F_SYN, NULL, 0);
	EXPECT_MARKED(&w, F_SYN | F_ACK, EF, 17);
}

/* A socket's RST has the socket's; nobody's answers in kind, but for ECN. */
TEST(marks_of_a_reset)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	mark(fd, EF, 17);
	set_linger(fd, 1, 0);
	close(fd);
	EXPECT_MARKED(&w, F_RST | F_ACK, EF, 17);

	w.dport = 9;
	seg = wire_next(&w, F_SYN);
	seg.tos = AF11 | 2;
	seg.ttl = 3;
	wire_put(&w, &seg);
	EXPECT_MARKED(&w, F_RST | F_ACK, AF11, TTL_DEFAULT);
}

/* net.ipv4.tcp_reflect_tos: a child has its SYN's. */
TEST(marks_reflected)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4), fd;
	struct wire_seg seg;
	struct wire w;

	REQUIRE_OK(sysctl_write("/proc/sys/net/ipv4/tcp_reflect_tos", "1"));
	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	mark(lfd, EF, 17);
	seg = wire_next(&w, F_SYN);
	seg.tos = AF11;
	wire_put(&w, &seg);
	w.seq++;
	EXPECT_MARKED(&w, F_SYN | F_ACK, AF11, 17);
	wire_send(&w, F_ACK, NULL, 0);
	fd = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	EXPECT_MARKED(&w, F_ACK, AF11, 17);
	sysctl_write("/proc/sys/net/ipv4/tcp_reflect_tos", "0");
}

/* Two routers on the way, by the peer's side of the link. */
#define HOP_1 10, 9, 0, 3
#define HOP_2 10, 9, 0, 4
#define PEER 10, 9, 0, 2

static const uint8_t route_wanted[] = { IPOPT_LSRR, 11, 4, HOP_1, HOP_2, 0 };
static const uint8_t route_sent[] = { IPOPT_LSRR, 11, 4, HOP_2, PEER, 0 };

static void set_route(int fd)
{
	EXPECT_EQ(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route_wanted,
			     sizeof(route_wanted)), 0);
}

static void expect_routed(const struct wire_seg *seg)
{
	EXPECT_EQ(seg->to, addr_of("10.9.0.3", 0).sin_addr.s_addr);
	EXPECT_EQ(seg->ip_opt_len, sizeof(route_sent));
	EXPECT_EQ(memcmp(seg->ip_opt, route_sent, sizeof(route_sent)), 0);
}

static void expect_direct(const struct wire_seg *seg)
{
	EXPECT_EQ(seg->to, addr_of(TUN_PEER, 0).sin_addr.s_addr);
	EXPECT_EQ(seg->ip_opt_len, 0);
}

/* Answer a SYN, with an MSS of 1460. */
static void answer(struct wire *w)
{
	struct wire_seg seg = wire_next(w, F_SYN | F_ACK);

	memcpy(seg.opt, (uint8_t[]){ 2, 4, 0x05, 0xb4 }, 4);
	seg.opt_len = 4;
	wire_put(w, &seg);
	w->seq++;
}

static char big[3000];

/* Send @big: its first segment, which is full; none is longer. */
static void expect_full(struct wire *w, struct wire_seg *seg, int fd)
{
	struct wire_seg more;

	EXPECT_EQ(send(fd, big, sizeof(big), 0), sizeof(big));
	WIRE_EXPECT(w, seg, F_ACK);
	EXPECT_EQ(40 + seg->ip_opt_len + seg->len, 1500);
	w->ack += sizeof(big);
	while (wire_get(w, &more, 100) && more.seq + more.len != w->ack)
		EXPECT_LE(40 + more.ip_opt_len + more.len, 1500);
	wire_send(w, F_ACK, NULL, 0);
}

/* MUST-51: a source route is on each segment, and room is left for it. */
TEST(source_route)
{
	int fd = stream_socket();
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	set_route(fd);
	wire_call(&w, fd, &seg);
	expect_routed(&seg);
	/* RFC 6691: the peer's segments need no room for it. */
	REQUIRE_TRUE(wire_option(&seg, 2));
	EXPECT_EQ(wire_option(&seg, 2)[0] << 8 | wire_option(&seg, 2)[1], 1460);
	answer(&w);
	WIRE_EXPECT(&w, &seg, F_ACK);
	expect_routed(&seg);
	EXPECT_EQ(peer_of(fd).sin_addr.s_addr,
		  addr_of(TUN_PEER, 0).sin_addr.s_addr);
	REQUIRE_OK(fcntl(fd, F_SETFL, 0));
	expect_full(&w, &seg, fd);
	expect_routed(&seg);
}

/* One that comes late, and goes again. Native keeps to the first hop it had. */
TEST(source_route_set_late)
{
	int fd = stream_socket();
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	wire_call(&w, fd, &seg);
	expect_direct(&seg);
	answer(&w);
	WIRE_EXPECT(&w, &seg, F_ACK);
	REQUIRE_OK(fcntl(fd, F_SETFL, 0));
	expect_full(&w, &seg, fd);
	expect_direct(&seg);
	set_route(fd);
	expect_full(&w, &seg, fd);
	if (is_native())
		return;
	expect_routed(&seg);
	EXPECT_EQ(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, NULL, 0), 0);
	expect_full(&w, &seg, fd);
	expect_direct(&seg);
}

TEST(source_route_to_nowhere)
{
	int fd = stream_socket();

	set_route(fd);
	EXPECT_ERR(connect_to(fd, addr_of("0.0.0.0", 9)), EINVAL);
}

/*
 * MUST-52, MUST-53: the way that a SYN has come is the way back. Routers leave their
 * addresses, and a sender may have named himself.
 */
static const struct {
	const char *name;
	int len;
	uint8_t came[16], goes[16];
	int goes_len;
} came_by[] = {
	{ "two routers", 12, { IPOPT_LSRR, 11, 12, HOP_2, HOP_1, 0 },
	  { IPOPT_LSRR, 11, 4, HOP_2, PEER, 0 }, 12 },
	{ "strict", 12, { IPOPT_SSRR, 11, 12, HOP_2, HOP_1, 0 },
	  { IPOPT_SSRR, 11, 4, HOP_2, PEER, 0 }, 12 },
	{ "the sender, a router", 12, { 1, IPOPT_LSRR, 11, 12, PEER, HOP_1 },
	  { IPOPT_LSRR, 7, 4, PEER, 0 }, 8 },
};

static void expect_back(const struct wire_seg *seg, size_t row)
{
	EXPECT_EQ(seg->to, addr_of("10.9.0.3", 0).sin_addr.s_addr);
	EXPECT_EQ(seg->ip_opt_len, came_by[row].goes_len);
	EXPECT_EQ(memcmp(seg->ip_opt, came_by[row].goes,
			 (size_t)came_by[row].goes_len), 0);
}

static void accept_source_routes(void)
{
	sysctl_write("/proc/sys/net/ipv4/conf/all/accept_source_route", "1");
	sysctl_write("/proc/sys/net/ipv4/conf/default/accept_source_route", "1");
}

static void put_by(struct wire *w, int flags, size_t row)
{
	struct wire_seg seg = wire_next(w, flags);

	seg.ip_opt_len = came_by[row].len;
	memcpy(seg.ip_opt, came_by[row].came, sizeof(came_by[row].came));
	wire_put(w, &seg);
	w->seq += !!(flags & F_SYN);
}

/* A connection by such a route, from a SYN that has come by it. */
static void back_and_forth(struct wire *w, int lfd, size_t row, int nr_synacks)
{
	struct wire_seg seg;
	int fd;

	w->sport++;
	w->seq = 1000;
	w->dport = ntohs(name_of(lfd).sin_port);
	put_by(w, F_SYN, row);
	while (nr_synacks--) {
		WIRE_EXPECT(w, &seg, F_SYN | F_ACK);
		expect_back(&seg, row);
		EXPECT_EQ(seg.ttl, 17);
		EXPECT_EQ(seg.tos, EF);
	}
	w->ack = seg.seq + 1;
	put_by(w, F_ACK, row);
	fd = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd);
	EXPECT_EQ(peer_of(fd).sin_addr.s_addr,
		  addr_of(TUN_PEER, 0).sin_addr.s_addr);
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	WIRE_EXPECT(w, &seg, F_ACK);
	EXPECT_EQ(seg.len, 4);
	expect_back(&seg, row);
	close(fd);
	WIRE_EXPECT(w, &seg, F_FIN | F_ACK);
	expect_back(&seg, row);
}

TEST(source_route_back)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 16);
	struct wire w;

	accept_source_routes();
	wire_open(&w);
	mark(lfd, EF, 17);
	for (size_t i = 0; i < sizeof(came_by) / sizeof(*came_by); i++) {
		printf("# %s\n", came_by[i].name);
		back_and_forth(&w, lfd, i, 2);
	}
}

/* The ACK that brings the cookie back has come by it too. */
TEST(source_route_back_by_cookie)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 16);
	struct wire w;

	if (is_native())
		harness_skip("native TCP's child then sends nothing");
	accept_source_routes();
	REQUIRE_OK(sysctl_write("/proc/sys/net/ipv4/tcp_syncookies", "2"));
	wire_open(&w);
	mark(lfd, EF, 17);
	back_and_forth(&w, lfd, 0, 1);
	sysctl_write("/proc/sys/net/ipv4/tcp_syncookies", "1");
}

/* Unless the host is told to accept them, IP drops them. */
TEST(source_route_not_accepted)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 16);
	struct wire w;

	sysctl_write("/proc/sys/net/ipv4/conf/all/accept_source_route", "0");
	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	put_by(&w, F_SYN, 0);
	WIRE_SILENCE(&w, 100);
}

/* MUST-50: on a SYN, an ACK and data: nothing but these is looked at. */
static const struct {
	const char *name;
	int len;
	uint8_t opt[40];
} ip_options[] = {
	{ "end of list", 4, { 0 } },
	{ "no operation", 4, { 1, 1, 1, 1 } },
	{ "no operation, end", 4, { 1, 1, 0, 0x55 } },
	{ "stream identifier", 4, { 0x88, 4, 0, 1 } },
	{ "router alert", 4, { 0x94, 4, 0, 0 } },
	{ "unknown, control", 4, { 0x1f, 4, 1, 2 } },
	{ "unknown, copied", 8, { 0x9f, 6, 1, 2, 3, 4, 0, 0 } },
	{ "unknown, empty", 4, { 0x9e, 2, 1, 0 } },
	{ "unknown, 40 bytes", 40, { 0x5e, 40, 1, 2, 3 } },
};

static void put_with(struct wire *w, int flags, const char *data, size_t row)
{
	struct wire_seg seg = wire_next(w, flags);

	seg.data = data;
	seg.len = (int)strlen(data);
	seg.ip_opt_len = ip_options[row].len;
	memcpy(seg.ip_opt, ip_options[row].opt, sizeof(seg.ip_opt));
	wire_put(w, &seg);
	w->seq += (uint32_t)seg.len + !!(flags & F_SYN);
}

TEST(unknown_options)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 16);
	struct wire_seg seg;
	struct wire w;
	char buf[8];

	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	for (size_t i = 0; i < sizeof(ip_options) / sizeof(*ip_options); i++) {
		int fd;

		printf("# %s\n", ip_options[i].name);
		w.sport++;
		put_with(&w, F_SYN, "", i);
		WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
		w.ack = seg.seq + 1;
		put_with(&w, F_ACK, "", i);
		fd = accept(lfd, NULL, NULL);
		REQUIRE_OK(fd);
		put_with(&w, F_ACK | F_PSH, "data", i);
		EXPECT_EQ(recv(fd, buf, sizeof(buf), 0), 4);
		EXPECT_EQ(memcmp(buf, "data", 4), 0);
		WIRE_EXPECT(&w, &seg, F_ACK);
		EXPECT_EQ(seg.ack, w.seq);
		close(fd);
	}
}
