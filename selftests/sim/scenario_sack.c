// SPDX-License-Identifier: GPL-2.0
/* Recovery with SACK: scoreboard, RACK, PRR, reneging. */
#include "script.h"

#define SEG 1448U

/* Whatever of @nr segments rules drop, they arrive within @ms and without RTO. */
static void recovers(struct sim *sim, u32 nr, u32 ms, u32 again)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start = sim->now;

	sim_write(a, nr * SEG);
	SIM_RUN_UNTIL(sim, sim_received(b) == nr * SEG, 5 * SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) <= ms * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
	SIM_EXPECT_EQ(a->sock->conn.retrans_total, again);
}

/* RFC 6675: all holes of a window are filled in one round trip. */
SIM_SCENARIO(sack_many_holes)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 i;

	sim_establish(a, b);
	for (i = 1; i <= 7; i += 2)
		sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
			 .nth = i });
	recovers(sim, 10, 35, 4);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 1);
}

/* RFC 8985 section 3.3: what is lost again is found by its time, not by counting. */
SIM_SCENARIO(sack_retransmission_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	/* The third segment, and then the next that is sent: it, again */
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG, .nth = 3 });
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG, .nth = 17 });
	recovers(sim, 40, 130, 2);
}

/* RFC 3042: the first two that tell of a hole let a new segment out each. */
SIM_SCENARIO(sack_limited_transmit)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG });
	sim_write(a, 20 * SEG);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_RETRANS) == 1, SIM_SEC);
	/* Ten of the initial window, and two; the third brought the hole */
	SIM_EXPECT_EQ(sim_snd_nxt(a) - sim_snd_una(a), 12 * SEG);
	SIM_EXPECT_EQ(a->sock->conn.snd.sacked, 3 * SEG);
	SIM_RUN_UNTIL(sim, sim_received(b) == 20 * SEG, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
}

/* RFC 8985 section 6.2: two that overtake another are no sign of a loss. */
SIM_SCENARIO(sack_disorder_is_none)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 8 }, 100 * SIM_USEC);
	recovers(sim, 10, 35, 0);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OFO_QUEUED), 2);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* RFC 8985 section 6.2: two that overtake are not yet a loss; after a while they are. */
SIM_SCENARIO(sack_two_after_the_hole)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG, .nth = 8 });
	/* a quarter of the RTT of 20 ms later than three would have told */
	recovers(sim, 10, 35, 1);
	SIM_EXPECT(sim->now >= 55 * SIM_MSEC);
}

/* RFC 8985 section 6.2, step 4: once a path has reordered, three are no sign either. */
SIM_SCENARIO(sack_reordering_is_learnt)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 8 }, 100 * SIM_USEC);
	recovers(sim, 10, 35, 0);
	sim_run(sim, SIM_SEC / 10);
	SIM_EXPECT(a->sock->conn.rack.has_reordered);
	/* Six overtake it now */
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 4 }, 100 * SIM_USEC);
	sim_write(a, 10 * SEG);
	SIM_RUN_UNTIL(sim, sim_received(b) == 20 * SEG, SIM_SEC);
	sim_run(sim, SIM_SEC / 10);
	SIM_EXPECT_EQ(a->sock->conn.retrans_total, 0);
}

/* One that overtakes by half a round trip: the others come in their own time. */
SIM_SCENARIO(sack_early_is_no_clock)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_weather *weather = &sim->links[a->index].weather;

	sim_establish(a, b);
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 8 }, 100 * SIM_USEC);
	recovers(sim, 10, 35, 0);
	sim_run(sim, SIM_SEC / 10);
	sim_write(a, 8 * SEG);
	weather->early = SIM_PPM;
	weather->early_ns = 10 * SIM_MSEC;
	sim_write(a, SEG);
	weather->early = 0;
	SIM_RUN_UNTIL(sim, sim_received(b) == 19 * SEG, SIM_SEC);
	sim_run(sim, SIM_SEC / 10);
	SIM_EXPECT_EQ(a->sock->conn.retrans_total, 0);
}

/* A large window behind one hole is all kept: it is one block, however many segments. */
SIM_SCENARIO(sack_much_behind_a_hole)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->tune.sndbuf = 4 << 20;
	b->tune.rcvbuf = 4 << 20;
	sim_establish(a, b);
	/* Slow start: eight rounds are 2550 segments, the ninth is as many */
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 2600 });
	recovers(sim, 6000, 260, 1);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_OFO_DROPPED), 0);
	SIM_EXPECT(sim_mib(b, ATCP_MIB_OFO_QUEUED) > 2000);
}

/* RFC 6298: a hole that fills up late is timed, what has come before it is not. */
SIM_SCENARIO(sack_timed_when_it_comes)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 7 }, 4 * SIM_MSEC);
	sim_write(a, 8 * SEG);
	sim_run(sim, 3 * SIM_MSEC);
	sim_write(a, SEG);
	SIM_RUN_UNTIL(sim, sim_snd_una(a) == sim_snd_nxt(a), SIM_SEC);
	/* Eight at 20 ms; then one at 24, an eighth of which counts */
	SIM_EXPECT_NEAR(a->sock->conn.rtt.srtt_ns, 20500 * SIM_USEC,
			50 * SIM_USEC);
}

/* RFC 5681 equation 4: a window without room for a further segment was full. */
SIM_SCENARIO(sack_halves_a_full_window)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.cc = &atcp_reno;
	sim_establish(a, b);
	a->sock->conn.snd.cwnd = 11 * SEG - 2;
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG });
	sim_write(a, 10 * SEG);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_FAST_RETRANS) == 1, SIM_SEC);
	SIM_EXPECT_EQ(a->sock->conn.snd.ssthresh, 11 * SEG / 2 - 1);
}

/* RFC 9937: the flight shrinks to half within a round trip, and keeps flowing. */
SIM_SCENARIO(sack_reduces_in_proportion)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 sent, cwnd;

	a->config.cc = &atcp_reno;
	sim_establish(a, b);
	sim_write(a, 200 * SEG);
	sim_run(sim, 25 * SIM_MSEC);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG });
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_FAST_RETRANS) == 1, SIM_SEC);
	cwnd = a->sock->conn.snd.prr_flight;
	/* Half of it delivered: a quarter has gone out, evenly */
	SIM_RUN_UNTIL(sim, a->sock->conn.snd.prr_delivered >= cwnd / 2, SIM_SEC);
	SIM_EXPECT(a->sock->conn.snd.prr_out >= cwnd / 4 - 2 * SEG);
	SIM_RUN_UNTIL(sim, a->sock->conn.snd.recovery == ATCP_REC_OPEN, SIM_SEC);
	sent = a->sock->conn.snd.prr_out;
	SIM_EXPECT(sent <= cwnd / 2 + 2 * SEG);
	SIM_EXPECT(sent >= cwnd / 2 - 4 * SEG);
	SIM_EXPECT_EQ(a->sock->conn.snd.cwnd, a->sock->conn.snd.ssthresh);
	SIM_RUN_UNTIL(sim, sim_received(b) == 200 * SEG, 5 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
}

/* RFC 2018 section 8: the peer gives up what it had told; it gets it again. */
SIM_SCENARIO(sack_reneged)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct atcp_step step;

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG, .nth = 1,
		 .count = 2 });
	sim_write(a, 10 * SEG);
	SIM_RUN_UNTIL(sim, a->sock->conn.snd.sacked == 8 * SEG, SIM_SEC);
	sim_sock_begin(b->sock, &step);
	while (atcp_conn_renege(&b->sock->conn, &step))
		;
	sim_sock_end(b->sock, &step);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10 * SEG, 5 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RENEGED), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
}

/* RFC 2883: the network doubles a segment, and the sender hears of it. */
SIM_SCENARIO(sack_duplicate_told)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_twice(sim, &(struct sim_pick){ .from = a, .min_len = SEG });
	recovers(sim, 4, 35, 0);
	sim_run(sim, SIM_SEC / 10);
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_DSACKS_OUT), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_DSACKS_IN), 1);
}
