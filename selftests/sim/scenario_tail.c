// SPDX-License-Identifier: GPL-2.0
/* The tail of a flight: tail loss probes, RFC 8985 section 7. The RTT is 20 ms. */
#include "script.h"

#define SEG 1448U

/* Long enough for the first acknowledgment, and for one that is delayed. */
static void settle(struct sim *sim)
{
	sim_run(sim, SIM_SEC / 2);
}

/* A response of 10 KB loses its last segment: 2 RTT later it is there. */
SIM_SCENARIO(tail_of_a_response)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1, .nth = 8 });
	start = sim->now;
	sim_write(a, 10 * 1024 + 1);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10 * 1024 + 1, SIM_SEC);
	/* Without a loss it would have been there after 10 ms */
	SIM_EXPECT(sim_elapsed(sim, start) <= 10 * SIM_MSEC + 50 * SIM_MSEC);
	settle(sim);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TAIL_PROBES), 1);
	SIM_EXPECT_EQ(a->sock->conn.retrans_total, 1);
}

/* Section 7.3: new data is the better probe; SACK then tells what is lost. */
SIM_SCENARIO(tail_probed_by_new_data)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1,
		 .count = 10 });
	start = sim->now;
	sim_write(a, 20 * SEG);
	SIM_RUN_UNTIL(sim, sim_received(b) == 20 * SEG, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TAIL_PROBES), 1);
	SIM_EXPECT(a->sock->conn.retrans_total <= 10);
	SIM_EXPECT(sim_elapsed(sim, start) <= 200 * SIM_MSEC);
}

/* Section 7.4: the probe has repaired a loss; the network was congested all the same. */
SIM_SCENARIO(tail_repair_reduces)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 cwnd;

	sim_establish(a, b);
	cwnd = a->sock->conn.snd.cwnd;
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1, .nth = 10 });
	sim_write(a, 10 * SEG);
	settle(sim);
	SIM_EXPECT_EQ(sim_received(b), 10 * SEG);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TAIL_PROBE_REPAIRS), 0);
	sim_write(a, SEG);
	settle(sim);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TAIL_PROBE_REPAIRS), 1);
	SIM_EXPECT(a->sock->conn.snd.ssthresh < cwnd);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
}

/* Section 7.4: the peer tells of both: nothing was lost, nothing is reduced. */
SIM_SCENARIO(tail_probe_was_needless)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_write(a, 10 * SEG);
	settle(sim);
	sim_late(sim, &(struct sim_pick){ .from = b, .is_empty = true,
		 .count = 10 }, 60 * SIM_MSEC);
	sim_write(a, 5 * SEG);
	settle(sim);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TAIL_PROBES), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_DSACKS_IN), 1);
	sim_write(a, SEG);
	settle(sim);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TAIL_PROBE_REPAIRS), 0);
	SIM_EXPECT_EQ(a->sock->conn.snd.ssthresh, U32_MAX);
}

/* Section 7.2: a single segment may have its ACK delayed: that is no loss. */
SIM_SCENARIO(tail_ack_delayed)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 i;

	sim_establish(a, b);
	sim_write(a, 40 * SEG);
	settle(sim);
	for (i = 0; i < 5; i++) {
		sim_write(a, 100);
		settle(sim);
	}
	SIM_EXPECT(sim_mib(b, ATCP_MIB_DELAYED_ACKS) >= 4);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TAIL_PROBES), 0);
}

/* Section 7.3: one probe for a tail; if it is lost, too, the timer sees to it. */
SIM_SCENARIO(tail_probe_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1, .nth = 5,
		 .count = 2 });
	sim_write(a, 5 * SEG);
	SIM_RUN_UNTIL(sim, sim_received(b) == 5 * SEG, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TAIL_PROBES), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 1);
}

/* A FIN is a tail like any other. */
SIM_SCENARIO(tail_fin_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	sim_establish(a, b);
	sim_close_on_eof(b);
	sim_write(a, 5 * SEG);
	settle(sim);
	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_FIN });
	start = sim->now;
	sim_close(a);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_CLOSED, SIM_SEC);
	SIM_EXPECT(sim_elapsed(sim, start) <= 150 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_TIMEOUTS), 0);
}
