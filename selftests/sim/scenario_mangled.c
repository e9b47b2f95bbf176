// SPDX-License-Identifier: GPL-2.0
/*
 * Middleboxes that touch what congestion notification needs: RFC 3168 section 6.1.1.1,
 * RFC 9768 sections 3.1.4, 3.2.2.3, 3.2.2.4 and 3.2.3.2.
 */
#include "net.h"
#include "script.h"

#define SEG 1448U

static const struct atcp_ecn *ecn(const struct sim_host *host)
{
	return &host->sock->conn.ecn;
}

/* A and B on one link, 10 ms each way; a box on the way @name. */
static struct net_box *box_on(struct sim *sim, const char *name, u8 kind, u8 where)
{
	struct sim_net *net = net_new(sim);
	u8 a = net_add_host(net, "A"), b = net_add_host(net, "B");
	struct net_box *box;

	net_add_link(net, a, b)->wire.weather.delay_ns = 10 * SIM_MSEC;
	net_add_link(net, b, a)->wire.weather.delay_ns = 10 * SIM_MSEC;
	box = net_add_box(net_find_link(net, name), "box", kind);
	box->where = where;
	return box;
}

static void connect_with(struct sim *sim, u8 a_use, u8 b_use)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	a->config.ecn = a_use;
	b->config.ecn = b_use;
	sim_connect(a, b);
	SIM_RUN_UNTIL(sim, sim_is_established(sim), 20 * SIM_SEC);
}

static void connect_accurate(struct sim *sim)
{
	connect_with(sim, ATCP_ECN_ASK_ACCURATE, ATCP_ECN_AGREE_ACCURATE);
}

static void transfer(struct sim *sim, const char *name, u32 nr)
{
	struct sim_host *from = sim_host(sim, name), *to = sim_peer(from);
	u64 want = sim_received(to) + nr * SEG;

	sim_write(from, nr * SEG);
	SIM_RUN_UNTIL(sim, sim_received(to) == want, 5 * SIM_SEC);
	sim_run(sim, SIM_SEC);
}

/* @name sends, and nothing of that may be marked: the other end sees no codepoint. */
static void expect_not_capable(struct sim *sim, const char *name)
{
	struct sim_host *from = sim_host(sim, name), *to = sim_peer(from);

	transfer(sim, name, 50);
	SIM_EXPECT(!(ecn(to)->flags & ATCP_ECN_SEEN));
	SIM_EXPECT_EQ(sim_mib(from, ATCP_MIB_ECN_REDUCTIONS), 0);
}

/* 3168 6.1.1.1: nobody gets through with the flags; the second SYN goes without. */
SIM_SCENARIO(mangled_syn_refused)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_REFUSE, NET_WHERE_ALL);

	connect_with(sim, ATCP_ECN_ASK, ATCP_ECN_AGREE);
	SIM_EXPECT_EQ(box->changed, 1);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_OFF);
	expect_not_capable(sim, "A");
}

/* 9768 3.1.4.1: the third. */
SIM_SCENARIO(mangled_syn_refused_accurate)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_REFUSE, NET_WHERE_ALL);

	connect_accurate(sim);
	SIM_EXPECT_EQ(box->changed, 2);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_OFF);
	expect_not_capable(sim, "A");
}

/* 9768 3.2.3.2.2: the third answer. */
SIM_SCENARIO(mangled_synack_refused)
{
	struct net_box *box = box_on(sim, "B>A", NET_BOX_REFUSE, NET_WHERE_ALL);

	connect_accurate(sim);
	SIM_EXPECT(box->changed >= 2);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_OFF);
	expect_not_capable(sim, "B");
}

/* The SYN arrives as one that has never asked. */
SIM_SCENARIO(mangled_syn_without_flags)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_UNFLAG, NET_WHERE_SYN);

	connect_accurate(sim);
	SIM_EXPECT_EQ(box->changed, 1);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_OFF);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "B"))->mode, ATCP_ECN_OFF);
}

/* Table 4: the answer has lost its flags; that the last ACK has none tells B. */
SIM_SCENARIO(mangled_synack_without_flags)
{
	struct net_box *box = box_on(sim, "B>A", NET_BOX_UNFLAG, NET_WHERE_SYN);

	connect_accurate(sim);
	SIM_EXPECT_EQ(box->changed, 1);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_OFF);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "B"))->mode, ATCP_ECN_ACCURATE);
	expect_not_capable(sim, "B");
}

/* 3.2.2.4: the count is zeroed on its way to A. */
SIM_SCENARIO(mangled_count_zeroed)
{
	struct sim_host *a, *b;

	box_on(sim, "B>A", NET_BOX_UNFLAG, NET_WHERE_REST);
	a = sim_host(sim, "A");
	b = sim_host(sim, "B");
	connect_accurate(sim);
	SIM_EXPECT_EQ(ecn(a)->mode, ATCP_ECN_ACCURATE);
	transfer(sim, "A", 100);
	SIM_EXPECT(ecn(a)->flags & ATCP_ECN_NO_ECT);
	/* From then on nothing is capable, and no mark is believed */
	sim_mark(sim, &(struct sim_pick){ .from = a, .min_len = SEG,
		 .count = 100 });
	transfer(sim, "A", 100);
	SIM_EXPECT_EQ(ecn(b)->rcv_marks, 5);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), 0);
}

/* ... and on its way to B, beginning with the last ACK of the handshake. */
SIM_SCENARIO(mangled_last_ack_zeroed)
{
	box_on(sim, "A>B", NET_BOX_UNFLAG, NET_WHERE_REST);
	connect_accurate(sim);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_ACCURATE);
	expect_not_capable(sim, "B");
}

/* 3.2.2.3: a SYN goes as what is not to be marked, and comes marked. */
SIM_SCENARIO(mangled_syn_marked)
{
	box_on(sim, "A>B", NET_BOX_MARK, NET_WHERE_SYN);
	connect_accurate(sim);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "A"))->mode, ATCP_ECN_ACCURATE);
	expect_not_capable(sim, "A");
}

SIM_SCENARIO(mangled_synack_marked)
{
	box_on(sim, "B>A", NET_BOX_MARK, NET_WHERE_SYN);
	connect_accurate(sim);
	SIM_EXPECT_EQ(ecn(sim_host(sim, "B"))->mode, ATCP_ECN_ACCURATE);
	expect_not_capable(sim, "B");
}

/* 3.2.2.3: all is marked, for rounds. That is no congestion; A slows down no more. */
SIM_SCENARIO(mangled_all_marked)
{
	struct sim_host *a, *b;
	u64 slowed;

	box_on(sim, "A>B", NET_BOX_MARK, NET_WHERE_REST);
	a = sim_host(sim, "A");
	b = sim_host(sim, "B");
	connect_accurate(sim);
	transfer(sim, "A", 100);
	SIM_EXPECT(ecn(a)->flags & ATCP_ECN_NO_ECT);
	slowed = sim_mib(a, ATCP_MIB_ECN_REDUCTIONS);
	SIM_EXPECT(slowed && slowed <= 4);
	transfer(sim, "A", 500);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_ECN_REDUCTIONS), slowed);
	/* Whatever A makes of it, it is told */
	SIM_EXPECT(ecn(b)->rcv_marks >= 5 + 600);
}

/* But where some are not it is congestion, however much. */
SIM_SCENARIO(mangled_not_all_marked)
{
	struct sim_host *a;

	box_on(sim, "A>B", NET_BOX_MARK, NET_WHERE_REST);
	a = sim_host(sim, "A");
	connect_accurate(sim);
	sim_run(sim, SIM_SEC);
	net_box_switch(sim->net->links[0].boxes, false);
	transfer(sim, "A", 10);
	net_box_switch(sim->net->links[0].boxes, true);
	transfer(sim, "A", 100);
	SIM_EXPECT(!(ecn(a)->flags & (ATCP_ECN_NO_ECT | ATCP_ECN_DEAF)));
	SIM_EXPECT(sim_mib(a, ATCP_MIB_ECN_REDUCTIONS) > 4);
}

/* What nobody marks is told to be unmarked, and nothing is the matter. */
SIM_SCENARIO(mangled_bleached)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_BLEACH, NET_WHERE_ALL);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	connect_accurate(sim);
	transfer(sim, "A", 100);
	SIM_EXPECT(box->changed >= 100);
	SIM_EXPECT_EQ(ecn(a)->snd_bytes[ATCP_ACC_ECT0], 1);
	SIM_EXPECT_EQ(ecn(b)->rcv_marks, 5);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* 3.2.3.2: the option does not get through; the count alone has to do. */
SIM_SCENARIO(mangled_without_option)
{
	struct net_box *box = box_on(sim, "B>A", NET_BOX_STRIP, NET_WHERE_ALL);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->option = ATCP_OPT_ACCECN0;
	connect_accurate(sim);
	sim_mark(sim, &(struct sim_pick){ .from = a, .min_len = SEG, .nth = 20,
		 .count = 30 });
	transfer(sim, "A", 300);
	SIM_EXPECT(box->changed > 2);
	SIM_EXPECT(!(ecn(a)->flags & ATCP_ECN_HAS_OPTION));
	SIM_EXPECT_EQ(ecn(b)->rcv_marks, 5 + 30);
	SIM_EXPECT_EQ(ecn(a)->snd_marks, 5 + 30);
}
