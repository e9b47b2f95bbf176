/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network between the hosts: a graph of directed links, with hosts and routers
 * as its nodes. What enters a link passes its middleboxes, its policer, its queue
 * and its transmitter, then the wire of link.c with its delay and its losses.
 *
 *	net.c		nodes, links, routes
 *	queue.c		drop-tail, CoDel, ECN marks, the policer
 *	box.c		middleboxes
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "sim.h"

#define NET_NODES_MAX 32
#define NET_LINKS_MAX 64
#define NET_NAME_MAX 16
#define NET_LINK_NAME_MAX (2 * NET_NAME_MAX)

/* What IP adds to a segment: RFC 791's header without options. */
#define NET_IP_LEN 20
/* The largest packet of a link, for CoDel: RFC 8289 section 5.2. */
#define NET_MTU 1500

/* RFC 3168 section 5: the two bits of the IP header. */
enum net_discipline { NET_TAIL, NET_CODEL };

/**
 * struct net_fifo - Packets in their order.
 * @first: The oldest, NULL if there is none.
 * @last: The newest.
 * @packets: How many.
 * @bytes: Their bytes, IP headers included.
 */
struct net_fifo {
	struct sim_packet *first;
	struct sim_packet *last;
	u32 packets;
	u32 bytes;
};

/**
 * struct net_codel - State of RFC 8289, in its terms.
 * @target_ns: TARGET.
 * @interval_ns: INTERVAL.
 * @first_above_ns: When the delay will have been above target for an interval;
 *	0: it is below.
 * @drop_next_ns: When the next packet is due to be dropped.
 * @count: Packets dropped since dropping began.
 * @last_count: @count when dropping began the last time.
 * @is_dropping: In the dropping state.
 * @marks: Packets that are ECN-capable are marked instead.
 */
struct net_codel {
	u64 target_ns;
	u64 interval_ns;
	u64 first_above_ns;
	u64 drop_next_ns;
	u32 count;
	u32 last_count;
	bool is_dropping;
	bool marks;
};

/**
 * struct net_queue - What waits for a link's transmitter.
 * @discipline: enum net_discipline.
 * @limit_packets: So many at most; 0: no limit.
 * @limit_bytes: So many bytes at most; 0: no limit.
 * @mark_packets: Longer than this: ECN-capable packets are marked; 0: never.
 * @mark_bytes: The same in bytes.
 * @codel: Valid with NET_CODEL.
 * @fifo: The packets.
 * @dropped: Packets dropped, for want of room or by CoDel.
 * @marked: Packets marked.
 * @delayed: Packets that have left, and ...
 * @delay_sum_ns: ... how long they waited altogether, and ...
 * @delay_max_ns: ... one of them at most.
 * @max_bytes: Longest that it has been.
 */
struct net_queue {
	u8 discipline;
	u32 limit_packets;
	u32 limit_bytes;
	u32 mark_packets;
	u32 mark_bytes;
	struct net_codel codel;
	struct net_fifo fifo;
	u64 dropped;
	u64 marked;
	u64 delayed;
	u64 delay_sum_ns;
	u64 delay_max_ns;
	u32 max_bytes;
};

/**
 * struct net_policer - A token bucket: what finds no token is dropped.
 * @rate: Bytes per second; 0: there is no policer.
 * @burst: Bytes that the bucket holds.
 * @credit: What it holds now, in bytes times nanoseconds per second.
 * @filled_ns: Up to when it has been filled.
 * @passed: Bytes that it let through.
 * @dropped: Packets that it did not.
 */
struct net_policer {
	u64 rate;
	u32 burst;
	u64 credit;
	u64 filled_ns;
	u64 passed;
	u64 dropped;
};

enum net_vary_kind { NET_STEADY, NET_SINE, NET_WALK };

/**
 * struct net_vary - How a link's delay changes by itself.
 * @kind: enum net_vary_kind.
 * @amount_ns: Farthest from the link's delay, to either side.
 * @period_ns: Of the sine; or of the walk's steps.
 * @offset_ns: Where the walk is.
 * @walked_ns: Up to when it has gone.
 * @rng: The walk's dice: it goes the same way whatever else happens.
 */
struct net_vary {
	u8 kind;
	u64 amount_ns;
	u64 period_ns;
	s64 offset_ns;
	u64 walked_ns;
	struct sim_rng rng;
};

enum net_box_kind {
	NET_BOX_THIN, /* of pure ACKs only every @number'th passes */
	NET_BOX_COMPRESS, /* pure ACKs wait, @ns at most, and go on together */
	NET_BOX_STRIP, /* an option becomes padding */
	NET_BOX_REWRITE, /* an option's kind becomes another */
	NET_BOX_MSS, /* the MSS option says @number, if it said more */
	NET_BOX_SPLIT, /* payload beyond @number bytes goes in a second segment */
	NET_BOX_MERGE, /* adjacent segments become one; one waits @ns for it */
	NET_BOX_DELAY, /* all is held up by @ns */
	NET_BOX_BLEACH, /* what might be marked no longer may */
	NET_BOX_MARK, /* all is marked, capable of it or not */
	NET_BOX_UNFLAG, /* AE, CWR and ECE are cleared */
	NET_BOX_REFUSE, /* a SYN with one of these is dropped */
};

/* Which segments a box that edits means. */
enum net_box_where { NET_WHERE_ALL, NET_WHERE_SYN, NET_WHERE_REST };

/**
 * struct net_box - A middlebox at a link's entry.
 * @next: The one that packets meet after it.
 * @link: Where it is.
 * @name: Its name.
 * @kind: enum net_box_kind.
 * @where: enum net_box_where.
 * @option: Kind of the option that is edited.
 * @new_option: What NET_BOX_REWRITE makes of it.
 * @is_off: It lets everything pass.
 * @number: By @kind.
 * @ns: By @kind.
 * @seen: Packets of its kind that it has seen.
 * @changed: Packets that it dropped, held or edited.
 * @held: What waits in it.
 * @generation: Of its timer.
 */
struct net_box {
	struct net_box *next;
	struct net_link *link;
	char name[NET_NAME_MAX];
	u8 kind;
	u8 where;
	u8 option;
	u8 new_option;
	bool is_off;
	u32 number;
	u64 ns;
	u64 seen;
	u64 changed;
	struct net_fifo held;
	u32 generation;
};

/**
 * struct net_link - One way from one node to another.
 * @net: The network.
 * @name: "FROM>TO".
 * @from: Node.
 * @to: Node.
 * @wire: Rate (bytes of IP packets per second; 0: without limit), delay, loss.
 * @vary: How the delay changes.
 * @ack_loss: Probability of loss of a pure ACK, ppm.
 * @boxes: Middleboxes, in the order in which packets meet them.
 * @policer: See there.
 * @queue: See there.
 * @sending: What the transmitter is busy with, or NULL.
 * @passed: Packets that have left.
 * @lost: Packets lost on the wire.
 */
struct net_link {
	struct sim_net *net;
	char name[NET_LINK_NAME_MAX];
	u8 from;
	u8 to;
	struct sim_link wire;
	struct net_vary vary;
	u32 ack_loss;
	struct net_box *boxes;
	struct net_policer policer;
	struct net_queue queue;
	struct sim_packet *sending;
	u64 passed;
	u64 lost;
};

struct net_node {
	char name[NET_NAME_MAX];
	struct sim_host *host; /* NULL: a router */
};

/**
 * struct sim_net - The graph.
 * @sim: The run.
 * @nodes: Hosts and routers.
 * @links: Links.
 * @route: By node and host: the link to take, NULL: there is none.
 * @nr_nodes: How many @nodes.
 * @nr_links: How many @links.
 * @is_routed: @route is up to date.
 */
struct sim_net {
	struct sim *sim;
	struct net_node nodes[NET_NODES_MAX];
	struct net_link links[NET_LINKS_MAX];
	struct net_link *route[NET_NODES_MAX][SIM_HOSTS_MAX];
	u32 nr_nodes;
	u32 nr_links;
	bool is_routed;
};

static inline u32 net_len(const struct sim_packet *pkt)
{
	return pkt->len + NET_IP_LEN;
}

/* net.c */
struct sim_net *net_new(struct sim *sim);
u8 net_add_host(struct sim_net *net, const char *name);
u8 net_add_router(struct sim_net *net, const char *name);
struct net_link *net_add_link(struct sim_net *net, u8 from, u8 to);
int net_find_node(const struct sim_net *net, const char *name);
struct net_link *net_find_link(struct sim_net *net, const char *name);
struct net_link *net_next_link(struct sim_net *net, u8 node, u8 host);
struct net_link *net_bottleneck(struct sim_net *net, u8 from, u8 to);
void net_vary(struct net_link *link, u8 kind, u64 amount_ns, u64 period_ns);
s64 net_vary_offset(struct net_link *link, u64 now);
void net_send(struct sim_net *net, struct sim_packet *pkt);
void net_arrive(struct sim *sim, struct sim_packet *pkt);
void net_link_take(struct net_link *link, struct sim_packet *pkt);
void net_link_timer(struct net_link *link);
void net_drop(struct net_link *link, struct sim_packet *pkt, const char *why);
bool net_is_pure_ack(const struct sim_packet *pkt);

/* queue.c */
void net_fifo_put(struct net_fifo *fifo, struct sim_packet *pkt);
struct sim_packet *net_fifo_take(struct net_fifo *fifo);
void net_queue_codel(struct net_queue *queue, u64 target_ns, u64 interval_ns);
bool net_queue_put(struct net_queue *queue, struct sim_packet *pkt, u64 now);
struct sim_packet *net_queue_take(struct net_queue *queue, u64 now,
				  struct net_fifo *dropped);
void net_policer_set(struct net_policer *policer, u64 rate, u32 burst,
		     u64 now);
bool net_policer_passes(struct net_policer *policer, u32 bytes, u64 now);

/* box.c */
struct net_box *net_add_box(struct net_link *link, const char *name, u8 kind);
void net_box_take(struct net_box *box, struct net_link *link,
		  struct sim_packet *pkt);
void net_box_timer(struct net_box *box, u32 generation);
void net_box_switch(struct net_box *box, bool on);

#endif /* SIM_NET_H */
