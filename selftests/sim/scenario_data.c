// SPDX-License-Identifier: GPL-2.0
/* Data: order, wrap, PSH, URG, Nagle, delayed ACK, segment sizes. */
#include "script.h"

/* H-SEQ, H-ACK, F-ACK: much data both ways at once. */
SIM_SCENARIO(data_both_ways)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 2000000);
	sim_write(b, 3000000);
	SIM_RUN_UNTIL(sim, sim_received(a) == 3000000 &&
		      sim_received(b) == 2000000, 60 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_RETRANS), 0);
}

/* H-SEQ: the numbers wrap in mid-transfer, at each distance from 2^32. */
SIM_SCENARIO(data_across_the_wrap)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	static const u32 before[] = { 1, 2, 1448, 1449, 1450, 65536, 100000 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(before); i++) {
		a->tune.iss_before_wrap = before[i];
		b->tune.iss_before_wrap = before[i] + 1;
		sim_connect(a, b);
		SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_SYN_RCVD, SIM_SEC);
		SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
		sim_write(a, 200000);
		sim_write(b, 200000);
		SIM_RUN_UNTIL(sim, sim_received(a) == 200000 &&
			      sim_received(b) == 200000, 10 * SIM_SEC);
	}
}

/* H-SEQ: so they do with losses around the wrap. */
SIM_SCENARIO(data_lost_at_the_wrap)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->tune.iss_before_wrap = 5 * 1448;
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1448,
		 .nth = 4, .count = 3 });
	sim_establish(a, b);
	sim_write(a, 100000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100000, 10 * SIM_SEC);
}

/* F-PSH: the last segment of a send carries it, and only that. */
SIM_SCENARIO(data_push)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *pushed, *others;

	sim_establish(a, b);
	pushed = sim_watch(sim, &(struct sim_pick){ .from = a, .min_len = 1,
			   .flags = ATCP_F_PSH });
	others = sim_watch(sim, &(struct sim_pick){ .from = a, .min_len = 1,
			   .without = ATCP_F_PSH });
	sim_write(a, 10000);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10000, SIM_SEC);
	SIM_EXPECT_EQ(pushed->seen, 1);
	SIM_EXPECT_EQ(others->seen, 6);
}

/* F-PSH: on arrival nothing waits for a fuller buffer. */
SIM_SCENARIO(data_delivered_at_once)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_establish(a, b);
	start = sim->now;
	sim_write(a, 1);
	SIM_RUN_UNTIL(sim, sim_received(b) == 1, SIM_SEC);
	SIM_EXPECT_EQ(sim_elapsed(sim, start), 10 * SIM_MSEC);
}

/* Small writes: the first goes, the others wait for its ACK (Nagle). */
SIM_SCENARIO(data_nagle)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *segments;
	u32 i;

	sim_establish(a, b);
	segments = sim_watch(sim, &(struct sim_pick){ .from = a,
			     .min_len = 1 });
	for (i = 0; i < 100; i++)
		sim_write_flags(a, 1, ATCP_WRITE_PUSH);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100, SIM_SEC);
	SIM_EXPECT_EQ(segments->seen, 2);
}

/* Without Nagle each goes at once. */
SIM_SCENARIO(data_nodelay)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *segments;
	u32 i;

	sim_establish(a, b);
	sim_set_flags(a, ATCP_CONN_NODELAY, true);
	segments = sim_watch(sim, &(struct sim_pick){ .from = a,
			     .min_len = 1 });
	for (i = 0; i < 8; i++)
		sim_write_flags(a, 1, ATCP_WRITE_PUSH);
	SIM_RUN_UNTIL(sim, sim_received(b) == 8, 20 * SIM_MSEC);
	SIM_EXPECT_EQ(segments->seen, 8);
}

/* Corked, only full segments go, until the cork is drawn. */
SIM_SCENARIO(data_cork)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_set_flags(a, ATCP_CONN_CORK, true);
	sim_write(a, 1448 * 2 + 100);
	sim_run(sim, 100 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_received(b), 1448 * 2);
	sim_set_flags(a, ATCP_CONN_CORK, false);
	SIM_RUN_UNTIL(sim, sim_received(b) == 1448 * 2 + 100, 20 * SIM_MSEC);
}

/* MSG_MORE holds the tail for one call; nothing is held for ever. */
SIM_SCENARIO(data_more)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_establish(a, b);
	sim_write_flags(a, 100, ATCP_WRITE_MORE);
	sim_run(sim, 100 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_received(b), 0);
	sim_write_flags(a, 100, ATCP_WRITE_PUSH);
	SIM_RUN_UNTIL(sim, sim_received(b) == 200, 20 * SIM_MSEC);
	start = sim->now;
	sim_write_flags(a, 100, ATCP_WRITE_MORE);
	SIM_RUN_UNTIL(sim, sim_received(b) == 300, 5 * SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) >= 200 * SIM_MSEC);
}

/* Established, the first window update past, no ACKs at once any more. */
static void settle(struct sim *sim)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 2 * 1448);
	sim_run(sim, SIM_SEC);
	atcp_conn_set_quickack(&b->sock->conn, false);
}

/* Delayed ACK: a lone segment is acknowledged after 40 ms ... */
SIM_SCENARIO(data_delayed_ack)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	settle(sim);
	start = sim->now;
	sim_write(a, 100);
	SIM_RUN_UNTIL(sim, sim_snd_una(a) == sim_snd_nxt(a), SIM_SEC);
	SIM_EXPECT_NEAR(sim_elapsed(sim, start), 60 * SIM_MSEC, SIM_USEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_DELAYED_ACKS), 1);
}

/* ... and of full ones every second at once. */
SIM_SCENARIO(data_every_second_segment_acked)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *acks;

	settle(sim);
	acks = sim_watch(sim, &(struct sim_pick){ .from = b,
			 .is_empty = true });
	sim_write(a, 10 * 1448);
	SIM_RUN_UNTIL(sim, sim_snd_una(a) == sim_snd_nxt(a), 25 * SIM_MSEC);
	SIM_EXPECT_EQ(acks->seen, 5);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_DELAYED_ACKS), 0);
}

/* An answer within the delay carries the ACK: no segment of its own. */
SIM_SCENARIO(data_ack_rides_on_answer)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *acks;

	settle(sim);
	acks = sim_watch(sim, &(struct sim_pick){ .from = b,
			 .is_empty = true });
	sim_write(a, 100);
	SIM_RUN_UNTIL(sim, sim_received(b) == 2 * 1448 + 100, SIM_SEC);
	sim_run(sim, 5 * SIM_MSEC);
	sim_write(b, 100);
	SIM_RUN_UNTIL(sim, sim_received(a) == 100, SIM_SEC);
	SIM_EXPECT_EQ(sim_snd_una(a), sim_snd_nxt(a));
	SIM_EXPECT_EQ(acks->seen, 0);
}

/* H-SUM: a flipped bit is found, counted, and costs a retransmission. */
SIM_SCENARIO(data_damaged)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_without_sack(a); /* nor a tail loss probe */
	sim_establish(a, b);
	sim->links[0].weather.damage = SIM_PPM;
	sim_write(a, 1000);
	sim_run(sim, 100 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_received(b), 0);
	SIM_EXPECT_EQ(b->bad_checksums, 1);
	sim->links[0].weather.damage = 0;
	SIM_RUN_UNTIL(sim, sim_received(b) == 1000, SIM_SEC);
}

/* H-URG: the pointer runs ahead of the data, ordinary data follows. */
SIM_SCENARIO(data_urgent)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	sim_write_flags(a, 1, ATCP_WRITE_URGENT | ATCP_WRITE_PUSH);
	SIM_EXPECT_EQ(a->last_tx.flags,
		      ATCP_F_URG | ATCP_F_PSH | ATCP_F_ACK);
	SIM_EXPECT_EQ(a->last_tx.urg, 1);
	SIM_RUN_UNTIL(sim, b->sock->events & ATCP_EV_URGENT, SIM_SEC);
	SIM_EXPECT_EQ(b->sock->conn.rcv.up, sim_rcv_nxt(b));
	sim_run(sim, SIM_SEC);
	sim_write(a, 100);
	SIM_EXPECT(!(a->last_tx.flags & ATCP_F_URG));
	SIM_RUN_UNTIL(sim, sim_received(b) == 201, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_URGENT_IN), 1);
}

/* H-URG: it is told even where the data itself cannot go: zero window. */
SIM_SCENARIO(data_urgent_into_zero_window)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 4000;
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 8000);
	sim_run(sim, SIM_SEC);
	sim_write_flags(a, 1, ATCP_WRITE_URGENT | ATCP_WRITE_PUSH);
	SIM_RUN_UNTIL(sim, b->sock->events & ATCP_EV_URGENT, 60 * SIM_SEC);
	SIM_EXPECT(sim_received(b) < 8000);
	sim_start_reading(b);
	SIM_RUN_UNTIL(sim, sim_received(b) == 8001, 60 * SIM_SEC);
}

/* H-URG: the segment that tells of it is lost: what goes with a probe tells. */
SIM_SCENARIO(data_urgent_told_beside_a_probe)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	b->tune.rcvbuf = 4000;
	sim_stop_reading(b);
	sim_establish(a, b);
	sim_write(a, 8000);
	sim_run(sim, SIM_SEC);
	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_URG });
	sim_write_flags(a, 1, ATCP_WRITE_URGENT | ATCP_WRITE_PUSH);
	sim_run(sim, 100 * SIM_MSEC);
	SIM_EXPECT(!(b->sock->events & ATCP_EV_URGENT));
	SIM_RUN_UNTIL(sim, b->sock->events & ATCP_EV_URGENT, 10 * SIM_SEC);
	SIM_EXPECT(sim_received(b) <= 4000);
}

/* H-URG: the urgent byte lies just past the wrap; its segment is lost. */
SIM_SCENARIO(data_urgent_at_the_wrap)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->tune.iss_before_wrap = 11;
	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_URG });
	sim_write_flags(a, 11, ATCP_WRITE_URGENT | ATCP_WRITE_PUSH);
	SIM_RUN_UNTIL(sim, sim_received(b) == 11, 2 * SIM_SEC);
	SIM_EXPECT_EQ(b->sock->conn.rcv.up, 1);
	SIM_EXPECT(b->sock->events & ATCP_EV_URGENT);
}

/* H-OPT: the path takes less from now on: what was too big goes again, smaller,
 * and the congestion window does not pay for it.
 */
SIM_SCENARIO(data_path_mtu_shrinks)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct atcp_step step;
	u32 cwnd;

	sim_establish(a, b);
	sim->links[0].weather.is_dead = true; /* too big, says the router */
	sim_write(a, 14480);
	cwnd = a->sock->conn.snd.cwnd;
	sim->links[0].weather.is_dead = false;
	a->tune.mss = 1000;
	sim_sock_begin(a->sock, &step);
	SIM_EXPECT(atcp_conn_pmtu(&a->sock->conn, sim_snd_una(a), 1000,
				  &step));
	sim_sock_end(a->sock, &step);
	sim_sock_drive(a->sock);
	SIM_RUN_UNTIL(sim, sim_received(b) == 14480, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
	SIM_EXPECT(a->sock->conn.snd.cwnd >= cwnd);
}

/* RFC 5927: a report about numbers that are not under way is not believed. */
SIM_SCENARIO(data_path_mtu_forged)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct atcp_step step;

	sim_establish(a, b);
	sim_write(a, 1000);
	sim_sock_begin(a->sock, &step);
	SIM_EXPECT(!atcp_conn_pmtu(&a->sock->conn, sim_snd_una(a) - 1, 500,
				   &step));
	SIM_EXPECT(!atcp_conn_pmtu(&a->sock->conn, sim_snd_nxt(a), 500,
				   &step));
	SIM_EXPECT(!atcp_conn_pmtu(&a->sock->conn, sim_snd_una(a), 9000,
				   &step));
	sim_sock_end(a->sock, &step);
	SIM_EXPECT_EQ(a->sock->conn.snd.path_mss, 1460);
}
