// SPDX-License-Identifier: GPL-2.0
/* A peer that goes silent: user time-out, keepalive, probes without answer. */
#include "wire.h"

static char c;

TEST(user_timeout)
{
	struct wire_seg seg;
	struct wire w;
	long long begin;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 1000), 0);
	begin = now_ms();
	EXPECT_EQ(send(fd, "gone", 4, 0), 4);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_ERR(recv(fd, &c, 1, 0), ETIMEDOUT);
	EXPECT_GE(now_ms() - begin, 900);
	EXPECT_LE(now_ms() - begin, 6000);
	EXPECT_ERR(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
}

static void set_keepalive(int fd)
{
	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_KEEPIDLE, 1), 0);
	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_KEEPINTVL, 1), 0);
	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_KEEPCNT, 2), 0);
	EXPECT_EQ(set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
}

TEST(keepalive)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	set_keepalive(fd);
	/* Answered: goes on. */
	for (int i = 0; i < 2; i++) {
		WIRE_EXPECT(&w, &seg, F_ACK);
		EXPECT_EQ(seg.seq, w.ack - 1);
		EXPECT_LE(seg.len, 1);
		wire_send(&w, F_ACK, NULL, 0);
	}
	/* Not answered: two probes, then the end, which is told. */
	WIRE_EXPECT(&w, &seg, F_ACK);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_ERR(recv(fd, &c, 1, 0), ETIMEDOUT);
	WIRE_UNTIL(&w, &seg, F_RST);
}

/* Our own probes are answered, too. */
TEST(answers_keepalive)
{
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	wire_accept(&w, -1);
	wire_send_at(&w, F_ACK, w.seq - 1, w.ack);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, w.seq);
	EXPECT_EQ(seg.seq, w.ack);
}

/* K-USER: a window that stays closed, and nobody who answers the probes. */
TEST(probes_unanswered)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	w.wnd = 0;
	fd = wire_accept(&w, -1);
	EXPECT_EQ(set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, 1500), 0);
	EXPECT_EQ(send(fd, "held", 4, 0), 4);
	EXPECT_TRUE(wire_get(&w, &seg, 3000));
	EXPECT_ERR(recv(fd, &c, 1, 0), ETIMEDOUT);
}

/* Answered probes keep a connection with a closed window alive. */
TEST(probes_answered)
{
	struct wire_seg seg;
	struct wire w;
	long long end;
	int fd;

	wire_open(&w);
	w.wnd = 0;
	fd = wire_accept(&w, -1);
	EXPECT_EQ(send(fd, "held", 4, 0), 4);
	end = now_ms() + 3000;
	while (now_ms() < end)
		if (wire_get(&w, &seg, 500))
			wire_send(&w, F_ACK, NULL, 0);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	w.wnd = 1000;
	wire_send(&w, F_ACK, NULL, 0);
	while (wire_get(&w, &seg, 1000) && seg.len != 4)
		;
	EXPECT_EQ(seg.len, 4);
}
