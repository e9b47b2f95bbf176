// SPDX-License-Identifier: GPL-2.0
/* RFC 5961: a forged RST, SYN, ACK or data does not kill a connection. */
#include "wire.h"

static char buf[64];

/* Data still flows both ways. */
static void expect_alive(struct wire *w, int fd)
{
	struct wire_seg seg;

	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	wire_send(w, F_ACK | F_PSH, "ping", 4);
	EXPECT_EQ(recv(fd, buf, 8, 0), 4);
	EXPECT_EQ(send(fd, "pong", 4, 0), 4);
	do {
		if (!wire_get(w, &seg, 3000))
			harness_fail(__FILE__, __LINE__, "no answer");
	} while (!seg.len && !harness_failed());
	EXPECT_EQ(seg.seq, w->ack);
	w->ack += (uint32_t)seg.len;
	wire_send(w, F_ACK, NULL, 0);
}

static void expect_challenge(struct wire *w)
{
	struct wire_seg seg;

	WIRE_EXPECT(w, &seg, F_ACK);
	EXPECT_EQ(seg.seq, w->ack);
	EXPECT_EQ(seg.ack, w->seq);
	EXPECT_EQ(seg.len, 0);
}

/* Section 3.2: only the exact number resets at once. */
TEST(rst_exact)
{
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	wire_send_at(&w, F_RST, w.seq, 0);
	EXPECT_ERR(recv(fd, buf, 1, 0), ECONNRESET);
	WIRE_SILENCE(&w, 100);
}

TEST(rst_in_window)
{
	static const uint32_t off[] = { 1, 100, 20000 };
	struct wire w;
	int fd;

	wire_open(&w);
	for (size_t i = 0; i < 3; i++) {
		w.sport++;
		fd = wire_accept(&w, -1);
		wire_send_at(&w, F_RST, w.seq + off[i], 0);
		expect_challenge(&w);
		expect_alive(&w, fd);
		/* A peer that is really gone answers the challenge. */
		wire_send_at(&w, F_RST, w.seq, 0);
		EXPECT_ERR(recv(fd, buf, 1, 0), ECONNRESET);
	}
}

TEST(rst_outside)
{
	static const uint32_t off[] = { -1u, -1000u, 1u << 30, 1u << 31 };
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	for (size_t i = 0; i < 4; i++)
		wire_send_at(&w, F_RST | F_ACK, w.seq + off[i], w.ack);
	WIRE_SILENCE(&w, 100);
	expect_alive(&w, fd);
}

/* Section 4.2: a SYN, wherever its number is. */
TEST(syn)
{
	static const uint32_t off[] = { 0, 1, -1u, 1u << 30 };
	struct wire w;
	int fd;

	wire_open(&w);
	for (size_t i = 0; i < 4; i++) {
		w.sport++;
		fd = wire_accept(&w, -1);
		wire_send_at(&w, F_SYN, w.seq + off[i], 0);
		expect_challenge(&w);
		expect_alive(&w, fd);
	}
}

TEST(syn_ack)
{
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	wire_send_at(&w, F_SYN | F_ACK, w.seq, w.ack);
	expect_challenge(&w);
	expect_alive(&w, fd);
}

/* Section 5.2: data whose ACK is far off is not believed. */
TEST(blind_data)
{
	static const uint32_t off[] = { 1, 1000, 1u << 30, 1u << 31,
					-(1u << 20), -(1u << 30) };
	struct wire_seg bad = { 0 };
	struct wire w;
	int fd;

	wire_open(&w);
	for (size_t i = 0; i < 6; i++) {
		w.sport++;
		fd = wire_accept(&w, -1);
		bad.sport = w.sport;
		bad.dport = w.dport;
		bad.seq = w.seq;
		bad.ack = w.ack + off[i];
		bad.flags = F_ACK | F_PSH;
		bad.wnd = 100;
		bad.data = "evil";
		bad.len = 4;
		wire_put(&w, &bad);
		EXPECT_EQ(poll_for(fd, POLLIN, 50), 0);
		expect_alive(&w, fd);
	}
}

/* A RST for the call must acknowledge exactly the SYN. */
TEST(rst_to_a_call)
{
	static const uint32_t off[] = { -1u, 1, 100, 1u << 31 };
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connecting(&w);
	for (size_t i = 0; i < 4; i++)
		wire_send_at(&w, F_RST | F_ACK, w.seq, w.ack + off[i]);
	EXPECT_EQ(state_of(fd), ST_SYN_SENT);
	wire_send(&w, F_SYN | F_ACK, NULL, 0);
	WIRE_UNTIL(&w, &seg, F_ACK);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
}

/* PAWS (RFC 7323 section 5): an older timestamp is not believed. */
TEST(old_timestamp)
{
	static const uint8_t syn_ts[] = { 8, 10, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1 };
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4), fd;
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	seg = (struct wire_seg){ .sport = w.sport, .dport = w.dport,
				 .seq = w.seq++, .flags = F_SYN, .wnd = w.wnd,
				 .opt_len = sizeof(syn_ts) };
	memcpy(seg.opt, syn_ts, sizeof(syn_ts));
	wire_put(&w, &seg);
	WIRE_EXPECT(&w, &seg, F_SYN | F_ACK);
	EXPECT_TRUE(wire_option(&seg, 8));
	w.ack = seg.seq + 1;
	w.has_ts = true;
	w.ts = 0x10000;
	wire_send(&w, F_ACK, NULL, 0);
	fd = accept(lfd, NULL, NULL);
	REQUIRE_OK(fd);
	expect_alive(&w, fd);

	w.ts -= 5000;
	wire_send(&w, F_ACK | F_PSH, "old!", 4);
	w.seq -= 4;
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(poll_for(fd, POLLIN, 50), 0);
	w.ts += 5000;
	expect_alive(&w, fd);
}
