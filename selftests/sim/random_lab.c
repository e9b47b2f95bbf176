// SPDX-License-Identifier: GPL-2.0
/*
 * A whole run from one number, over a network: some flows share a bottleneck with a
 * queue of some kind and middleboxes on the way.
 */
#include "lab.h"
#include "script.h"

#define FLOWS_MAX 4
#define BOXES_MAX 3

/* Once the sky is clear all has to come to an end within this. */
#define END_NS (1800 * SIM_SEC)

/* Where the links are, in the order in which they are laid. */
enum { BOTTLENECK, BOTTLENECK_BACK };

static bool chance(struct sim *sim, u32 percent)
{
	return sim_rng_chance(&sim->rng, percent * SIM_PERCENT);
}

static u64 range(struct sim *sim, u64 lo, u64 hi)
{
	return sim_rng_range(&sim->rng, lo, hi);
}

static u64 scale(struct sim *sim, u64 lo, u64 hi)
{
	return sim_rng_scale(&sim->rng, lo, hi);
}

static void set(struct net_link *link, u8 what, u64 a, u64 b)
{
	lab_set(link, &(struct lab_setting){ .what = what, .a = a, .b = b });
}

/*
 * Links
 */
static void make_queue(struct sim *sim, struct net_link *link)
{
	bool marks = chance(sim, 50);

	set(link, LAB_LIMIT_PACKETS, scale(sim, 4, 1000), 0);
	if (chance(sim, 30))
		set(link, marks ? LAB_CODEL_ECN : LAB_CODEL,
		    scale(sim, SIM_MSEC, 20 * SIM_MSEC), 100 * SIM_MSEC);
	else if (marks)
		set(link, LAB_MARK_PACKETS, scale(sim, 1, 100), 0);
}

static void make_bottleneck(struct sim *sim, struct net_link *link)
{
	u64 delay_ns = scale(sim, 10 * SIM_USEC, 150 * SIM_MSEC);
	u64 rate = scale(sim, 20000, 12500000);

	set(link, LAB_RATE, rate, 0);
	set(link, LAB_DELAY, delay_ns, 0);
	make_queue(sim, link);
	if (chance(sim, 30))
		set(link, LAB_LOSS, scale(sim, 100, 5 * SIM_PERCENT), 0);
	if (chance(sim, 20))
		set(link, LAB_ACK_LOSS, scale(sim, 1000, 20 * SIM_PERCENT), 0);
	if (chance(sim, 10))
		set(link, LAB_DAMAGE, scale(sim, 100, SIM_PERCENT), 0);
	if (chance(sim, 20))
		set(link, LAB_JITTER, scale(sim, SIM_USEC, delay_ns), 0);
	if (chance(sim, 10))
		set(link, LAB_REORDER, 0, 0);
	if (chance(sim, 20))
		set(link, LAB_LATE, scale(sim, 1000, 10 * SIM_PERCENT),
		    scale(sim, SIM_MSEC, SIM_SEC));
	if (chance(sim, 20))
		set(link, chance(sim, 50) ? LAB_SINE : LAB_WALK,
		    delay_ns / 2, scale(sim, 10 * SIM_MSEC, 10 * SIM_SEC));
	if (chance(sim, 10))
		set(link, LAB_POLICE, rate / 2, scale(sim, 10000, 200000));
	if (chance(sim, 10))
		set(link, LAB_MTU, range(sim, 576, 1500), 0);
}

static void lay_both(struct sim_net *net, u8 a, u8 b)
{
	net_add_link(net, a, b);
	net_add_link(net, b, a);
}

/* Two hosts on either side of the bottleneck. */
static void lay_links(struct lab *lab)
{
	struct sim_net *net = lab->net;
	u8 left[] = { net_add_host(net, "A"), net_add_host(net, "B") };
	u8 right[] = { net_add_host(net, "C"), net_add_host(net, "D") };
	u8 r = net_add_router(net, "R"), s = net_add_router(net, "S");
	u32 i;

	lay_both(net, r, s);
	for (i = 0; i < 2; i++) {
		lay_both(net, left[i], r);
		lay_both(net, right[i], s);
	}
	make_bottleneck(lab->sim, &net->links[BOTTLENECK]);
	make_bottleneck(lab->sim, &net->links[BOTTLENECK_BACK]);
	for (i = BOTTLENECK_BACK + 1; i < net->nr_links; i++)
		set(&net->links[i], LAB_DELAY,
		    scale(lab->sim, SIM_USEC, 20 * SIM_MSEC), 0);
}

/*
 * Middleboxes
 */

/* From SYNs and their answers alike: else one end would miss what it has agreed to. */
static void make_stripper(struct sim *sim, struct net_link *links)
{
	static const u8 options[] = { ATCP_OPT_SACK_PERM, ATCP_OPT_WSCALE,
				      ATCP_OPT_ACCECN0 };
	u8 option = options[range(sim, 0, ARRAY_SIZE(options) - 1)];
	struct net_box *box;
	u32 i;

	for (i = BOTTLENECK; i <= BOTTLENECK_BACK; i++) {
		box = net_add_box(&links[i], "stripper", NET_BOX_STRIP);
		box->option = option;
		box->where = NET_WHERE_SYN;
	}
}

static void make_box(struct sim *sim, struct sim_net *net)
{
	static const u8 kinds[] = {
		NET_BOX_THIN, NET_BOX_COMPRESS, NET_BOX_MSS, NET_BOX_SPLIT,
		NET_BOX_MERGE, NET_BOX_DELAY, NET_BOX_BLEACH, NET_BOX_MARK,
		NET_BOX_UNFLAG, NET_BOX_REFUSE,
	};
	u8 kind = kinds[range(sim, 0, ARRAY_SIZE(kinds) - 1)];
	struct net_box *box = net_add_box(&net->links[range(sim, 0, net->nr_links - 1)],
					  "box", kind);

	box->ns = scale(sim, 100 * SIM_USEC, 50 * SIM_MSEC);
	box->where = (u8)range(sim, NET_WHERE_ALL, NET_WHERE_REST);
	box->number = kind == NET_BOX_THIN ? (u32)range(sim, 2, 8) :
					     (u32)range(sim, 400, 1500);
	if (kind == NET_BOX_MSS) {
		box->option = ATCP_OPT_MSS;
		box->where = NET_WHERE_SYN;
	}
}

static void make_boxes(struct sim *sim, struct sim_net *net)
{
	u64 nr = chance(sim, 60) ? range(sim, 1, BOXES_MAX) : 0;

	while (nr--)
		make_box(sim, net);
	if (chance(sim, 10))
		make_stripper(sim, net->links);
}

/*
 * Hosts and flows
 */
static void make_host(struct sim *sim, struct sim_host *host)
{
	u32 nr = 0;

	while (atcp_cc_nth(nr))
		nr++;
	host->tune.rcvbuf = (u32)scale(sim, 4000, 4000000);
	host->tune.sndbuf = (u32)scale(sim, 4000, 4000000);
	if (chance(sim, 30))
		host->tune.mss = (u16)range(sim, 536, 1460);
	if (chance(sim, 40))
		host->tune.iss_before_wrap = (u32)scale(sim, 1, 1000000);
	/*
	 * Without timestamps nor blocks a queue that always loses something keeps the
	 * time-out at its maximum, by Karn's rule: that takes hours.
	 */
	if (chance(sim, 20))
		host->config.use = (u8)range(sim, 0, 7) << 1 | ATCP_HAS_TS;
	host->config.cc = atcp_cc_nth((u32)range(sim, 0, nr - 1));
	host->config.ecn = (u8)range(sim, 0, ATCP_ECN_USE_NR - 1);
	if (chance(sim, 30))
		host->config.mtu_probing =
			(u8)range(sim, 0, ATCP_MTU_PROBING_NR - 1);
}

/* What the slower of the two bottlenecks carries in ten seconds, at most. */
static u64 bytes_at_most(const struct net_link *links)
{
	u64 rate = min(links[BOTTLENECK].wire.weather.rate,
		       links[BOTTLENECK_BACK].wire.weather.rate);

	return min(10 * rate, 2000000);
}

static void make_flow(struct lab *lab, u32 number)
{
	struct sim *sim = lab->sim;
	u8 left = (u8)range(sim, 0, 1), right = (u8)range(sim, 2, 3);
	bool is_back = chance(sim, 30);
	struct lab_flow *flow;
	char name[NET_NAME_MAX];

	snprintf(name, sizeof(name), "F%u", number);
	flow = lab_add_flow(lab, name, is_back ? right : left,
			    is_back ? left : right);
	/* Who has called off and gone away does not try for long */
	flow->source.app.close_when_done = false;
	flow->source.app.shut_when_done = true;
	flow->source.app.close_on_eof = true;
	flow->bytes = scale(sim, 1000, bytes_at_most(lab->net->links));
	flow->start_ns = range(sim, 0, 3 * SIM_SEC);
	if (chance(sim, 20)) {
		flow->source.app.write_chunk = (u32)max(flow->bytes / 50, 1000);
		flow->source.app.write_pause_ns = scale(sim, SIM_USEC,
							SIM_SEC / 10);
	}
	if (chance(sim, 20)) {
		flow->sink.app.read_chunk = (u32)max(flow->bytes / 50, 1000);
		flow->sink.app.read_pause_ns = scale(sim, SIM_USEC,
						     SIM_SEC / 10);
	}
}

/* No link loses anything any more but for want of room; the boxes are gone. */
static void clear_sky(struct sim *sim, void *arg)
{
	struct sim_net *net = arg;
	struct net_link *link;
	struct net_box *box;

	(void)sim;
	for (link = net->links; link < net->links + net->nr_links; link++) {
		set(link, LAB_LOSS, 0, 0);
		set(link, LAB_ACK_LOSS, 0, 0);
		set(link, LAB_DAMAGE, 0, 0);
		set(link, LAB_LATE, 0, 0);
		set(link, LAB_POLICE, 0, 0);
		for (box = link->boxes; box; box = box->next)
			net_box_switch(box, false);
	}
}

/**
 * sim_random_lab() - A run over a network as the seed has it.
 * @sim: Fresh, with its seed.
 */
void sim_random_lab(struct sim *sim)
{
	struct lab *lab = lab_new(sim, "random");
	u64 calm_ns = scale(sim, SIM_SEC, 30 * SIM_SEC);
	u32 nr = (u32)range(sim, 1, FLOWS_MAX), i;

	lay_links(lab);
	make_boxes(sim, lab->net);
	for (i = 0; i < sim->nr_hosts; i++)
		make_host(sim, &sim->hosts[i]);
	for (i = 0; i < nr; i++)
		make_flow(lab, i);
	sim_at(sim, calm_ns, clear_sky, lab->net);
	lab->run_ns = calm_ns + END_NS;
	lab_run(lab);
	for (i = 0; i < nr; i++)
		if (lab->flows[i].finished_ns == SIM_NEVER)
			sim_fail(sim, "%s does not come to an end",
				 lab->flows[i].name);
}
