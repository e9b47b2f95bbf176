// SPDX-License-Identifier: GPL-2.0
/* Loss: time-outs, back-off, fast retransmit, recovery. */
#include "script.h"

/* RFC 5681: the third duplicate ACK brings the segment back, before the RTO. */
SIM_SCENARIO(loss_fast_retransmit)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_without_sack(a);
	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1448,
		 .nth = 3 });
	start = sim->now;
	sim_write(a, 10 * 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10 * 1448, SIM_SEC);
	SIM_EXPECT_EQ(sim_elapsed(sim, start), 30 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
}

/* Two duplicate ACKs do not: mere disorder costs nothing. */
SIM_SCENARIO(loss_disorder_is_none)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_without_sack(a);
	sim_establish(a, b);
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = 1448,
		 .nth = 7 }, 100 * SIM_USEC);
	sim_write(a, 10 * 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10 * 1448, SIM_SEC);
	sim_run(sim, SIM_SEC);
	/* The first of three changes the window, and so is none (RFC 5681). */
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_DUP_ACKS_IN), 2);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* RFC 6582: two losses in one window take two round trips and no time-out. */
SIM_SCENARIO(loss_partial_ack)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_without_sack(a);
	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1448,
		 .nth = 2 });
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1448,
		 .nth = 5 });
	start = sim->now;
	sim_write(a, 10 * 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10 * 1448, SIM_SEC);
	SIM_EXPECT_EQ(sim_elapsed(sim, start), 50 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 2);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
}

/* RFC 5681: recovery halves the window, once for all losses of that window. */
SIM_SCENARIO(loss_halves_the_window)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 flight;

	sim_without_sack(a);
	a->config.cc = &atcp_reno;
	sim_establish(a, b);
	sim_write(a, 100 * 1448);
	sim_run(sim, 45 * SIM_MSEC);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1448 });
	SIM_RUN_UNTIL(sim, sim->rules[0].seen, SIM_SEC);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_FAST_RETRANS) == 1, SIM_SEC);
	flight = sim_snd_nxt(a) - sim_snd_una(a);
	SIM_EXPECT(a->sock->conn.snd.ssthresh <= flight / 2);
	SIM_EXPECT(a->sock->conn.snd.cwnd <= flight / 2);
	SIM_RUN_UNTIL(sim, sim_received(b) == 100 * 1448, 5 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 1);
}

/* RFC 5681: slow start: 10 segments, then two for each acknowledged. */
SIM_SCENARIO(loss_slow_start)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *segments;

	sim_establish(a, b);
	segments = sim_watch(sim, &(struct sim_pick){ .from = a,
			     .min_len = 1 });
	sim_write(a, 1000 * 1448);
	sim_run(sim, 5 * SIM_MSEC);
	SIM_EXPECT_EQ(segments->seen, 10);
	sim_run(sim, 20 * SIM_MSEC);
	SIM_EXPECT_EQ(segments->seen, 10 + 20);
	sim_run(sim, 20 * SIM_MSEC);
	SIM_EXPECT_EQ(segments->seen, 10 + 20 + 40);
}

/* RFC 5681 section 4.1: after a long silence the first window is small again. */
SIM_SCENARIO(loss_idle_restart)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *segments;

	sim_establish(a, b);
	sim_write(a, 60 * 1448);
	sim_run(sim, 10 * SIM_SEC);
	SIM_EXPECT(a->sock->conn.snd.cwnd > 20 * 1448);
	segments = sim_watch(sim, &(struct sim_pick){ .from = a,
			     .min_len = 1 });
	sim_write(a, 60 * 1448);
	sim_run(sim, 5 * SIM_MSEC);
	SIM_EXPECT_EQ(segments->seen, 10);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_IDLE_RESTARTS), 1);
}

/* RFC 6298: the last segment is lost; only the timer can tell. */
SIM_SCENARIO(loss_tail)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_without_sack(a); /* nor a tail loss probe */
	sim_establish(a, b);
	sim_write(a, 1448);
	sim_run(sim, SIM_SEC);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1 });
	start = sim->now;
	sim_write(a, 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 2 * 1448, 2 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 1);
	/* srtt of 20 ms and the floor of 200 ms, then the way there */
	SIM_EXPECT_NEAR(sim_elapsed(sim, start), 230 * SIM_MSEC,
			2 * SIM_MSEC);
	SIM_EXPECT_EQ(a->sock->conn.snd.cwnd, 1448);
}

/* RFC 6298 rule 5.5: each expiry doubles the time-out. */
SIM_SCENARIO(loss_backoff)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 last, gap = 0, before;
	u32 i;

	sim_without_sack(a); /* nor a tail loss probe */
	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	sim_cut(sim, true);
	sim_write(a, 100);
	last = sim->now;
	for (i = 0; i < 8; i++) {
		u64 nth = sim_mib(a, ATCP_MIB_RETRANS) + 1;

		SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_RETRANS) == nth,
			      120 * SIM_SEC);
		before = gap;
		gap = sim->now - last;
		last = sim->now;
		if (i)
			SIM_EXPECT_EQ(gap, 2 * before);
	}
}

/* RFC 6298 rule 2.5: it stops doubling at rto_max. */
SIM_SCENARIO(loss_backoff_ends)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 last;

	a->config.rto_max_ms = 5000;
	sim_establish(a, b);
	sim_cut(sim, true);
	sim_write(a, 100);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_RETRANS) == 8, 60 * SIM_SEC);
	last = sim->now;
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_RETRANS) == 9, 60 * SIM_SEC);
	SIM_EXPECT_EQ(sim_elapsed(sim, last), 5 * SIM_SEC);
}

/* Karn: what was sent twice measures nothing, and back-off stays until
 * something that was sent once is acknowledged.
 */
SIM_SCENARIO(loss_karn)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 srtt;

	a->config.use = 0;
	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	srtt = a->sock->conn.rtt.srtt_ns;
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1,
		 .count = 3 });
	sim_write(a, 100);
	SIM_RUN_UNTIL(sim, sim_received(b) == 200, 10 * SIM_SEC);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_snd_una(a), sim_snd_nxt(a));
	SIM_EXPECT_EQ(a->sock->conn.rtt.srtt_ns, srtt);
	SIM_EXPECT_EQ(a->sock->conn.rtt.backoff, 3);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(a->sock->conn.rtt.backoff, 0);
}

/* RFC 7323: with timestamps even that can be measured. */
SIM_SCENARIO(loss_timestamps_measure)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 100);
	sim_run(sim, SIM_SEC);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1,
		 .count = 3 });
	sim_write(a, 100);
	SIM_RUN_UNTIL(sim, sim_received(b) == 200, 10 * SIM_SEC);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(a->sock->conn.rtt.backoff, 0);
	SIM_EXPECT(a->sock->conn.rtt.srtt_ns < 30 * SIM_MSEC);
}

/* RFC 6298 rule 5.7: a SYN sent twice measures nothing: the RTO begins at 3 s. */
SIM_SCENARIO(loss_syn_measures_nothing)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_SYN });
	sim_establish(a, b);
	SIM_EXPECT_EQ(a->sock->conn.rtt.srtt_ns, 0);
	SIM_EXPECT_EQ(a->sock->conn.rtt.rto_ns, 3 * SIM_SEC);
	SIM_EXPECT_EQ(a->sock->conn.snd.cwnd, 10 * 1448);
}

/* RFC 5681 section 3.1: two lost SYNs cost the initial window. */
SIM_SCENARIO(loss_of_two_syns)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_SYN,
		 .count = 2 });
	sim_establish(a, b);
	SIM_EXPECT_EQ(a->sock->conn.snd.cwnd, 1448);
}

/* A whole window is lost: all of it comes again, in slow start. */
SIM_SCENARIO(loss_of_a_window)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_without_sack(a); /* nor a tail loss probe */
	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1,
		 .count = 10 });
	sim_write(a, 50 * 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 50 * 1448, 3 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 1);
}

/* The retransmission is lost as well: the timer brings it a third time. */
SIM_SCENARIO(loss_of_a_retransmission)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1 });
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1,
		 .nth = 11, .count = 5 });
	sim_write(a, 10 * 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10 * 1448, 60 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 1);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_TIMEOUTS) >= 1);
}

/* H-ACK: ACKs are cumulative: any one makes up for those lost before it. */
SIM_SCENARIO(loss_of_acks)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = b, .is_empty = true,
		 .count = 9 });
	sim_write(a, 10 * 1448);
	SIM_RUN_UNTIL(sim, sim_snd_una(a) == sim_snd_nxt(a), SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* RFC 6582's cut at the end of fast recovery is not for that after a time-out: the
 * window has grown from one segment and keeps what it has.
 */
SIM_SCENARIO(loss_window_after_timeout)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 mss;

	sim_without_sack(a); /* nor a tail loss probe */
	sim_establish(a, b);
	mss = a->sock->conn.snd.mss;
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1,
		 .count = 10 });
	sim_write(a, 10 * mss);
	SIM_RUN_UNTIL(sim, sim_snd_una(a) == sim_snd_nxt(a), 10 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 1);
	SIM_EXPECT_EQ(sim_received(b), 10 * mss);
	SIM_EXPECT_EQ(a->sock->conn.snd.recovery, ATCP_REC_OPEN);
	SIM_EXPECT(a->sock->conn.snd.cwnd >= 5 * mss);
}
