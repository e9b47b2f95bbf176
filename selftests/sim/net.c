// SPDX-License-Identifier: GPL-2.0
/* The graph: nodes, links, routes, and a packet's way from link to link. */
#include <stdlib.h>

#include "net.h"
#include "oracle.h"

/**
 * net_new() - Lay a network between the hosts.
 * @sim: The run, nothing sent yet. Its two hosts become the first two that are
 *	added.
 *
 * Return: the network; it lives as long as the run.
 */
struct sim_net *net_new(struct sim *sim)
{
	sim->net = sim_alloc(sim, sizeof(*sim->net));
	sim->net->sim = sim;
	sim->nr_hosts = 0;
	return sim->net;
}

static struct net_node *add_node(struct sim_net *net, const char *name)
{
	struct net_node *node = &net->nodes[net->nr_nodes];

	if (net->nr_nodes == NET_NODES_MAX)
		sim_fail(net->sim, "more than %u nodes", NET_NODES_MAX);
	net->nr_nodes++;
	snprintf(node->name, sizeof(node->name), "%s", name);
	return node;
}

/**
 * net_add_host() - Add a host.
 * @net: The network.
 * @name: Its name.
 *
 * Return: its node.
 */
u8 net_add_host(struct sim_net *net, const char *name)
{
	struct net_node *node = add_node(net, name);

	node->host = sim_host_init(net->sim, node->name);
	return (u8)(node - net->nodes);
}

u8 net_add_router(struct sim_net *net, const char *name)
{
	return (u8)(add_node(net, name) - net->nodes);
}

/**
 * net_add_link() - Add a link, one way; without limits, delay or loss yet.
 * @net: The network.
 * @from: Node.
 * @to: Node.
 *
 * Return: the link.
 */
struct net_link *net_add_link(struct sim_net *net, u8 from, u8 to)
{
	struct net_link *link = &net->links[net->nr_links];
	char name[NET_LINK_NAME_MAX];

	if (net->nr_links == NET_LINKS_MAX)
		sim_fail(net->sim, "more than %u links", NET_LINKS_MAX);
	net->nr_links++;
	net->is_routed = false;
	link->net = net;
	link->from = from;
	link->to = to;
	snprintf(name, sizeof(name), "%s>%s", net->nodes[from].name,
		 net->nodes[to].name);
	memcpy(link->name, name, sizeof(name));
	return link;
}

/* net_find_node() - A node's number by its name, -1 if there is none. */
int net_find_node(const struct sim_net *net, const char *name)
{
	u32 i;

	for (i = 0; i < net->nr_nodes; i++)
		if (!strcmp(net->nodes[i].name, name))
			return (int)i;
	return -1;
}

/* net_find_link() - A link by its name, NULL if there is none. */
struct net_link *net_find_link(struct sim_net *net, const char *name)
{
	u32 i;

	for (i = 0; i < net->nr_links; i++)
		if (!strcmp(net->links[i].name, name))
			return &net->links[i];
	return NULL;
}

/*
 * Routes: the fewest links, the first that was added where there are several.
 */
static void route_to(struct sim_net *net, u8 target)
{
	u8 host = net->nodes[target].host->index;
	u8 queue[NET_NODES_MAX] = { target };
	u32 head = 0, tail = 1, i;

	while (head < tail) {
		u8 to = queue[head++];

		/* A host is an end, never a way. */
		if (to != target && net->nodes[to].host)
			continue;
		for (i = 0; i < net->nr_links; i++) {
			struct net_link *link = &net->links[i];

			if (link->to != to || link->from == target ||
			    net->route[link->from][host])
				continue;
			net->route[link->from][host] = link;
			queue[tail++] = link->from;
		}
	}
}

static void find_routes(struct sim_net *net)
{
	u8 i;

	memset(net->route, 0, sizeof(net->route));
	for (i = 0; i < net->nr_nodes; i++)
		if (net->nodes[i].host)
			route_to(net, i);
	net->is_routed = true;
}

/* net_next_link() - The way from a node to a host, NULL if there is none. */
struct net_link *net_next_link(struct sim_net *net, u8 node, u8 host)
{
	if (!net->is_routed)
		find_routes(net);
	return net->route[node][host];
}

/**
 * net_bottleneck() - The slowest link of a way.
 * @net: The network.
 * @from: Node.
 * @to: Node of a host.
 *
 * Return: the first of the slowest, NULL if no link has a rate or there is no
 * way.
 */
struct net_link *net_bottleneck(struct sim_net *net, u8 from, u8 to)
{
	struct net_link *slowest = NULL, *link;
	u8 host = net->nodes[to].host->index;

	for (; from != to; from = link->to) {
		link = net_next_link(net, from, host);
		if (!link)
			return NULL;
		if (link->wire.weather.rate &&
		    (!slowest || link->wire.weather.rate <
					 slowest->wire.weather.rate))
			slowest = link;
	}
	return slowest;
}

/*
 * Delay that varies
 */

/* A quarter of a sine of 2^15, in steps of 90/16 degrees. */
static const s32 quarter[] = {
	0, 3212, 6393, 9512, 12540, 15447, 18205, 20787, 23170, 25330, 27246,
	28899, 30274, 31357, 32138, 32610, 32768, 32768,
};

/* Sine of @phase, in 2^-16 turns, times 2^15: linear between the table's rows. */
static s64 sine(u32 phase)
{
	u32 half = phase & 0x7fff;
	u32 at = half <= 0x4000 ? half : 0x8000 - half;
	s64 low = quarter[at >> 10], high = quarter[(at >> 10) + 1];
	s64 value = low + (high - low) * (at & 0x3ff) / 1024;

	return phase & 0x8000 ? -value : value;
}

/* Each step goes up to an eighth of the way, and not past the end. */
static void walk(struct net_vary *vary, u64 now)
{
	s64 limit = (s64)vary->amount_ns;
	u64 most = vary->amount_ns / 8;

	for (; now - vary->walked_ns >= vary->period_ns;
	     vary->walked_ns += vary->period_ns) {
		vary->offset_ns += (s64)sim_rng_below(&vary->rng, 2 * most + 1);
		vary->offset_ns -= (s64)most;
		vary->offset_ns = clamp_t(s64, vary->offset_ns, -limit, limit);
	}
}

/**
 * net_vary() - Have a link's delay change by itself.
 * @link: The link.
 * @kind: enum net_vary_kind.
 * @amount_ns: Farthest from its delay.
 * @period_ns: Of the sine; of the walk's steps. Not 0.
 */
void net_vary(struct net_link *link, u8 kind, u64 amount_ns, u64 period_ns)
{
	struct sim *sim = link->net->sim;

	link->vary = (struct net_vary){
		.kind = kind, .amount_ns = amount_ns, .period_ns = period_ns,
		.walked_ns = sim->now,
		.rng.state = sim_mix(sim->seed) +
			     (u64)(link - link->net->links),
	};
}

/* net_vary_offset() - How far a link is from its delay, ns; not called back in time. */
s64 net_vary_offset(struct net_link *link, u64 now)
{
	struct net_vary *vary = &link->vary;
	u64 since = now - link->net->sim->start;

	switch ((enum net_vary_kind)vary->kind) {
	case NET_STEADY:
		return 0;
	case NET_SINE:
		return (s64)vary->amount_ns *
		       sine((u32)((since % vary->period_ns << 16) /
				  vary->period_ns)) / 32768;
	case NET_WALK:
		walk(vary, now);
		return vary->offset_ns;
	}
	return 0;
}

/*
 * A packet's way
 */

/* net_is_pure_ack() - Does it acknowledge, and nothing else? */
bool net_is_pure_ack(const struct sim_packet *pkt)
{
	return pkt->len == atcp_seg_hdr_len(pkt->bytes) &&
	       (pkt->bytes[13] & (ATCP_F_SYN | ATCP_F_FIN | ATCP_F_RST |
				  ATCP_F_ACK)) == ATCP_F_ACK;
}

/**
 * net_drop() - A packet comes to its end on a link.
 * @link: The link.
 * @pkt: The packet; released.
 * @why: What has happened.
 */
void net_drop(struct net_link *link, struct sim_packet *pkt, const char *why)
{
	struct sim *sim = link->net->sim;
	char note[48];

	snprintf(note, sizeof(note), "%s at %s", why, link->name);
	sim_trace_segment(sim, SIM_WHAT_DROP, pkt->from, pkt, note);
	sim_json_packet(&sim->hosts[pkt->from], pkt, "drop", note);
	sim_packet_trouble(pkt);
	if (pkt->orc)
		pkt->orc->under_way--;
	sim_release(sim, pkt);
}

static void propagate(struct net_link *link, struct sim_packet *pkt)
{
	struct sim *sim = link->net->sim;
	struct sim_weather *weather = &link->wire.weather;
	s64 offset = net_vary_offset(link, sim->now);

	if (!sim_link_fits(sim, &link->wire, pkt)) {
		net_drop(link, pkt, "too big");
		return;
	}
	link->passed++;
	if (weather->is_dead || sim_rng_chance(&sim->rng, weather->loss) ||
	    (net_is_pure_ack(pkt) &&
	     sim_rng_chance(&sim->rng, link->ack_loss))) {
		link->lost++;
		net_drop(link, pkt, "lost");
		return;
	}
	pkt->hop = link;
	offset = max(offset, -(s64)weather->delay_ns);
	sim_link_carry(sim, &link->wire, pkt, sim->now + (u64)offset, 0);
}

static void transmit(struct net_link *link)
{
	struct sim *sim = link->net->sim;
	struct net_fifo dropped = { 0 };
	struct sim_packet *pkt;

	if (link->sending)
		return;
	link->sending = net_queue_take(&link->queue, sim->now, &dropped);
	while ((pkt = net_fifo_take(&dropped)))
		net_drop(link, pkt, "CoDel");
	if (link->sending)
		sim_schedule(sim, sim->now + net_len(link->sending) * SIM_SEC /
					     link->wire.weather.rate,
			     SIM_EVENT_LINK, link, 0);
}

/* net_link_timer() - The transmitter has sent a packet's last bit. */
void net_link_timer(struct net_link *link)
{
	struct sim_packet *pkt = link->sending;

	link->sending = NULL;
	propagate(link, pkt);
	transmit(link);
}

/**
 * net_link_take() - A packet has passed a link's middleboxes.
 * @link: The link.
 * @pkt: The packet; the link owns it from here on.
 */
void net_link_take(struct net_link *link, struct sim_packet *pkt)
{
	u64 now = link->net->sim->now;

	if (!net_policer_passes(&link->policer, net_len(pkt), now)) {
		net_drop(link, pkt, "policed");
		return;
	}
	if (!link->wire.weather.rate) {
		propagate(link, pkt);
		return;
	}
	if (!net_queue_put(&link->queue, pkt, now)) {
		net_drop(link, pkt, "queue full");
		return;
	}
	transmit(link);
}

static void forward(struct sim_net *net, u8 node, struct sim_packet *pkt)
{
	struct net_link *link = net_next_link(net, node, pkt->to);

	if (!link)
		sim_fail(net->sim, "no way from %s to %s",
			 net->nodes[node].name, net->sim->hosts[pkt->to].name);
	net_box_take(link->boxes, link, pkt);
}

static u8 node_of(const struct sim_net *net, u8 host)
{
	u8 i = 0;

	while (net->nodes[i].host != &net->sim->hosts[host])
		i++;
	return i;
}

/**
 * net_send() - A host sends a packet.
 * @net: The network.
 * @pkt: The packet; the network owns it from here on.
 */
void net_send(struct sim_net *net, struct sim_packet *pkt)
{
	if (pkt->orc)
		pkt->orc->under_way++;
	forward(net, node_of(net, pkt->from), pkt);
}

/**
 * net_arrive() - A packet has come to the end of a link.
 * @sim: The run.
 * @pkt: The packet.
 */
void net_arrive(struct sim *sim, struct sim_packet *pkt)
{
	struct net_link *link = pkt->hop;
	u8 node = link->to;

	pkt->hop = NULL;
	/* Each link's wire counts it for itself, the network once more. */
	if (pkt->orc)
		pkt->orc->under_way--;
	if (sim->net->nodes[node].host)
		sim_link_arrive(sim, pkt);
	else
		forward(sim->net, node, pkt);
}
