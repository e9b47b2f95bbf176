// SPDX-License-Identifier: GPL-2.0
/* Flow control: zero windows, probes, silly windows, scaling, shrinking. */
#include "script.h"

/* B does not read; A fills its buffer until the window is shut. */
static void shut_window(struct sim *sim, u32 rcvbuf, u64 bytes)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = rcvbuf;
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, bytes);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT(sim_received(b) <= rcvbuf);
	SIM_EXPECT(sim_received(b) < bytes);
}

/* H-WND: a window shuts, and opens when the reader reads: one update does. */
SIM_SCENARIO(window_shuts_and_opens)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	shut_window(sim, 32 * 1024, 100000);
	SIM_EXPECT(sim_mib(b, ATCP_MIB_ZERO_WINDOW_SENT) > 0);
	sim_run(sim, 10 * SIM_SEC);
	start = sim->now;
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100000, 10 * SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) < SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
	SIM_EXPECT(sim_mib(b, ATCP_MIB_WINDOW_UPDATES) > 0);
}

/*
 * Memory runs out before the window does, and stays so while the sender's time-out
 * doubles again and again. Once the user reads, the transfer goes on at once: what
 * was refused does not wait for the next time-out.
 */
SIM_SCENARIO(window_promised_too_much)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	b->tune.rcvbuf = 32 * 1024;
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 10000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10000, SIM_SEC);
	b->tune.no_room = SIM_PPM;
	sim_write(a, 10000);
	sim_run(sim, 100 * SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 10000);
	SIM_EXPECT(sim_mib(b, ATCP_MIB_ZERO_WINDOW_SENT) > 0);

	b->tune.no_room = 0;
	start = sim->now;
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 20000, 10 * SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) < SIM_SEC);
}

/* The same when the user reads before any time-out: none is waited for. */
SIM_SCENARIO(window_promised_too_much_for_a_moment)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 32 * 1024;
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 3000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 3000, SIM_SEC);
	b->tune.no_room = SIM_PPM;
	sim_write(a, 10000);
	sim_run(sim, 50 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_received(b), 3000);

	b->tune.no_room = 0;
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 13000, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
}

/* H-WND: the update is lost; a probe finds the window open. */
SIM_SCENARIO(window_update_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	shut_window(sim, 32 * 1024, 100000);
	sim_drop(sim, &(struct sim_pick){ .from = b });
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100000, 20 * SIM_SEC);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_WINDOW_PROBES) > 0);
}

/* H-WND: probes come at the RTO first, then ever more rarely, up to its
 * maximum, for as long as the peer answers: here for a day.
 */
SIM_SCENARIO(window_probes_for_a_day)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 before;

	shut_window(sim, 32 * 1024, 100000);
	sim_run(sim, 24 * 3600 * SIM_SEC);
	SIM_EXPECT(sim_is_established(sim));
	before = sim_mib(a, ATCP_MIB_WINDOW_PROBES);
	sim_run(sim, 1200 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_WINDOW_PROBES) - before, 10);
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100000, SIM_SEC);
}

/* K-USER: a peer that dies with its window shut is found out. */
SIM_SCENARIO(window_shut_peer_dies)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	shut_window(sim, 32 * 1024, 100000);
	sim_die(b, true);
	SIM_RUN_UNTIL(sim, sim_state(a) == ATCP_CLOSED, 3600 * SIM_SEC);
	SIM_EXPECT_EQ(sim_error(a), ATCP_ERR_TIMED_OUT);
}

/* H-WND, silly window, receiver: reading by the byte opens nothing until a
 * segment fits, or half the buffer.
 */
SIM_SCENARIO(window_silly_receiver)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *small;
	u32 i;

	shut_window(sim, 32 * 1024, 100000);
	small = sim_watch(sim, &(struct sim_pick){ .from = a, .min_len = 1 });
	for (i = 0; i < 1400; i++) {
		sim_read(b, 1);
		sim_run(sim, SIM_MSEC);
	}
	SIM_EXPECT_EQ(small->seen, 0);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_WINDOW_UPDATES), 0);
}

/* H-WND, silly window, sender: a small window is not filled at once, but the
 * override timer lets a piece out.
 */
SIM_SCENARIO(window_silly_sender)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *data;
	u64 received;

	shut_window(sim, 32 * 1024, 100000);
	received = sim_received(b);
	data = sim_watch(sim, &(struct sim_pick){ .from = a, .min_len = 1 });
	/* Someone opens a window of 500 bytes: no segment, not half of 32 K. */
	sim_inject(a, &(struct sim_forgery){ .seq = sim_rcv_nxt(a),
		   .ack = sim_snd_nxt(a), .with_ts = true,
		   .flags = ATCP_F_ACK, .wnd = 500 >> 7 });
	sim_run(sim, 100 * SIM_MSEC);
	SIM_EXPECT_EQ(data->seen, 0);
	SIM_EXPECT_EQ(sim_received(b), received);
}

/* H-WND, silly window, sender: while an ACK is under way, which may open the
 * window further, even half of the largest window is not cut off it.
 */
SIM_SCENARIO(window_silly_in_flight)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *data;

	b->tune.rcvbuf = 1500;
	sim_establish(a, b);
	data = sim_watch(sim, &(struct sim_pick){ .from = a, .min_len = 1 });
	sim_write(a, 100);
	sim_write(a, 5000);
	SIM_EXPECT_EQ(data->seen, 1);
	SIM_RUN_UNTIL(sim, sim_received(b) == 5100, 2 * SIM_SEC);
}

/* H-WND: windows beyond 64 KiB, by scaling. */
SIM_SCENARIO(window_scaled)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->tune.sndbuf = 4 << 20;
	b->tune.rcvbuf = 4 << 20;
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 3 << 20);
	SIM_RUN_UNTIL(sim, sim_received(b) == 3 << 20, 10 * SIM_SEC);
	SIM_EXPECT(b->sock->conn.rcv.wscale > 5);
}

/* H-WND: without scaling 65535 is all. */
SIM_SCENARIO(window_not_scaled)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.use = ATCP_HAS_TS;
	a->tune.sndbuf = 4 << 20;
	b->tune.rcvbuf = 4 << 20;
	sim_delay(sim, 200 * SIM_MSEC);
	sim_connect(a, b);
	sim_write(a, 3 << 20);
	SIM_RUN_UNTIL(sim, sim_received(b) == 3 << 20, 60 * SIM_SEC);
	SIM_EXPECT(a->sock->conn.snd.max_wnd <= 65535);
}

/* H-WND: the buffer shrinks; what was offered is still taken, and the edge
 * never goes left (the oracle sees to that).
 */
SIM_SCENARIO(window_buffer_shrinks)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 edge;

	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 1000);
	sim_run(sim, SIM_SEC);
	edge = sim_rcv_edge(b);
	b->tune.rcvbuf = 2000;
	sim_sock_space(b->sock);
	sim_write(a, 200000);
	sim_run(sim, 5 * SIM_SEC);
	/* The last bytes may fall to the scale or to silly-window avoidance. */
	SIM_EXPECT((s32)(edge - sim_rcv_nxt(b)) < 1448);
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 201000, 300 * SIM_SEC);
}

/* H-WND: a buffer smaller than a segment still works. */
SIM_SCENARIO(window_smaller_than_a_segment)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 700;
	sim_establish(a, b);
	sim_write(a, 20000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 20000, 60 * SIM_SEC);
}

/* H-WND: a buffer of two segments, of which the scale cuts off a bit: a reader that
 * takes all at once keeps the transfer going. (Once each end waited for the other
 * to move first, until the persist timer.)
 */
SIM_SCENARIO(window_cut_by_the_scale)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 2900; /* 2816 can be said, a segment is 1448 */
	sim_delay(sim, SIM_MSEC);
	sim_establish(a, b);
	SIM_EXPECT_EQ(a->sock->conn.snd.wscale, 7);
	SIM_EXPECT_EQ(a->sock->conn.snd.mss, 1448);
	sim_write(a, 300000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 300000, SIM_SEC);
}

/* H-WND: a FIN takes a number of its own: data fills the window, and the FIN waits
 * for the reader.
 */
SIM_SCENARIO(window_without_room_for_fin)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 32 * 1024;
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 32 * 1024);
	sim_shutdown(a);
	SIM_RUN_UNTIL(sim, sim_received(b) == 32 * 1024, SIM_SEC);
	sim_run(sim, 10 * SIM_SEC);
	SIM_EXPECT_EQ(sim_state(b), ATCP_ESTABLISHED);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_WINDOW_PROBES) > 0);
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSE_WAIT, SIM_SEC / 10);
}

/* H-WND: a retransmission with an old number brings news: the window that it
 * carries holds, too. (Once SND.UNA moved without the window, and data went
 * out past the edge.)
 */
SIM_SCENARIO(window_news_in_old_segment)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 8000;
	sim_stop_reading(b);
	sim_set_flags(b, ATCP_CONN_NODELAY, true);
	sim_without_sack(a);
	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = b, .min_len = 1 });
	sim_write(b, 100); /* lost */
	sim_write(b, 100);
	sim_run(sim, 15 * SIM_MSEC);
	/* B's bare ACKs are lost; its retransmission is the first to tell. */
	sim_drop(sim, &(struct sim_pick){ .from = b, .is_empty = true,
		 .count = 10 });
	sim_write(a, 4000);
	sim_run(sim, 260 * SIM_MSEC);
	sim_write(a, 20000);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT(sim_received(b) <= 8000);
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 24000, 60 * SIM_SEC);
}

/* H-WND: a segment that was held up shuts no window that has opened since, though
 * its ACK is as new as any.
 */
SIM_SCENARIO(window_in_old_segment)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 4000;
	sim_stop_reading(b);
	sim_set_flags(b, ATCP_CONN_NODELAY, true);
	sim_without_sack(a);
	sim_establish(a, b);
	sim_write(a, 4000);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(a->sock->conn.snd.wnd, 0);
	sim_late(sim, &(struct sim_pick){ .from = b, .min_len = 1 },
		 100 * SIM_MSEC);
	sim_write(b, 100); /* late, with a window of zero */
	sim_start_reading(b);
	sim_write(b, 100);
	sim_run(sim, 50 * SIM_MSEC);
	SIM_EXPECT(a->sock->conn.snd.wnd >= 2000);
	SIM_RUN_UNTIL(sim, sim_received(a) == 200, SIM_SEC);
	SIM_EXPECT(a->sock->conn.snd.wnd >= 2000);
}

/* H-WND: the buffer shrinks between two SYN+ACKs; the second offers no less. */
SIM_SCENARIO(window_in_second_synack)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = b, .count = 2,
		 .flags = ATCP_F_SYN | ATCP_F_ACK });
	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_SYN });
	sim_call(a, 1000, 2000);
	sim_call(b, 2000, 1000);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
	b->tune.rcvbuf = 3000;
	sim_sock_space(b->sock);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 10 * SIM_SEC);
}

/* H-ACK: data within one range and the next, which touch, is no news. (Once an
 * empty range was entered.)
 */
SIM_SCENARIO(window_ranges_touch)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_forgery f = { .with_ts = true, .flags = ATCP_F_ACK,
				 .wnd = 1000 };
	u32 nxt;

	sim_establish(a, b);
	nxt = sim_rcv_nxt(b);
	f.ack = sim_snd_nxt(b);
	f.seq = nxt + 100;
	f.len = 100;
	sim_inject(b, &f);
	f.seq = nxt + 200;
	f.len = 200;
	sim_inject(b, &f);
	f.seq = nxt + 150;
	f.len = 150;
	sim_inject(b, &f);
	SIM_EXPECT_EQ(b->sock->conn.rcv.nr_ofo, 2);
	/* One that covers both takes their place. */
	f.seq = nxt + 50;
	f.len = 500;
	sim_inject(b, &f);
	SIM_EXPECT_EQ(b->sock->conn.rcv.nr_ofo, 1);
	sim_write(a, 600);
	SIM_RUN_UNTIL(sim, sim_received(b) == 600, SIM_SEC);
}

/* H-ACK: what fills the gap overlaps what lies behind it. */
SIM_SCENARIO(window_ranges_overlap)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_forgery f = { .with_ts = true, .flags = ATCP_F_ACK,
				 .wnd = 1000 };

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1,
		 .count = 100 });
	sim_write(a, 400);
	f.ack = sim_snd_nxt(b);
	f.seq = sim_rcv_nxt(b) + 100;
	f.len = 300;
	sim_inject(b, &f);
	f.seq = sim_rcv_nxt(b);
	f.len = 200;
	sim_inject(b, &f);
	SIM_EXPECT_EQ(sim_received(b), 400);
	SIM_EXPECT_EQ(b->sock->conn.rcv.nr_ofo, 0);
}

/* H-WND: data past the window is cut off there, and taken up to it. */
SIM_SCENARIO(window_overrun)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 edge;

	b->tune.rcvbuf = 5000;
	sim_establish(a, b);
	edge = sim_rcv_edge(b);
	sim_inject(b, &(struct sim_forgery){ .with_ts = true, .wnd = 1000,
		   .flags = ATCP_F_ACK, .ack = sim_snd_nxt(b),
		   .seq = edge - 100, .len = 1000 });
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_BEYOND_WINDOW), 1);
	SIM_EXPECT_EQ(b->sock->conn.rcv.nr_ofo, 1);
	sim_inject(b, &(struct sim_forgery){ .with_ts = true, .wnd = 1000,
		   .flags = ATCP_F_ACK, .ack = sim_snd_nxt(b),
		   .seq = edge, .len = 1000 });
	SIM_EXPECT_EQ(b->sock->conn.rcv.nr_ofo, 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_UNACCEPTABLE), 1);
}

/* H-WND: a bit more than half of the buffer is open, and a bit less is told: each
 * end would wait for the other to move first.
 */
SIM_SCENARIO(window_half_but_for_the_scale)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	b->tune.rcvbuf = 2900; /* 11 << 7 is less than half of it */
	sim_establish(a, b);
	sim_write(a, 1430); /* leaves 1470 */
	sim_run(sim, SIM_SEC);
	start = sim->now;
	sim_write(a, 5000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 6430, SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) < 150 * SIM_MSEC);
}

/* H-WND: without a scale 65535 is all that can be told: no reader who reads little
 * by little sends an ACK for each read.
 */
SIM_SCENARIO(window_update_that_tells_nothing)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 i;

	a->config.use = ATCP_HAS_TS;
	b->tune.rcvbuf = 400000;
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 20000);
	sim_run(sim, SIM_SEC);
	for (i = 0; i < 1000; i++)
		sim_read(b, 1);
	SIM_EXPECT(sim_mib(b, ATCP_MIB_WINDOW_UPDATES) <= 1);
	SIM_EXPECT(b->sent < 40);
}
