// SPDX-License-Identifier: GPL-2.0
/* Losses that were none: Eifel, D-SACK, F-RTO. The RTT is 20 ms. */
#include "script.h"

#define SEG 1448U

/* Without timestamps: only duplicates tell. */
static void without_timestamps(struct sim_host *host)
{
	host->config.use &= (u8)~ATCP_HAS_TS;
}

/* A window of 20 segments is under way; the first of them comes @late_ns late. */
static u32 send_one_late(struct sim *sim, u64 late_ns)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 cwnd;

	sim_establish(a, b);
	sim_write(a, 10 * SEG);
	sim_run(sim, SIM_SEC / 10);
	cwnd = a->sock->conn.snd.cwnd;
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = SEG }, late_ns);
	sim_write(a, 20 * SEG);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 30 * SEG);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
	return cwnd;
}

/* RFC 3522: the ACK echoes the timestamp of the first sending. */
SIM_SCENARIO(undo_by_timestamp)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 cwnd = send_one_late(sim, 15 * SIM_MSEC);

	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_UNDONE_BY_TIMESTAMP), 1);
	SIM_EXPECT(a->sock->conn.snd.cwnd >= cwnd);
	SIM_EXPECT(a->sock->conn.snd.ssthresh >= cwnd);
	/* RFC 8985 section 6.2, step 4: once for this round, not again by D-SACK */
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_DSACKS_IN), 1);
	SIM_EXPECT_EQ(a->sock->conn.rack.mult, 2);
	SIM_EXPECT(a->sock->conn.rack.has_reordered);
}

/* RFC 2883: the peer has had all of it twice. */
SIM_SCENARIO(undo_by_dsack)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 cwnd;

	without_timestamps(a);
	cwnd = send_one_late(sim, 15 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_DSACKS_IN), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_UNDONE_BY_DSACK), 1);
	SIM_EXPECT(a->sock->conn.snd.ssthresh >= cwnd);
}

/*
 * The window of a slow start is full when it happens: what PRR lets out beyond is no
 * growth, and slow start goes on.
 */
SIM_SCENARIO(undo_in_slow_start)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 9 }, 8 * SIM_MSEC);
	sim_write(a, 60 * SEG);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 60 * SEG);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_FAST_RETRANS), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_UNDONE_BY_TIMESTAMP), 1);
	SIM_EXPECT_EQ(a->sock->conn.snd.ssthresh, U32_MAX);
}

/* A real loss among two that look like it: nothing is undone. */
SIM_SCENARIO(undo_not_by_half)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	without_timestamps(a);
	sim_establish(a, b);
	sim_write(a, 10 * SEG);
	sim_run(sim, SIM_SEC / 10);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG, .nth = 1 });
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 2 }, 25 * SIM_MSEC);
	sim_write(a, 20 * SEG);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 30 * SEG);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_DSACKS_IN), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_UNDONE_BY_DSACK), 0);
	SIM_EXPECT(a->sock->conn.snd.ssthresh != U32_MAX);
}

/* For @ms nothing comes through, nothing is lost: a mobile host changes its cell. */
static void stall(struct sim *sim, u64 ms)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 10 * SEG);
	sim_run(sim, SIM_SEC / 10);
	sim_late(sim, &(struct sim_pick){ .from = a, .min_len = 1, .count = 20 },
		 ms * SIM_MSEC);
	sim_write(a, 40 * SEG);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_TIMEOUTS) == 1, SIM_SEC);
	sim_run(sim, 2 * SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 50 * SEG);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 1);
}

/* RFC 5682 section 2: without SACK and timestamps, what was not sent again tells. */
SIM_SCENARIO(undo_timeout_frto)
{
	struct sim_host *a = sim_host(sim, "A");

	without_timestamps(a);
	sim_without_sack(a);
	stall(sim, 400);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_SPURIOUS_TIMEOUTS), 1);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_RETRANS) <= 2);
}

/* The same with timestamps: they tell first. */
SIM_SCENARIO(undo_timeout_eifel)
{
	struct sim_host *a = sim_host(sim, "A");

	sim_without_sack(a);
	stall(sim, 400);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_UNDONE_BY_TIMESTAMP), 1);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_RETRANS) <= 2);
}

/* RFC 5682 step 3a: it was a loss: what is lost goes again, and nothing is undone. */
SIM_SCENARIO(undo_not_a_real_timeout)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	const struct atcp_snd *snd;

	without_timestamps(a);
	sim_without_sack(a); /* no tail loss probe */
	sim_establish(a, b);
	sim_write(a, 10 * SEG);
	sim_run(sim, SIM_SEC / 10);
	snd = &a->sock->conn.snd;
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1,
		 .count = snd->cwnd / snd->mss });
	sim_write(a, 40 * SEG);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_TIMEOUTS) == 1, SIM_SEC);
	sim_run(sim, 2 * SIM_SEC);
	SIM_EXPECT_EQ(sim_received(b), 50 * SEG);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_SPURIOUS_TIMEOUTS), 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_UNDONE_BY_DSACK), 0);
	SIM_EXPECT(a->sock->conn.snd.ssthresh <= 20 * SEG);
}
