// SPDX-License-Identifier: GPL-2.0
/* The release on the wire: four-way, in three, crossed, lost, out of order. */
#include "wire.h"

static char buf[64];

/* C-1 to C-4, the host closes first. */
TEST(four_way_first)
{
	struct wire_seg seg;
	struct wire w;
	uint32_t u;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	shutdown(fd, SHUT_WR);
	WIRE_EXPECT(&w, &seg, F_FIN | F_ACK);
	u = seg.seq;
	EXPECT_EQ(u, w.ack);
	EXPECT_EQ(state_of(fd), ST_FIN_WAIT1);
	w.ack = u + 1;
	wire_send(&w, F_ACK, NULL, 0);
	EXPECT_TRUE(wait_state(fd, ST_FIN_WAIT2, 2000));
	/* It still receives and acknowledges. */
	wire_send(&w, F_ACK | F_PSH, "half", 4);
	EXPECT_EQ(recv(fd, buf, 8, 0), 4);
	wire_send(&w, F_FIN | F_ACK, NULL, 0);
	WIRE_UNTIL(&w, &seg, F_ACK);
	EXPECT_EQ(seg.seq, u + 1);
	EXPECT_EQ(recv(fd, buf, 8, 0), 0);
	/* TIME-WAIT answers the FIN again. */
	wire_send_at(&w, F_FIN | F_ACK, w.seq - 1, w.ack);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.seq, u + 1);
	EXPECT_EQ(seg.ack, w.seq);
}

/* The peer closes first. */
TEST(four_way_second)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	wire_send(&w, F_FIN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, w.seq);
	EXPECT_TRUE(wait_state(fd, ST_CLOSE_WAIT, 2000));
	/* It may go on sending. */
	EXPECT_EQ(send(fd, "more", 4, 0), 4);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.len, 4);
	w.ack += 4;
	wire_send(&w, F_ACK, NULL, 0);
	shutdown(fd, SHUT_WR);
	WIRE_EXPECT(&w, &seg, F_FIN | F_ACK);
	EXPECT_EQ(seg.seq, w.ack);
	EXPECT_EQ(state_of(fd), ST_LAST_ACK);
	w.ack++;
	wire_send(&w, F_ACK, NULL, 0);
	EXPECT_TRUE(wait_state(fd, ST_CLOSE, 2000));
	/* Nothing is left: not even TIME-WAIT. */
	close(fd);
	wire_send(&w, F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_RST);
}

/* C-3SEG: the peer answers with ACK and FIN in one. */
TEST(three_segments)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	close(fd);
	WIRE_EXPECT(&w, &seg, F_FIN | F_ACK);
	w.ack = seg.seq + 1;
	wire_send(&w, F_FIN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, w.seq);
	EXPECT_EQ(seg.seq, w.ack);
	WIRE_SILENCE(&w, 300);
}

/* C-SIM: both close at once. */
TEST(simultaneous)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	shutdown(fd, SHUT_WR);
	WIRE_EXPECT(&w, &seg, F_FIN | F_ACK);
	/* Our FIN does not acknowledge theirs. */
	wire_send(&w, F_FIN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, w.seq);
	EXPECT_TRUE(wait_state(fd, ST_CLOSING, 2000));
	w.ack++;
	wire_send(&w, F_ACK, NULL, 0);
	pause_ms(50);
	close(fd);
	/* TIME-WAIT. */
	wire_send_at(&w, F_FIN | F_ACK, w.seq - 1, w.ack);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, w.seq);
}

TEST(fin_lost)
{
	struct wire_seg seg, again;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	close(fd);
	WIRE_EXPECT(&w, &seg, F_FIN | F_ACK);
	WIRE_EXPECT(&w, &again, F_FIN | F_ACK);
	EXPECT_EQ(seg.seq, again.seq);
	w.ack = seg.seq + 1;
	wire_send(&w, F_FIN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
}

TEST(fin_on_data)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	wire_send(&w, F_FIN | F_ACK | F_PSH, "end", 3);
	EXPECT_EQ(recv(fd, buf, 8, MSG_WAITALL), 3);
	EXPECT_EQ(recv(fd, buf, 8, 0), 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, w.seq);
}

/* The FIN comes before the data that belongs before it. */
TEST(fin_before_data)
{
	struct wire_seg seg;
	struct wire w;
	uint32_t begin;
	int fd;

	wire_open(&w);
	fd = wire_accept(&w, -1);
	begin = w.seq;
	w.seq += 4;
	wire_send(&w, F_FIN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, begin);
	EXPECT_EQ(poll_for(fd, POLLIN, 50), 0);
	w.seq = begin;
	wire_send(&w, F_ACK | F_PSH, "late", 4);
	EXPECT_EQ(recv(fd, buf, 8, MSG_WAITALL), 4);
	EXPECT_EQ(recv(fd, buf, 8, 0), 0);
	w.seq++;
	WIRE_UNTIL(&w, &seg, F_ACK);
	EXPECT_EQ(state_of(fd), ST_CLOSE_WAIT);
}

/* R-ABORT: linger 0, unread data. */
TEST(aborts)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	set_linger(fd, 1, 0);
	close(fd);
	WIRE_EXPECT(&w, &seg, F_RST | F_ACK);
	EXPECT_EQ(seg.seq, w.ack);

	w.sport++;
	fd = wire_connect(&w);
	wire_send(&w, F_ACK | F_PSH, "unread", 6);
	REQUIRE_TRUE(wait_inq(fd, 6, 2000));
	close(fd);
	WIRE_UNTIL(&w, &seg, F_RST);
	EXPECT_EQ(seg.seq, w.ack);
}

/* Data that comes when nobody can read it any more: RST. */
TEST(data_after_close)
{
	struct wire_seg seg;
	struct wire w;
	int fd;

	wire_open(&w);
	fd = wire_connect(&w);
	close(fd);
	WIRE_EXPECT(&w, &seg, F_FIN | F_ACK);
	w.ack = seg.seq + 1;
	wire_send(&w, F_ACK, NULL, 0);
	wire_send(&w, F_ACK | F_PSH, "late", 4);
	/* With ACK or without. */
	EXPECT_TRUE(wire_get(&w, &seg, 3000));
	EXPECT_EQ(seg.flags & ~F_ACK, F_RST);
	EXPECT_EQ(seg.seq, w.ack);
}

/* T-REUSE: a new SYN beyond the old numbers may end TIME-WAIT. */
TEST(time_wait_reused)
{
	int lfd = listener_at("0.0.0.0", ANY_PORT, 4), fd;
	struct wire_seg seg;
	struct wire w;

	wire_open(&w);
	w.dport = ntohs(name_of(lfd).sin_port);
	fd = wire_accept(&w, lfd);
	close(fd);
	WIRE_EXPECT(&w, &seg, F_FIN | F_ACK);
	w.ack = seg.seq + 1;
	wire_send(&w, F_FIN | F_ACK, NULL, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);

	/* An old duplicate only gets the old ACK. */
	wire_send_at(&w, F_SYN, w.seq - 100, 0);
	WIRE_EXPECT(&w, &seg, F_ACK);
	EXPECT_EQ(seg.ack, w.seq);
	/* RFC 1337: a RST does not end TIME-WAIT before its time. */
	if (!is_native()) {
		wire_send_at(&w, F_RST, w.seq, 0);
		wire_send_at(&w, F_FIN | F_ACK, w.seq - 1, w.ack);
		WIRE_EXPECT(&w, &seg, F_ACK);
	}
	w.seq += 5000;
	fd = wire_accept(&w, lfd);
	EXPECT_EQ(state_of(fd), ST_ESTABLISHED);
	EXPECT_GE((int32_t)(w.ack - seg.seq), 1);
}
