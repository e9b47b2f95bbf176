// SPDX-License-Identifier: GPL-2.0
/* Explicit congestion notification, RFC 3168, over the plain link. */
#include "script.h"

#define SEG 1448U

static bool uses_ecn(const struct sim_host *host)
{
	return host->sock->conn.ecn.mode == ATCP_ECN_CLASSIC;
}

static void establish(struct sim *sim, u8 a_use, u8 b_use)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = a_use;
	b->config.ecn = b_use;
	sim_establish(a, b);
}

/* Of what A sends the @nth segment with data, and @count in all, gets a mark. */
static void mark(struct sim *sim, u32 nth, u32 count)
{
	sim_mark(sim, &(struct sim_pick){ .from = sim_host(sim, "A"),
		 .min_len = SEG, .nth = nth, .count = count });
}

static void transfer(struct sim *sim, u32 nr)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	u64 want = sim_received(b) + nr * SEG;

	sim_write(a, nr * SEG);
	SIM_RUN_UNTIL(sim, sim_received(b) == want, 5 * SIM_SEC);
	sim_run(sim, SIM_SEC);
}

/* Section 6.1.1: both have to want it. */
SIM_SCENARIO(ecn_agreed)
{
	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	SIM_EXPECT(uses_ecn(sim_host(sim, "A")));
	SIM_EXPECT(uses_ecn(sim_host(sim, "B")));
}

SIM_SCENARIO(ecn_not_asked_for)
{
	establish(sim, ATCP_ECN_AGREE, ATCP_ECN_ASK);
	SIM_EXPECT(!uses_ecn(sim_host(sim, "A")));
	SIM_EXPECT(!uses_ecn(sim_host(sim, "B")));
}

SIM_SCENARIO(ecn_not_agreed_to)
{
	establish(sim, ATCP_ECN_ASK, ATCP_ECN_NEVER);
	SIM_EXPECT(!uses_ecn(sim_host(sim, "A")));
	SIM_EXPECT(!uses_ecn(sim_host(sim, "B")));
}

/* A SYN cookie remembers it, beside the other options. */
SIM_SCENARIO(ecn_by_cookie)
{
	sim_host(sim, "B")->tune.cookies = true;
	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	SIM_EXPECT(uses_ecn(sim_host(sim, "A")));
	SIM_EXPECT(uses_ecn(sim_host(sim, "B")));
}

/* Section 6.1.1.1: a path that lets no SYN with the flags through. */
SIM_SCENARIO(ecn_syn_is_dropped)
{
	struct sim_host *a = sim_host(sim, "A");

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_SYN |
		 ATCP_F_ECE, .count = 100 });
	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_SYN_RETRANS), 1);
	SIM_EXPECT(!uses_ecn(a));
}

/*
 * The SYN has come, its answer is lost, and the second SYN does not ask: neither
 * may send what may be marked. The oracle watches.
 */
SIM_SCENARIO(ecn_synack_is_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_SYN,
		 .count = 2 });
	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	sim_write(b, 20 * SEG);
	transfer(sim, 20);
	SIM_EXPECT(!(a->sock->conn.ecn.flags & ATCP_ECN_SEEN));
	SIM_EXPECT(!(b->sock->conn.ecn.flags & ATCP_ECN_SEEN));
}

/* Both call at once, and both ask. */
SIM_SCENARIO(ecn_crossing)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = ATCP_ECN_ASK;
	b->config.ecn = ATCP_ECN_ASK;
	sim_call(a, SIM_PORT, SIM_PORT);
	sim_call(b, SIM_PORT, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT(uses_ecn(a));
	SIM_EXPECT(uses_ecn(b));
}

/* ... but only one does: its SYN is not an answer to the other's. */
SIM_SCENARIO(ecn_crossing_one_asks)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = ATCP_ECN_ASK;
	sim_call(a, SIM_PORT, SIM_PORT);
	sim_call(b, SIM_PORT, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT(!uses_ecn(a));
	SIM_EXPECT(!uses_ecn(b));
}

/* Section 6.1.2: one mark, one reduction, and nothing is sent again. */
SIM_SCENARIO(ecn_one_mark)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *cwr;

	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	mark(sim, 25, 1);
	cwr = sim_watch(sim, &(struct sim_pick){ .from = a,
			.flags = ATCP_F_CWR });
	transfer(sim, 300);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), 1);
	SIM_EXPECT(sim_mib(a, ATCP_MIB_ECN_ECHOES_IN) >= 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
	SIM_EXPECT_EQ(cwr->seen, 1);
	SIM_EXPECT(!(b->sock->conn.ecn.flags & ATCP_ECN_ECHO));
}

/* Section 6.1.3: a mark is echoed until CWR comes, in TIME-WAIT as well. */
SIM_SCENARIO(ecn_time_wait_echoes)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	struct sim_rule *echo;

	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	mark(sim, 1, 1);
	sim_close_on_eof(a);
	sim_write(a, SEG); /* and nothing more that could say CWR */
	SIM_RUN_UNTIL(sim, sim_received(b) == SEG, SIM_SEC);
	sim_close(b);
	SIM_RUN_UNTIL(sim, sim_state(b) == ATCP_TIME_WAIT, SIM_SEC);
	echo = sim_watch(sim, &(struct sim_pick){ .from = b,
			 .flags = ATCP_F_ECE });
	sim_inject(b, &(struct sim_forgery){ .seq = b->sock->tw.rcv_nxt - 9,
		   .ack = b->sock->tw.snd_nxt, .with_ts = true,
		   .flags = ATCP_F_ACK });
	SIM_EXPECT_EQ(echo->seen, 1);
}

/* However many marks there are in a window: once. In the next one: again. */
SIM_SCENARIO(ecn_marks_of_a_window)
{
	struct sim_host *a = sim_host(sim, "A");

	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	mark(sim, 11, 20); /* the second round trip's */
	transfer(sim, 300);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), 1);
	mark(sim, 1, 1);
	transfer(sim, 300);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), 2);
}

/* Without SACK there is no PRR: cwnd is cut at once. */
SIM_SCENARIO(ecn_without_sack)
{
	struct sim_host *a = sim_host(sim, "A");

	sim_without_sack(a);
	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	mark(sim, 25, 1);
	transfer(sim, 300);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), 1);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* Section 6.1.2: a mark and a loss in one window are one reason to slow down. */
SIM_SCENARIO(ecn_mark_and_loss)
{
	struct sim_host *a = sim_host(sim, "A");
	u32 ssthresh;

	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	mark(sim, 12, 1);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .nth = 20 });
	sim_write(a, 100 * SEG);
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), SIM_SEC);
	ssthresh = a->sock->conn.snd.ssthresh;
	SIM_RUN_UNTIL(sim, sim_mib(a, ATCP_MIB_FAST_RETRANS), SIM_SEC);
	SIM_EXPECT_EQ(a->sock->conn.snd.ssthresh, ssthresh);
}
