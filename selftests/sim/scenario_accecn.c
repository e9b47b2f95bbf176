// SPDX-License-Identifier: GPL-2.0
/* Accurate ECN feedback, RFC 9768, over the plain link. */
#include "script.h"

#define SEG 1448U

static const struct atcp_ecn *ecn(const struct sim_host *host)
{
	return &host->sock->conn.ecn;
}

static void establish(struct sim *sim, u8 a_use, u8 b_use)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = a_use;
	b->config.ecn = b_use;
	sim_establish(a, b);
}

static void establish_acc(struct sim *sim)
{
	establish(sim, ATCP_ECN_ASK_ACCURATE, ATCP_ECN_AGREE_ACCURATE);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_ACCURATE);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "B"))->mode, ATCP_ECN_ACCURATE);
}

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

/* Section 3.1.2: the best that both know. */
SIM_SCENARIO(accecn_falls_back)
{
	establish(sim, ATCP_ECN_ASK_ACCURATE, ATCP_ECN_AGREE);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_CLASSIC);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "B"))->mode, ATCP_ECN_CLASSIC);
}

SIM_SCENARIO(accecn_serves_classic)
{
	establish(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE_ACCURATE);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_CLASSIC);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "B"))->mode, ATCP_ECN_CLASSIC);
}

SIM_SCENARIO(accecn_refused)
{
	establish(sim, ATCP_ECN_ASK_ACCURATE, ATCP_ECN_NEVER);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_OFF);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "B"))->mode, ATCP_ECN_OFF);
}

/* Section 5.1: a cookie keeps nothing of it; the last ACK tells. */
SIM_SCENARIO(accecn_by_cookie)
{
	sim_host(sim, "B")->tune.cookies = true;
	establish_acc(sim);
}

SIM_SCENARIO(accecn_by_cookie_without_timestamps)
{
	sim_host(sim, "B")->tune.cookies = true;
	sim_host(sim, "A")->config.use = 0;
	establish_acc(sim);
}

/* Section 3.2: every mark is accounted for, by packets and by bytes. */
SIM_SCENARIO(accecn_every_mark_counts)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	establish_acc(sim);
	mark(sim, 3, 1);
	mark(sim, 20, 30); /* more than the three bits hold */
	mark(sim, 101, 1);
	transfer(sim, 300);
	SIM_EXPECT_EQ(ecn(b)->rcv_marks, 5 + 32);
	SIM_EXPECT_EQ(ecn(a)->snd_marks, 5 + 32);
	SIM_EXPECT_EQ(ecn(a)->snd_bytes[ATCP_ACC_CE], 32 * SEG);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* ACKs are lost, a round of marks with them: the option knows how many there were. */
SIM_SCENARIO(accecn_acks_are_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	establish_acc(sim);
	transfer(sim, 100);
	mark(sim, 1, 14);
	sim_drop(sim, &(struct sim_pick){ .from = b, .is_empty = true,
		 .count = 6 });
	transfer(sim, 40);
	SIM_EXPECT_EQ(ecn(b)->rcv_marks, 5 + 14);
	SIM_EXPECT_EQ(ecn(a)->snd_marks, 5 + 14);
}

/* Section 3.1.4.1: two SYNs with the flags are lost, the third has none. */
SIM_SCENARIO(accecn_syn_is_dropped)
{
	struct sim_host *a = sim_host(sim, "A");

	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_SYN |
		 ATCP_F_ECE, .count = 100 });
	a->config.ecn = ATCP_ECN_ASK_ACCURATE;
	sim_connect(a, sim_host(sim, "B"));
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 10 * SIM_SEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_SYN_RETRANS), 2);
	SIM_EXPECT_EQ(ecn(a)->mode, ATCP_ECN_OFF);
}

/*
 * Section 3.2.3.2.2: the answers are lost until one goes without anything new. The
 * listener goes on to tell, the caller knows nothing of it, and neither is marked.
 */
SIM_SCENARIO(accecn_synack_is_dropped)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = ATCP_ECN_ASK_ACCURATE;
	b->config.ecn = ATCP_ECN_AGREE_ACCURATE;
	sim_drop(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_SYN |
		 ATCP_F_CWR, .count = 100 });
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 20 * SIM_SEC);
	SIM_EXPECT_EQ(ecn(a)->mode, ATCP_ECN_OFF);
	SIM_EXPECT_EQ(ecn(b)->mode, ATCP_ECN_ACCURATE);
	sim_write(b, 50 * SEG);
	transfer(sim, 50);
	SIM_EXPECT_EQ(sim_received(a), 50 * SEG);
	SIM_EXPECT(!(ecn(a)->flags & ATCP_ECN_SEEN));
	SIM_EXPECT_EQ(sim_mib(b, ATCP_MIB_ECN_REDUCTIONS), 0);
}

/* The same, but they come after all: the first answer to arrive stands. */
SIM_SCENARIO(accecn_synack_is_overtaken)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = ATCP_ECN_ASK_ACCURATE;
	b->config.ecn = ATCP_ECN_AGREE_ACCURATE;
	sim_late(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_SYN |
		 ATCP_F_CWR, .count = 100 }, 8 * SIM_SEC);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 20 * SIM_SEC);
	sim_run(sim, 10 * SIM_SEC);
	SIM_EXPECT_EQ(ecn(a)->mode, ATCP_ECN_OFF);
	transfer(sim, 50);
	SIM_EXPECT(!(ecn(a)->flags & ATCP_ECN_SEEN));
}

/* What follows the ACK that ended the handshake, and had no count, is one. */
SIM_SCENARIO(accecn_first_data_is_marked)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.use = 0;
	establish_acc(sim);
	sim_mark(sim, &(struct sim_pick){ .from = b, .min_len = 1 });
	sim_write(b, 1);
	SIM_RUN_UNTIL(sim, sim_received(a) == 1, SIM_SEC);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT_EQ(ecn(a)->rcv_marks, 5 + 1);
	SIM_EXPECT_EQ(ecn(b)->snd_marks, 5 + 1);
}

/* The last ACK is lost, and the SYN+ACK comes again: its answer tells once more. */
SIM_SCENARIO(accecn_last_ack_is_lost)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = ATCP_ECN_ASK_ACCURATE;
	b->config.ecn = ATCP_ECN_AGREE_ACCURATE;
	sim_drop(sim, &(struct sim_pick){ .from = a, .flags = ATCP_F_ACK });
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, b->sock && sim_is_established(sim), 10 * SIM_SEC);
	SIM_EXPECT_EQ(ecn(b)->snd_marks, 5);
	SIM_EXPECT(!(ecn(b)->flags & (ATCP_ECN_DEAF | ATCP_ECN_NO_ECT)));
	transfer(sim, 100);
}

/*
 * The first SYN+ACK is late, and the caller, who has sent data by then, answers both.
 * What the second answer says of the SYN+ACK is no count.
 */
SIM_SCENARIO(accecn_synack_twice)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = ATCP_ECN_ASK_ACCURATE;
	b->config.ecn = ATCP_ECN_AGREE_ACCURATE;
	sim_late(sim, &(struct sim_pick){ .from = b, .flags = ATCP_F_SYN },
		 985 * SIM_MSEC);
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, b->sock && sim_is_established(sim), 10 * SIM_SEC);
	transfer(sim, 10);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_CHALLENGE_ACKS), 1);
	SIM_EXPECT_EQ(ecn(b)->snd_marks, 5);
}

/* Both call at once, and do not ask for the same: the older of the two. */
SIM_SCENARIO(accecn_crossing)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = ATCP_ECN_ASK_CLASSIC;
	b->config.ecn = ATCP_ECN_ASK_ACCURATE;
	sim_call(a, SIM_PORT, SIM_PORT);
	sim_call(b, SIM_PORT, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT_EQ(ecn(a)->mode, ATCP_ECN_CLASSIC);
	SIM_EXPECT_EQ(ecn(b)->mode, ATCP_ECN_CLASSIC);
}

SIM_SCENARIO(accecn_crossing_alike)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = ATCP_ECN_ASK_ACCURATE;
	b->config.ecn = ATCP_ECN_ASK_ACCURATE;
	sim_call(a, SIM_PORT, SIM_PORT);
	sim_call(b, SIM_PORT, SIM_PORT);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), SIM_SEC);
	SIM_EXPECT_EQ(ecn(a)->mode, ATCP_ECN_ACCURATE);
	SIM_EXPECT_EQ(ecn(b)->mode, ATCP_ECN_ACCURATE);
	transfer(sim, 100);
}

/* A window with marks is reduced once. */
SIM_SCENARIO(accecn_marks_of_a_window)
{
	struct sim_host *a = sim_host(sim, "A");

	establish_acc(sim);
	mark(sim, 11, 20); /* the second round trip's */
	transfer(sim, 300);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), 1);
}
