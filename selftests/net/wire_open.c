// SPDX-License-Identifier: GPL-2.0
/* The three-way handshake on the wire: each step, lost, doubled, crossed. */
#include "wire.h"

/* S-1, S-3: the active side's segments and states. */
TEST(active)
{
	struct wire_seg seg;
	struct wire w;
	int fd = stream_socket();
	uint32_t x;

	wire_open(&w);
	set_nonblock(fd);
	EXPECT_ERR(connect_to(fd, addr_of(TUN_PEER, w.sport)), EINPROGRESS);
	WIRE_EXPECT(&w, &seg, F_SYN);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	EXPECT_EQ(seg.ack, 0);
	EXPECT_EQ(seg.len, 0);
	EXPECT_EQ(seg.dport, w.sport);
	EXPECT_TRUE(wire_option(&seg, 2));
	EXPECT_TRUE(wire_option(&seg, 3));
	EXPECT_TRUE(wire_option(&seg, 4));
	EXPECT_TRUE(wire_option(&seg, 8));
	if (wire_option(&seg, 2))
		EXPECT_EQ(wire_option(&seg, 2)[0] << 8 | wire_option(&seg, 2)[1],
			  1460);
	x = seg.seq;
	w.dport = seg.sport;
	w.ack = x + 1;
	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.seq, x + 1);
	EXPECT_EQ(seg.ack, w.seq);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
}

/* What is sent too early is refused, and harms nothing. */
TEST(send_while_connecting)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connecting(&w);
	EXPECT_ERR(send(fd, "early", 5, MSG_DONTWAIT), EAGAIN);
	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.len, 0);
	EXPECT_EQ(send(fd, "late", 4, 0), 4);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.len, 4);
	EXPECT_EQ(so_error(fd), 0);
}

/* Once more after connect(AF_UNSPEC): the new stream has nothing of the old. */
TEST(send_while_connecting_again)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	EXPECT_EQ(send(fd, "unread", 6, 0), 6);
	EXPECT_EQ(connect(fd, &none, sizeof(none)), 0);
	while (wire_get(&w, &seg, 20))
		;
	w.sport++;
	set_nonblock(fd);
	wire_call(&w, fd, &seg);
	EXPECT_ERR(send(fd, "early", 5, MSG_DONTWAIT), EAGAIN);
	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.len, 0);
	EXPECT_EQ(send(fd, "late", 4, 0), 4);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.len, 4);
}

/* S-2, S-3: the passive side's. */
TEST(passive)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4), fd;
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	set_nonblock(lfd);
	wire_send(&w, F_SYN, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
	EXPECT_EQ(seg.ack, 1001);
	EXPECT_ERR(accept(lfd, NULL, NULL), EAGAIN);
	w.ack = seg.seq + 1;
	/* Options are offered only to who has offered them. */
	EXPECT_TRUE(wire_option(&seg, 2));
	EXPECT_TRUE(!wire_option(&seg, 3));
	EXPECT_TRUE(!wire_option(&seg, 8));
	wire_send(&w, F_ACK, NULL, 0);
	fd = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	WIRE_SILENCE(&w, 100);
}

TEST(syn_lost)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connecting(&w);
	WIRE_EXPECT(&w, &seg, F_SYN);
	EXPECT_EQ(seg.seq + 1, w.ack);
	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
}

TEST(syn_ack_lost)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4);
	struct wire_seg seg, again;
	struct wire w;

	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	wire_send(&w, F_SYN, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
	WIRE_EXPECT(&w, &again, F_SYN | F_ACK);
	EXPECT_EQ(seg.seq, again.seq);
	/* Our SYN again: the same answer again. */
	wire_send_at(&w, F_SYN, 1000, 0);
	WIRE_EXPECT(&w, &again, F_SYN | F_ACK);
	EXPECT_EQ(seg.seq, again.seq);
	w.ack = seg.seq + 1;
	wire_send(&w, F_ACK, NULL, 0);
	EXPECT_EQ(poll_for(lfd, POLLIN, 2000), POLLIN);
}

/* The third segment is lost; the data that follows does its work. */
TEST(last_ack_lost)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4), fd;
	struct wire_seg seg;
	struct wire w;
	char buf[8];

	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	wire_send(&w, F_SYN, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
	w.ack = seg.seq + 1;
	wire_send(&w, F_ACK | F_PSH, "data", 4);
	fd = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd);
	EXPECT_EQ(recv(fd, buf, 8, 0), 4);
}

/* The handshake's ACK comes twice, and so does the SYN+ACK. */
TEST(doubled)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	wire_send_at(&w, F_SYN | F_ACK, w.seq - 1, w.ack);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.seq, w.ack);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	EXPECT_EQ(send(fd, "x", 1, 0), 1);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.len, 1);
}

/* S-SIM: both call at once. */
TEST(simultaneous)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connecting(&w);
	wire_send_at(&w, F_SYN, w.seq, 0);
	WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
	EXPECT_EQ(seg.seq + 1, w.ack);
	EXPECT_EQ(seg.ack, w.seq + 1);
	EXPECT_EQ(state_of(fd), ST_SYN_RECV);
	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	EXPECT_TRUE(wait_state(fd, ST_ESTABLISHED, 3000));
	EXPECT_EQ(poll_now(fd, POLLOUT), POLLOUT);
}

TEST(refused)
{
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connecting(&w);
	/* A RST that does not acknowledge the SYN is not for us. */
	wire_send_at(&w, F_RST | F_ACK, 0, w.ack - 1);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	wire_send_at(&w, F_RST, 0, 0);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	wire_send_at(&w, F_RST | F_ACK, 0, w.ack);
	EXPECT_TRUE(wait_state(fd, ST_CLOSE, 2000));
	EXPECT_EQ(so_error(fd), ECONNREFUSED);
}

/* RFC 9293 3.5.1: an old duplicate SYN+ACK gets a RST, the call goes on. */
TEST(bad_ack_of_syn)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connecting(&w);
	wire_send_at(&w, F_SYN | F_ACK, 77, w.ack + 10);
	WIRE_EXPECT(&w, &seg, F_RST);
	EXPECT_EQ(seg.seq, w.ack + 10);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
}

/* S-ONLY: an ACK to a listener, anything to a closed port: RST. */
TEST(only_syn_opens)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4);
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	wire_send_at(&w, F_ACK, 5000, 6000);
	WIRE_EXPECT(&w, &seg, F_RST);
	EXPECT_EQ(seg.seq, 6000);
	wire_send_at(&w, F_FIN | F_ACK, 5000, 6000);
	WIRE_EXPECT(&w, &seg, F_RST);

	w.dport = 9;
	wire_send_at(&w, F_SYN, 5000, 0);
	WIRE_EXPECT(&w, &seg, F_RST | F_ACK);
	EXPECT_EQ(seg.seq, 0);
	EXPECT_EQ(seg.ack, 5001);
	wire_send_at(&w, F_ACK, 5000, 6000);
	WIRE_EXPECT(&w, &seg, F_RST);
	EXPECT_EQ(seg.seq, 6000);
	/* A RST is never answered. */
	wire_send_at(&w, F_RST, 5000, 0);
	wire_send_at(&w, F_RST | F_ACK, 5000, 6000);
	WIRE_SILENCE(&w, 100);
}

/* @seg, to a listener and perhaps to nobody: no answer. */
static void expect_ignored(struct wire *w, int lfd, struct wire_seg *seg,
			   bool by_nobody)
{
	seg->dport = ntohs(name_of(lfd).sin_port);
	wire_put(w, seg);
	seg->dport = 9;
	if (by_nobody)
		wire_put(w, seg);
	WIRE_SILENCE(w, 100);
	EXPECT_EQ(poll_now(lfd, POLLIN), 0);
}

/*
 * MUST-57: a SYN to many. IP would not let us answer from such an address, unless
 * the listener may use any.
 */
TEST(to_many)
{
	static const char *const to[] = { "10.9.0.255", "10.9.0.0",
					  "255.255.255.255", "224.0.0.1" };
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4);
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	for (int transparent = 0; transparent < 2; transparent++) {
		EXPECT_EQ(set_int(lfd, IPPROTO_IP, IP_TRANSPARENT,
				  transparent), 0);
		for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
			printf("# %s\n", to[i]);
			seg = wire_next(&w, F_SYN);
			seg.to = addr_of(to[i], 0).sin_addr.s_addr;
			expect_ignored(&w, lfd, &seg, true);
		}
	}
	w.dport = ntohs(name_of(lfd).sin_port);
	close(wire_accept(&w, lfd));
}

/*
 * MUST-63: a SYN from where nobody can be. Most of them IP refuses for us, but
 * for the link's broadcast address where there is no rp_filter. Native answers that
 * one, and on protocol 6 what is for nobody is native's.
 */
TEST(from_nowhere)
{
	static const char *const from[] = { "255.255.255.255", "224.0.0.5",
					    "127.0.0.1", TUN_HOST, "10.9.0.255" };
	size_t nr = sizeof(from) / sizeof(*from) - is_native();
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4);
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	for (size_t i = 0; i < nr; i++) {
		printf("# %s\n", from[i]);
		seg = wire_next(&w, F_SYN);
		seg.from = addr_of(from[i], 0).sin_addr.s_addr;
		expect_ignored(&w, lfd, &seg,
			       proto == IPPROTO_ATCP || i < nr - 1);
	}
	w.dport = ntohs(name_of(lfd).sin_port);
	close(wire_accept(&w, lfd));
}

/* Another peer calls, and is heard. */
static void expect_listens(const struct wire *w, int lfd, int port_off)
{
	struct wire other = *w;

	other.sport += (uint16_t)port_off;
	close(wire_accept(&other, lfd));
	close(lfd);
}

/* MUST-42: in either state of a call its port may be listened on, beside it. */
TEST(listens_beside_a_call)
{
	struct sockaddr_in addr = addr_of(TUN_HOST, ANY_PORT);
	int fd = stream_socket();
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	EXPECT_EQ(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	wire_call(&w, fd, &seg);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	expect_listens(&w, listener_at(TUN_HOST, w.dport, 4), 1);

	wire_send_at(&w, F_SYN, w.seq, 0);
	WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
	EXPECT_EQ(state_of(fd), ST_SYN_RECV);
	expect_listens(&w, listener_at(TUN_HOST, w.dport, 4), 2);

	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	EXPECT_TRUE(wait_state(fd, ST_ESTABLISHED, 3000));
	EXPECT_EQ(send(fd, "data", 4, 0), 4);
	WIRE_UNTIL(&w, &seg, F_PSH);
	EXPECT_EQ(seg.len, 4);
}

TEST(reset_while_half_open)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4);
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	wire_send(&w, F_SYN, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
	w.ack = seg.seq + 1;
	wire_send(&w, F_RST, NULL, 0);
	/* Nothing is there any more that the ACK could complete. */
	wire_send(&w, F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_RST);
	EXPECT_EQ(poll_now(lfd, POLLIN), 0);
}

/* Bound to another device, a connection is not there for this one's segments. */
TEST(bound_to_another_device)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
	wire_send_at(&w, F_ACK, w.seq, w.ack);
	WIRE_EXPECT(&w, &seg, F_RST);
	EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 1), 0);
	wire_send(&w, F_ACK | F_PSH, "x", 1);
	EXPECT_TRUE(wait_inq(fd, 1, 2000));
}

/* S-HALF: the peer has lost its state and calls again. */
TEST(half_open_found_out)
{
	struct wire_seg seg;
	struct wire w;
	uint32_t host;
	char c;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	host = w.ack;
	wire_send_at(&w, F_SYN, 777777, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.seq, host);
	EXPECT_EQ(seg.ack, w.seq);
	/* That ACK means nothing to the peer: RST. */
	wire_send_at(&w, F_RST, seg.ack, 0);
	EXPECT_ERR(recv(fd, &c, 1, 0), ECONNRESET);
}

/* S-ISN: two calls of the same 4-tuple, unlike and unrelated numbers. */
TEST(initial_numbers_differ)
{
	uint32_t seen[8];
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	for (int i = 0; i < 8; i++) {
		int fd = stream_socket();

		set_nonblock(fd);
		EXPECT_ERR(connect_to(fd, addr_of(TUN_PEER, w.sport)),
			   EINPROGRESS);
		WIRE_EXPECT(&w, &seg, F_SYN);
		seen[i] = seg.seq;
		for (int j = 0; j < i; j++)
			EXPECT_GE(labs((long)seen[i] - (long)seen[j]), 100);
		close(fd);
	}
}

/* H-SEQ: the peer's numbers wrap in the handshake and in its data. */
TEST(peer_number_wraps)
{
	static const uint32_t isn[] = { 0xffffffff, 0xfffffffe, 0xffffff00,
					0x7fffffff, 0x80000000, 0 };
	char buf[1000], got[1000];
	struct wire_seg seg;
	struct wire w;

	pattern(buf, sizeof(buf), 2);
	wire_open(&w);
	for (size_t i = 0; i < sizeof(isn) / sizeof(isn[0]); i++) {
		int fd;

		w.sport++;
		w.seq = isn[i];
		fd = wire_accept(&w, -1);
		for (int part = 0; part < 1000; part += 100)
			wire_send(&w, F_ACK | F_PSH, buf + part, 100);
		EXPECT_EQ(recv(fd, got, sizeof(got), MSG_WAITALL), 1000);
		EXPECT_EQ(memcmp(buf, got, sizeof(got)), 0);
		wire_send(&w, F_FIN | F_ACK, NULL, 0);
		EXPECT_EQ(recv(fd, got, 1, 0), 0);
		close(fd);
		WIRE_UNTIL(&w, &seg, F_FIN | F_ACK);
		EXPECT_EQ(seg.ack, isn[i] + 1002);
	}
}
