// SPDX-License-Identifier: GPL-2.0
/* The laboratory's middleboxes, each by what it does to a connection. */
#include "net.h"
#include "script.h"

/* A and B on one link, 10 ms each way; a box on the way @name. */
static struct net_box *box_on(struct sim *sim, const char *name, u8 kind)
{
	struct sim_net *net = net_new(sim);
	u8 a = net_add_host(net, "A"), b = net_add_host(net, "B");

	net_add_link(net, a, b)->wire.weather.delay_ns = 10 * SIM_MSEC;
	net_add_link(net, b, a)->wire.weather.delay_ns = 10 * SIM_MSEC;
	return net_add_box(net_find_link(net, name), "box", kind);
}

/* A has sent @bytes, and all of it has been acknowledged. */
static void transfer(struct sim *sim, u64 bytes)
{
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 want = sim_received(b) + bytes;

	sim_write(a, bytes);
	SIM_RUN_UNTIL(sim, sim_received(b) == want, 60 * SIM_SEC);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT(sim_snd_una(a) == sim_snd_nxt(a));
}

/* Of 4 one, by the box's own count and by what A's core has seen. */
SIM_SCENARIO(box_thins)
{
	struct net_box *box = box_on(sim, "B>A", NET_BOX_THIN);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->number = 4;
	sim_establish(a, b);
	transfer(sim, 200 * 1448);
	SIM_EXPECT(box->seen >= 100);
	SIM_EXPECT_EQ(box->changed, box->seen - box->seen / 4);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_PURE_ACKS), box->seen / 4);
}

/* ACKs of 10 segments that came at once, and more: all at once, 30 ms later. */
SIM_SCENARIO(box_compresses)
{
	struct net_box *box = box_on(sim, "B>A", NET_BOX_COMPRESS);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->ns = 30 * SIM_MSEC;
	sim_without_sack(a); /* nor a tail loss probe */
	sim_establish(a, b);
	sim_write(a, 10 * 1448);
	sim_run(sim, 39 * SIM_MSEC);
	SIM_EXPECT(box->held.packets >= 2);
	sim_run(sim, 10 * SIM_MSEC);
	SIM_EXPECT_EQ(box->held.packets, 0);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_PURE_ACKS), 0);
	sim_run(sim, 2 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_PURE_ACKS), box->seen);
	SIM_EXPECT(sim_snd_una(a) == sim_snd_nxt(a));
}

/* What carries more than an ACK does not overtake the ACKs before it. */
SIM_SCENARIO(box_compresses_in_order)
{
	struct net_box *box = box_on(sim, "B>A", NET_BOX_COMPRESS);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->ns = SIM_SEC;
	sim_establish(a, b);
	sim_write(a, 10 * 1448);
	sim_run(sim, 15 * SIM_MSEC);
	SIM_EXPECT(box->held.packets >= 2);
	sim_write(b, 100);
	SIM_EXPECT_EQ(box->held.packets, 0);
	sim_run(sim, 15 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_received(a), 100);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_OLD_ACK), 0);
}

SIM_SCENARIO(box_strips_from_syn)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_STRIP);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->option = ATCP_OPT_TS;
	box->where = NET_WHERE_SYN;
	sim_establish(a, b);
	SIM_EXPECT_EQ(box->changed, 1);
	SIM_EXPECT(!((a->sock->conn.use | b->sock->conn.use) & ATCP_HAS_TS));
	SIM_EXPECT(a->sock->conn.use & b->sock->conn.use & ATCP_HAS_WSCALE);
	transfer(sim, 20000);
}

/* RFC 7323 section 3.2: without the timestamp that was agreed on a segment is
 * dropped. The connection waits until the box is gone.
 */
SIM_SCENARIO(box_strips_later)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_STRIP);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->option = ATCP_OPT_TS;
	box->where = NET_WHERE_REST;
	box->is_off = true;
	sim_establish(a, b);
	sim_run(sim, SIM_SEC);
	net_box_switch(box, true);
	sim_write(a, 20000);
	sim_run(sim, SIM_SEC);
	SIM_EXPECT(box->changed);
	SIM_EXPECT_EQ(sim_received(b), 0);
	SIM_EXPECT(sim_mib(b, ATCP_MIB_TS_MISSING) > 0);
	net_box_switch(box, false);
	SIM_RUN_UNTIL(sim, sim_received(b) == 20000, 10 * SIM_SEC);
}

/* An option of a kind that nobody knows is no option. */
SIM_SCENARIO(box_rewrites)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_REWRITE);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->option = ATCP_OPT_WSCALE;
	box->new_option = 253;
	sim_establish(a, b);
	SIM_EXPECT_EQ(box->changed, 1);
	SIM_EXPECT(!(a->sock->conn.use & ATCP_HAS_WSCALE));
	SIM_EXPECT(a->sock->conn.use & b->sock->conn.use & ATCP_HAS_TS);
	transfer(sim, 20000);
}

/* B believes that A takes 1000 bytes; A's own segments stay as they were. */
SIM_SCENARIO(box_lowers_the_mss)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_MSS);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->option = ATCP_OPT_MSS;
	box->number = 1000;
	sim_establish(a, b);
	SIM_EXPECT_EQ(box->changed, 1);
	SIM_EXPECT_EQ(b->sock->conn.snd.mss, 1000 - 12);
	SIM_EXPECT_EQ(a->sock->conn.snd.mss, 1448);
	transfer(sim, 20000);
}

/* Nor does it raise one. */
SIM_SCENARIO(box_raises_no_mss)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_MSS);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->option = ATCP_OPT_MSS;
	box->number = 9000;
	sim_establish(a, b);
	SIM_EXPECT_EQ(box->seen, 1);
	SIM_EXPECT_EQ(box->changed, 0);
	SIM_EXPECT_EQ(b->sock->conn.snd.mss, 1448);
}

/* RFC 9293 section 3.7.1: without the option it is 536. */
SIM_SCENARIO(box_clears_the_mss)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_STRIP);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->option = ATCP_OPT_MSS;
	sim_establish(a, b);
	SIM_EXPECT_EQ(b->sock->conn.snd.mss, 536 - 12);
	transfer(sim, 20000);
}

/* 20 segments of 1448 become 40, of 1000 and 448. */
SIM_SCENARIO(box_splits)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_SPLIT);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 passed;

	box->number = 1000;
	sim_establish(a, b);
	passed = box->link->passed;
	transfer(sim, 20 * 1448);
	SIM_EXPECT_EQ(box->changed, 20);
	SIM_EXPECT_EQ(box->link->passed - passed, 40);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* 10 segments become 5; the odd one of 11 waits for nobody for long. */
SIM_SCENARIO(box_merges)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_MERGE);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 passed, start;

	box->ns = 5 * SIM_MSEC;
	sim_establish(a, b);
	passed = box->link->passed;
	start = sim->now;
	sim_write(a, 10 * 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 10 * 1448, SIM_SEC);
	SIM_EXPECT_EQ(box->link->passed - passed, 5);
	SIM_EXPECT_EQ(sim_elapsed(sim, start), 10 * SIM_MSEC);
	sim_run(sim, SIM_SEC);
	start = sim->now;
	sim_write(a, 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 11 * 1448, SIM_SEC);
	SIM_EXPECT_EQ(sim_elapsed(sim, start), 15 * SIM_MSEC);
	transfer(sim, 300000);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 0);
}

/* Where one is missing between them they are no neighbours. */
SIM_SCENARIO(box_merges_neighbours_only)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_MERGE);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->ns = 5 * SIM_MSEC;
	sim_establish(a, b);
	sim_drop(sim, &(struct sim_pick){ .from = a, .min_len = 1448,
		 .nth = 4 });
	transfer(sim, 300000);
	SIM_EXPECT_EQ(sim_mib(a, ATCP_MIB_RETRANS), 1);
}

/* An option in a segment that is not meant stays. */
SIM_SCENARIO(box_edits_what_is_meant)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_STRIP);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");

	box->option = ATCP_OPT_TS;
	box->where = NET_WHERE_REST;
	sim_connect(a, b);
	sim_run(sim, 25 * SIM_MSEC);
	SIM_EXPECT_EQ(sim_state(a), ATCP_ESTABLISHED);
	SIM_EXPECT(a->sock->conn.use & ATCP_HAS_TS);
	SIM_EXPECT_EQ(box->seen, 1);
}

SIM_SCENARIO(box_delays)
{
	struct net_box *box = box_on(sim, "A>B", NET_BOX_DELAY);
	struct sim_host *a = sim_host(sim, "A"), *b = sim_host(sim, "B");
	u64 start;

	box->ns = 7 * SIM_MSEC;
	sim_establish(a, b);
	start = sim->now;
	sim_write(a, 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 1448, SIM_SEC);
	SIM_EXPECT_EQ(sim_elapsed(sim, start), 17 * SIM_MSEC);
	net_box_switch(box, false);
	sim_run(sim, SIM_SEC);
	start = sim->now;
	sim_write(a, 1448);
	SIM_RUN_UNTIL(sim, sim_received(b) == 2 * 1448, SIM_SEC);
	SIM_EXPECT_EQ(sim_elapsed(sim, start), 10 * SIM_MSEC);
}
