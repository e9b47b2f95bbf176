// SPDX-License-Identifier: GPL-2.0
/*
 * From IP to the connection.
 *
 * A segment is checked and parsed, finds who is responsible for it, passes the
 * host's filters and policies, and is handed over under the lock. If a user owns
 * the lock it waits in the backlog and is parsed again.
 */
#include <linux/filter.h>
#include <net/busy_poll.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/tcp.h>
#include <net/xfrm.h>

#include "burst.h"
#include "demux.h"
#include "half.h"
#include "listen.h"
#include "netns.h"
#include "reply.h"
#include "sock.h"
#include "timewait.h"
#include "trace.h"

/* Headers that wait in a backlog need not count against the buffers. */
#define BACKLOG_EXTRA SZ_64K

static void drop(struct net *net, struct sk_buff *skb, unsigned int id,
		 enum skb_drop_reason reason)
{
	atcp_mib_inc(net, id);
	trace_atcp_drop(skb, id);
	kfree_skb_reason(skb, reason);
}

/* Read the header. False: counted and dropped. */
static bool parse(struct net *net, struct sk_buff *skb, struct atcp_seg *seg)
{
	u32 hdr_len;

	if (!pskb_may_pull(skb, ATCP_HDR_LEN)) {
		drop(net, skb, ATCP_NETMIB_BAD_SHORT,
		     SKB_DROP_REASON_PKT_TOO_SMALL);
		return false;
	}
	hdr_len = atcp_seg_hdr_len(skb->data);
	if (hdr_len > ATCP_HDR_LEN && !pskb_may_pull(skb, hdr_len)) {
		drop(net, skb, ATCP_NETMIB_BAD_OFFSET,
		     SKB_DROP_REASON_PKT_TOO_SMALL);
		return false;
	}
	switch (atcp_seg_parse(seg, skb->data, skb->len)) {
	case ATCP_SEG_OK:
		seg->segs = max_t(u16, skb_shinfo(skb)->gso_segs, 1);
		/* GRO merges only what has the same. */
		seg->ecn = ip_hdr(skb)->tos & INET_ECN_MASK;
		return true;
	case ATCP_SEG_SHORT:
		drop(net, skb, ATCP_NETMIB_BAD_SHORT,
		     SKB_DROP_REASON_PKT_TOO_SMALL);
		return false;
	case ATCP_SEG_OFFSET:
		drop(net, skb, ATCP_NETMIB_BAD_OFFSET,
		     SKB_DROP_REASON_PKT_TOO_SMALL);
		return false;
	case ATCP_SEG_FLAGS:
		drop(net, skb, ATCP_NETMIB_BAD_FLAGS,
		     SKB_DROP_REASON_TCP_FLAGS);
		return false;
	}
	return false;
}

/*
 * The device may have summed it up or verified it; if not, we do. All of it now:
 * nothing of a segment is believed, not even who it is for, before that.
 */
static bool has_good_csum(struct sk_buff *skb)
{
	return !skb_checksum_init(skb, ip_hdr(skb)->protocol,
				  inet_compute_pseudo) &&
	       !skb_checksum_complete(skb);
}

/*
 * The host's say: IPsec policy, and for a socket its minimal TTL and the filters
 * of the socket and the control group. False: counted and dropped.
 */
static bool is_welcome(struct net *net, struct sock *sk, struct sk_buff *skb,
		       struct atcp_seg *seg)
{
	if (sk && ip_hdr(skb)->ttl < READ_ONCE(inet_sk(sk)->min_ttl)) {
		drop(net, skb, ATCP_NETMIB_MIN_TTL_DROPS,
		     SKB_DROP_REASON_NOT_SPECIFIED);
		return false;
	}
	if (!xfrm4_policy_check(sk, XFRM_POLICY_IN, skb)) {
		drop(net, skb, ATCP_NETMIB_XFRM_DROPS,
		     SKB_DROP_REASON_XFRM_POLICY);
		return false;
	}
	nf_reset_ct(skb);
	if (sk && sk_filter_trim_cap(sk, skb, seg->hdr_len)) {
		drop(net, skb, ATCP_NETMIB_FILTER_DROPS,
		     SKB_DROP_REASON_SOCKET_FILTER);
		return false;
	}
	/* A filter may have cut some of the payload off. */
	seg->len = skb->len - seg->hdr_len;
	return true;
}

static bool fits(struct sock *sk, struct sk_buff *skb)
{
	/* What the window allows may be twice as big with its headers. */
	if (atomic_read(&sk->sk_rmem_alloc) / 2 > READ_ONCE(sk->sk_rcvbuf))
		return false;
	return sk_rmem_schedule(sk, skb, skb->truesize);
}

/* Free what came out of order last. */
static bool give_up_range(struct sock *sk)
{
	struct atcp_step step;
	bool is_given;

	atcp_step_init(&step, ktime_get_ns(), NULL);
	is_given = atcp_conn_renege(&atcp_sk(sk)->conn, &step);
	atcp_sock_finish(sk, &step);
	return is_given;
}

/*
 * Is there memory for the payload of @skb? What fills the hole that the rest of
 * the memory waits for must not be kept out by that; and a user who has nothing
 * to read gets one more whatever the protocol's memory, or no reader would ever
 * make room. That one is a debt: the next sk_rmem_schedule() asks for it as well.
 */
static bool has_room(struct sock *sk, struct sk_buff *skb,
		     const struct atcp_seg *seg)
{
	bool is_next = !atcp_after(seg->seq, atcp_sk(sk)->conn.rcv.nxt);

	while (!fits(sk, skb)) {
		if (!is_next)
			return false;
		if (!give_up_range(sk))
			return skb_queue_empty(&sk->sk_receive_queue);
	}
	return true;
}

/* Give the user what is in order now: this payload, and what waited for it. */
static void deliver(struct sock *sk, struct sk_buff *skb,
		    const struct atcp_seg *seg, struct atcp_step *step)
{
	u32 seq = seg->seq + !!(seg->flags & ATCP_F_SYN);
	struct atcp_burst *burst, *next;

	switch ((enum atcp_keep)step->keep) {
	case ATCP_KEEP_IN_ORDER:
		atcp_recv_queue(sk, skb, seq + step->keep_off, step->keep_off,
				step->keep_len);
		break;
	case ATCP_KEEP_OUT_OF_ORDER:
		step->kept->payload = skb;
		atcp_recv_keep(sk, skb, step->now);
		break;
	case ATCP_KEEP_NONE:
		consume_skb(skb);
		break;
	}
	list_for_each_entry_safe(burst, next, &step->ready, link) {
		list_del(&burst->link);
		if (burst->payload)
			atcp_recv_kept(sk, burst->payload, burst->seq,
				       burst->skip, burst->end - burst->seq);
		atcp_burst_put(burst);
	}
}

/**
 * atcp_rx_conn() - A segment for a connection.
 * @sk: Socket.
 * @skb: Segment, skb->data at its header; taken over.
 * @seg: The same, parsed.
 *
 * Context: SK, BH off or not.
 */
void atcp_rx_conn(struct sock *sk, struct sk_buff *skb,
		  const struct atcp_seg *seg)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;
	struct atcp_step step;
	u32 i;

	if (conn->state == ATCP_CLOSED || conn->state == ATCP_LISTEN) {
		atcp_reply_reset(sock_net(sk), skb, seg);
		kfree_skb_reason(skb, SKB_DROP_REASON_TCP_CLOSE);
		return;
	}
	sk_mark_napi_id(sk, skb);
	sk_incoming_cpu_update(sk);
	sock_rps_save_rxhash(sk, skb);

	atcp_sock_begin(&step);
	for (i = atcp_seg_spares(seg); i; i--)
		atcp_step_lend(&step, atcp_burst_get());
	step.no_room = seg->len && !has_room(sk, skb, seg);
	if (step.no_room)
		atcp_mib_inc(sock_net(sk), ATCP_NETMIB_RCVBUF_DROPS);
	atcp_conn_handle_segment(conn, seg, &step);
	skb_dst_drop(skb);
	skb->dev = NULL;
	__skb_pull(skb, seg->hdr_len);
	deliver(sk, skb, seg, &step);
	atcp_sock_settle(sk, &step);
}

static u32 backlog_limit(const struct sock *sk)
{
	u64 limit = 2ULL * READ_ONCE(sk->sk_rcvbuf) +
		    READ_ONCE(sk->sk_sndbuf) + BACKLOG_EXTRA;

	return min_t(u64, limit, S32_MAX);
}

static void add_backlog(struct sock *sk, struct sk_buff *skb)
{
	skb->dev = NULL; /* it may be gone by then */
	if (sk_add_backlog(sk, skb, backlog_limit(sk)))
		drop(sock_net(sk), skb, ATCP_NETMIB_BACKLOG_DROPS,
		     SKB_DROP_REASON_SOCKET_BACKLOG);
}

/* Takes over @skb. Context: the spinlock; a user may own the socket. */
static void sock_segment(struct sock *sk, struct sk_buff *skb,
			 const struct atcp_seg *seg)
{
	if (sock_owned_by_user(sk))
		add_backlog(sk, skb);
	else
		atcp_rx_conn(sk, skb, seg);
}

/* Takes over @skb. Context: BH off; nobody's spinlock is held. */
static void to_sock(struct sock *sk, struct sk_buff *skb, struct atcp_seg *seg)
{
	if (!is_welcome(sock_net(sk), sk, skb, seg))
		return;
	bh_lock_sock_nested(sk);
	sock_segment(sk, skb, seg);
	bh_unlock_sock(sk);
}

/* The same, from a listener: its spinlock is held, or it is owned. */
static void to_child(struct sock *child, struct sk_buff *skb,
		     const struct atcp_seg *seg)
{
	bh_lock_sock(child);
	sock_segment(child, skb, seg);
	bh_unlock_sock(child);
}

/* Whom to look for, in either table. */
static struct atcp_entry key_of(struct net *net, const struct sk_buff *skb,
				const __be16 *ports)
{
	const struct iphdr *iph = ip_hdr(skb);

	return (struct atcp_entry){
		.net = net,
		.laddr = iph->daddr,
		.raddr = iph->saddr,
		.lport = ports[1],
		.rport = ports[0],
		.dev = inet_iif(skb),
		.is_wire6 = iph->protocol == IPPROTO_TCP,
	};
}

static struct atcp_entry *find(struct net *net, struct sk_buff *skb)
{
	const struct atcp_entry key =
		key_of(net, skb, (const __be16 *)skb_transport_header(skb));

	return atcp_demux_find(&key, inet_sdif(skb));
}

static struct sock *find_listener(struct net *net, struct sk_buff *skb)
{
	const struct atcp_entry key =
		key_of(net, skb, (const __be16 *)skb_transport_header(skb));

	return atcp_demux_find_listener(&key, inet_sdif(skb));
}

/* TIME-WAIT, met by a listener: it may have to give way. Takes over @skb. */
static void listener_timewait(struct sock *sk, struct atcp_entry *entry,
			      struct sk_buff *skb, const struct atcp_seg *seg)
{
	u32 iss;

	if (!atcp_timewait_handle(entry, skb, seg, &iss)) {
		consume_skb(skb);
		return;
	}
	if (atcp_demux_unhash(entry))
		atcp_timewait_forget(entry);
	atcp_listen_segment(sk, skb, seg, &iss);
}

/*
 * What a listener does with a segment is decided under its lock, and so is what
 * the segment belongs to: the connection may have gone from half-open to open
 * while we waited. Takes over @skb. Context: SK of the listener, BH off.
 */
static void listener_segment(struct sock *sk, struct sk_buff *skb,
			     struct atcp_seg *seg)
{
	struct atcp_entry *entry = find(sock_net(sk), skb);

	if (!entry) {
		atcp_listen_segment(sk, skb, seg, NULL);
		return;
	}
	switch ((enum atcp_entry_kind)entry->kind) {
	case ATCP_ENTRY_SOCK:
		to_child(atcp_demux_sock(entry), skb, seg);
		break;
	case ATCP_ENTRY_TIMEWAIT:
		listener_timewait(sk, entry, skb, seg);
		break;
	case ATCP_ENTRY_EMBRYO:
		if (atcp_half_of(entry)->listener == sk)
			atcp_listen_half_segment(sk, entry, skb, seg);
		else
			kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
		break;
	}
	atcp_demux_put(entry);
}

/* Takes over @skb. Context: BH off; nobody's spinlock is held. */
static void to_listener(struct sock *sk, struct sk_buff *skb,
			struct atcp_seg *seg)
{
	if (!is_welcome(sock_net(sk), sk, skb, seg))
		return;
	bh_lock_sock_nested(sk);
	if (sock_owned_by_user(sk))
		add_backlog(sk, skb);
	else if (sk->sk_state == TCP_LISTEN)
		listener_segment(sk, skb, seg);
	else
		atcp_rx_conn(sk, skb, seg);
	bh_unlock_sock(sk);
}

/**
 * atcp_rx_backlog() - A segment that had to wait for the user.
 * @sk: Socket, connection or listener.
 * @skb: Segment; taken over.
 *
 * Context: process, SK owned; struct proto's backlog_rcv.
 * Return: 0.
 */
int atcp_rx_backlog(struct sock *sk, struct sk_buff *skb)
{
	struct atcp_seg seg;

	if (!parse(sock_net(sk), skb, &seg))
		return 0;
	if (sk->sk_state != TCP_LISTEN) {
		atcp_sk(sk)->in_backlog = true;
		atcp_rx_conn(sk, skb, &seg);
		atcp_sk(sk)->in_backlog = false;
		return 0;
	}
	rcu_read_lock();
	local_bh_disable();
	listener_segment(sk, skb, &seg);
	local_bh_enable();
	rcu_read_unlock();
	return 0;
}

static void to_nobody(struct net *net, struct sk_buff *skb,
		      struct atcp_seg *seg)
{
	if (!is_welcome(net, NULL, skb, seg))
		return;
	atcp_reply_reset(net, skb, seg);
	drop(net, skb, ATCP_NETMIB_NO_SOCKET, SKB_DROP_REASON_NO_SOCKET);
}

static void no_connection(struct net *net, struct sk_buff *skb,
			  struct atcp_seg *seg)
{
	struct sock *sk = find_listener(net, skb);

	if (!sk) {
		to_nobody(net, skb, seg);
		return;
	}
	to_listener(sk, skb, seg);
	sock_put(sk);
}

static void to_timewait(struct net *net, struct atcp_entry *entry,
			struct sk_buff *skb, struct atcp_seg *seg)
{
	u32 iss;

	if (!is_welcome(net, NULL, skb, seg))
		return;
	/* A listener will ask again, under its lock. */
	if (atcp_timewait_handle(entry, skb, seg, &iss))
		no_connection(net, skb, seg);
	else
		consume_skb(skb);
}

/* Takes over the reference to @entry; NULL: there is no such connection. */
static void dispatch(struct net *net, struct sk_buff *skb, struct atcp_seg *seg,
		     struct atcp_entry *entry)
{
	if (!entry) {
		no_connection(net, skb, seg);
		return;
	}
	switch ((enum atcp_entry_kind)entry->kind) {
	case ATCP_ENTRY_SOCK:
		to_sock(atcp_demux_sock(entry), skb, seg);
		break;
	case ATCP_ENTRY_EMBRYO:
		to_listener(atcp_half_of(entry)->listener, skb, seg);
		break;
	case ATCP_ENTRY_TIMEWAIT:
		to_timewait(net, entry, skb, seg);
		break;
	}
	atcp_demux_put(entry);
}

/* Read and check the header. False: counted and dropped. */
static bool is_sound(struct net *net, struct sk_buff *skb, struct atcp_seg *seg)
{
	atcp_mib_inc(net, ATCP_NETMIB_IN_SEGS);
	if (!parse(net, skb, seg))
		return false;
	if (has_good_csum(skb))
		return true;
	drop(net, skb, ATCP_NETMIB_BAD_CSUM, SKB_DROP_REASON_TCP_CSUM);
	return false;
}

/**
 * atcp_rx_v4() - A packet of protocol 253, from IP.
 * @skb: Packet, skb->data behind the IP header; taken over.
 *
 * Context: softirq, RCU read section.
 * Return: 0.
 */
int atcp_rx_v4(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct atcp_seg seg;

	if (skb->pkt_type != PACKET_HOST) {
		kfree_skb_reason(skb, SKB_DROP_REASON_OTHERHOST);
		return 0;
	}
	if (is_sound(net, skb, &seg))
		dispatch(net, skb, &seg, find(net, skb));
	return 0;
}

static bool is_listened_for(const struct atcp_entry *key, int sdif)
{
	struct sock *sk = atcp_demux_find_listener(key, sdif);

	if (sk)
		sock_put(sk);
	return sk;
}

/**
 * atcp_rx_wire6() - A packet of protocol 6, from IP: ours, or native TCP's?
 * @skb: Packet, skb->data behind the IP header; taken over if it is ours. Else it
 *	is as it was, to the last bit.
 *
 * Whose it is its addresses and ports tell, before anything of it is checked.
 *
 * Context: softirq, RCU read section.
 * Return: true if it is ours.
 */
bool atcp_rx_wire6(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct atcp_entry key, *entry;
	const __be16 *ports;
	struct atcp_seg seg;
	__be16 copy[2];

	/* What native's early look-up has found is native's. */
	if (skb->sk || skb->pkt_type != PACKET_HOST)
		return false;
	ports = skb_header_pointer(skb, 0, sizeof(copy), copy);
	if (!ports)
		return false;
	key = key_of(net, skb, ports);
	entry = atcp_demux_find(&key, inet_sdif(skb));
	if (!entry && !is_listened_for(&key, inet_sdif(skb)))
		return false;

	if (is_sound(net, skb, &seg))
		dispatch(net, skb, &seg, entry);
	else if (entry)
		atcp_demux_put(entry);
	return true;
}
