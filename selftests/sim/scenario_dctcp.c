// SPDX-License-Identifier: GPL-2.0
/* DCTCP, RFC 8257, over the plain link. */
#include "script.h"

#define SEG 1448U
#define ONE 65536U

static void establish(struct sim *sim, u8 use)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.cc = &atcp_dctcp;
	b->config.cc = &atcp_dctcp;
	a->config.ecn = use;
	b->config.ecn = use;
	a->tune.sndbuf = 1 << 20;
	b->tune.rcvbuf = 1 << 20;
	sim_establish(a, b);
	a->sock->conn.snd.ssthresh = 40 * SEG;
}

static void mark(struct sim *sim, u32 nth, u32 count)
{
	sim_mark(sim, &(struct sim_pick){ .from = sim_host(sim, "A"),
		 .min_len = SEG, .nth = nth, .count = count });
}

/* It asks for ECN whatever the settings. */
SIM_SCENARIO(dctcp_asks_for_ecn)
{
	establish(sim, ATCP_ECN_NEVER);
	SIM_EXPECT_EQ(sim_host(sim, "A")->sock->conn.ecn.mode,
		      ATCP_ECN_CLASSIC);
	SIM_EXPECT_EQ(sim_host(sim, "B")->sock->conn.ecn.mode,
		      ATCP_ECN_CLASSIC);
}

/* What the SYN has asked for is not changed by an algorithm chosen after it. */
SIM_SCENARIO(dctcp_given_up_in_syn_sent)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.cc = &atcp_dctcp;
	a->config.ecn = ATCP_ECN_AGREE_ACCURATE;
	b->config.ecn = ATCP_ECN_AGREE_ACCURATE;
	sim_connect(a, b);
	atcp_cc_use(&a->sock->conn, &atcp_reno);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT_EQ(a->sock->conn.ecn.mode, ATCP_ECN_ACCURATE);
}

/* Section 3.3: without marks alpha goes from 1 towards 0 by a sixteenth a window. */
static void decays(struct sim *sim, u8 use)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 alpha;

	establish(sim, use);
	sim_write(a, 3000 * SEG);
	SIM_RUN_UNTIL(sim, sim_received(b) == 3000 * SEG, 20 * SIM_SEC);
	alpha = a->sock->conn.cc.dctcp.alpha;
	SIM_EXPECT(alpha < ONE / 4);
	/* Few marks of many: a small step, where a loss would halve. */
	mark(sim, 50, 1);
	sim_write(a, 400 * SEG);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), SIM_SEC);
	SIM_EXPECT(a->sock->conn.snd.ssthresh > 35 * SEG);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

SIM_SCENARIO(dctcp_alpha_decays)
{
	decays(sim, ATCP_ECN_AGREE);
}

SIM_SCENARIO(dctcp_alpha_decays_accurate)
{
	decays(sim, ATCP_ECN_ASK_ACCURATE);
}

/* Section 3.2: ECE says what came last, and CWR is not waited for. */
SIM_SCENARIO(dctcp_echo_follows)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	establish(sim, ATCP_ECN_AGREE);
	mark(sim, 2, 4);
	sim_write(a, 10 * SEG);
	SIM_RUN_UNTIL(sim, sim_received(b) == 3 * SEG, SIM_SEC);
	SIM_EXPECT(b->sock->conn.ecn.flags & ATCP_ECN_ECHO);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10 * SEG, SIM_SEC);
	SIM_EXPECT(!(b->sock->conn.ecn.flags & ATCP_ECN_ECHO));
}

/* Section 3.5: a loss halves, also after a mark in the same window. */
SIM_SCENARIO(dctcp_loss_halves)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u32 ssthresh;

	establish(sim, ATCP_ECN_AGREE);
	sim_write(a, 3000 * SEG);
	SIM_RUN_UNTIL(sim, sim_received(b) == 3000 * SEG, 20 * SIM_SEC);
	sim_run(sim, SIM_SEC);
	mark(sim, 40, 1);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 48 });
	sim_write(a, 200 * SEG);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), SIM_SEC);
	ssthresh = a->sock->conn.snd.ssthresh;
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_FAST_RETRANS), SIM_SEC);
	SIM_EXPECT(a->sock->conn.snd.ssthresh < ssthresh * 6 / 10);
	sim_run(sim, SIM_SEC);
}
