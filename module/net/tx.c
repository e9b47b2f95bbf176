// SPDX-License-Identifier: GPL-2.0
/* From the connection to IP. */
#include <net/inet_ecn.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/tcp.h>

#include "burst.h"
#include "iphdr.h"
#include "netns.h"
#include "sock.h"
#include "trace.h"

static u32 ip_hdr_len(const struct sock *sk)
{
	const struct ip_options_rcu *opt;
	u32 len = sizeof(struct iphdr);

	rcu_read_lock();
	opt = rcu_dereference(inet_sk(sk)->inet_opt);
	if (opt)
		len += opt->opt.optlen;
	rcu_read_unlock();
	return len;
}

/* Where the packets go first: the peer, unless source-routed. */
static __be32 first_hop(const struct sock *sk)
{
	const struct ip_options_rcu *opt;
	__be32 addr = inet_sk(sk)->inet_daddr;

	rcu_read_lock();
	opt = rcu_dereference(inet_sk(sk)->inet_opt);
	if (opt && opt->opt.srr)
		addr = opt->opt.faddr;
	rcu_read_unlock();
	return addr;
}

/* IP and fixed TCP headers added to what is the core's measure of a path. */
static u32 mtu_for(const struct sock *sk, u16 mss)
{
	return mss + ip_hdr_len(sk) + ATCP_HDR_LEN;
}

/**
 * atcp_tx_path_mss() - What a path takes.
 * @sk: Socket, with its IP options and TCP_MAXSEG.
 * @mtu: MTU of the path.
 *
 * Return: MTU less IP and fixed TCP headers, bytes.
 */
u16 atcp_tx_path_mss(const struct sock *sk, u32 mtu)
{
	u32 headers = mtu_for(sk, 0);
	u32 mss = mtu > headers ? mtu - headers : 1;
	u16 user_mss = atcp_sk(sk)->user_mss;

	if (user_mss)
		mss = min_t(u32, mss, user_mss);
	return min_t(u32, mss, U16_MAX);
}

/**
 * atcp_tx_sync_mss() - The path's MTU, or the user's wish, has changed.
 * @sk: Socket.
 * @mtu: MTU of the path.
 *
 * Context: SK.
 */
void atcp_tx_sync_mss(struct sock *sk, u32 mtu)
{
	struct atcp_sock *as = atcp_sk(sk);

	as->path_mtu = mtu;
	atcp_conn_set_path_mss(&as->conn, atcp_tx_path_mss(sk, mtu));
}

/**
 * atcp_tx_own_mss() - The MSS option to send.
 * @sk: Socket, or listener.
 * @dst: Route to the peer.
 *
 * The route says, or the device, how much may come; that has nothing to do with
 * the path by which our segments go, or with our IP options (RFC 6691).
 *
 * Context: any.
 * Return: bytes.
 */
u16 atcp_tx_own_mss(const struct sock *sk, const struct dst_entry *dst)
{
	u32 mss = dst_metric_advmss(dst);
	u32 user_mss = READ_ONCE(atcp_sk(sk)->user_mss);

	return user_mss ? min(mss, user_mss) : min_t(u32, mss, U16_MAX);
}

/**
 * atcp_tx_mtu() - What the packets of a connection are made for, at most.
 * @sk: Socket.
 *
 * Context: SK.
 * Return: the route's MTU, or less if that is found not to pass; bytes.
 */
u32 atcp_tx_mtu(const struct sock *sk)
{
	const struct atcp_sock *as = atcp_sk(sk);

	if (!as->conn.pmtu.is_on)
		return as->path_mtu;
	return min(as->path_mtu, mtu_for(sk, as->conn.snd.path_mss));
}

static struct dst_entry *route_again(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	struct rtable *rt;

	rt = ip_route_output_ports(sock_net(sk), fl4, sk, first_hop(sk),
				   inet->inet_saddr, inet->inet_dport,
				   inet->inet_sport, atcp_sock_wire(sk),
				   ip_sock_rt_tos(sk), sk->sk_bound_dev_if);
	if (IS_ERR(rt))
		return NULL;
	sk_setup_caps(sk, &rt->dst);
	return &rt->dst;
}

/**
 * atcp_tx_peek_dst() - The same as atcp_tx_dst(), but the core is not told.
 * @sk: Socket with both addresses and ports.
 *
 * Context: SK.
 * Return: route, the socket's; or NULL if there is none at present.
 */
struct dst_entry *atcp_tx_peek_dst(struct sock *sk)
{
	return __sk_dst_check(sk, 0) ?: route_again(sk);
}

/**
 * atcp_tx_dst() - The connection's route, looked for anew if it has gone stale.
 * @sk: Socket with both addresses and ports.
 *
 * Also keeps the core's idea of the path's MSS up to date.
 *
 * Context: SK.
 * Return: route, the socket's; or NULL if there is none at present.
 */
struct dst_entry *atcp_tx_dst(struct sock *sk)
{
	struct dst_entry *dst = atcp_tx_peek_dst(sk);
	u32 mtu;

	if (!dst)
		return NULL;
	mtu = dst_mtu(dst);
	if (mtu != atcp_sk(sk)->path_mtu)
		atcp_tx_sync_mss(sk, mtu);
	return dst;
}

/**
 * atcp_tx_tell_route() - A router's report about the path has been believed.
 * @sk: Socket; its core knows what the route is to say.
 *
 * Context: SK.
 */
void atcp_tx_tell_route(struct sock *sk)
{
	struct dst_entry *dst = atcp_tx_peek_dst(sk);

	if (!dst)
		return;
	dst->ops->update_pmtu(dst, sk, NULL,
			      mtu_for(sk, atcp_sk(sk)->conn.pmtu.route), true);
	dst = atcp_tx_peek_dst(sk);
	if (dst)
		atcp_tx_sync_mss(sk, dst_mtu(dst));
}

/**
 * atcp_tx_ip_options() - The user has changed the options of the IP header.
 * @sk: Socket of a connection.
 *
 * They may be a source route, and whatever they are, the payload has what they
 * leave.
 *
 * Context: process, SK.
 */
void atcp_tx_ip_options(struct sock *sk)
{
	sk_dst_reset(sk);
	atcp_sk(sk)->path_mtu = 0;
	atcp_tx_dst(sk);
}

static int take_route(struct sock *sk, struct rtable *rt)
{
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return -ENETUNREACH;
	}
	sk_setup_caps(sk, &rt->dst);
	return 0;
}

/**
 * atcp_tx_route() - How to reach a peer that the user names.
 * @sk: Socket; inet_daddr and inet_dport are set, the source perhaps.
 *
 * Sets what is open of the addresses, and the route.
 *
 * Context: process, SK.
 * Return: 0, -EINVAL for a source route that leads nowhere, or what the routing
 * says: -ENETUNREACH, -EHOSTUNREACH, -EACCES...
 */
int atcp_tx_route(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	__be32 hop = first_hop(sk);
	struct rtable *rt;
	int err;

	if (hop && !inet->inet_daddr)
		return -EINVAL;
	rt = ip_route_connect(fl4, hop, inet->inet_saddr, sk->sk_bound_dev_if,
			      atcp_sock_wire(sk), inet->inet_sport,
			      inet->inet_dport, sk);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		return PTR_ERR(rt);
	}
	err = take_route(sk, rt);
	if (err)
		return err;
	/* Unless source-routed: 0.0.0.0 is this host. */
	if (hop == inet->inet_daddr)
		sk_daddr_set(sk, fl4->daddr);
	if (!inet->inet_saddr) {
		inet->inet_saddr = fl4->saddr;
		sk_rcv_saddr_set(sk, fl4->saddr);
	}
	return 0;
}

/**
 * atcp_tx_reroute() - The source port is known now: the flow is another.
 * @sk: Socket that atcp_tx_route() has routed.
 * @old_sport: inet_sport at that time.
 *
 * Context: process, SK.
 * Return: 0 or what the routing says.
 */
int atcp_tx_reroute(struct sock *sk, __be16 old_sport)
{
	struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst = __sk_dst_get(sk);
	struct rtable *rt;

	if (inet->inet_sport != old_sport) {
		dst_hold(dst);
		rt = ip_route_newports(&inet->cork.fl.u.ip4,
				       container_of(dst, struct rtable, dst),
				       old_sport, inet->inet_dport,
				       inet->inet_sport, inet->inet_dport, sk);
		if (IS_ERR(rt))
			return PTR_ERR(rt);
		sk_setup_caps(sk, &rt->dst);
		dst = &rt->dst;
	}
	atcp_tx_sync_mss(sk, dst_mtu(dst));
	atcp_sk(sk)->conn.rcv.own_mss = atcp_tx_own_mss(sk, dst);
	return 0;
}

/*
 * May the sum be left to the device? TCP's to any, since the stack sees to those
 * that cannot. Protocol 253's only to one that sums up anything: one that knows TCP
 * and UDP only may look at the protocol number, or not.
 */
static bool leaves_csum(const struct sock *sk, const struct dst_entry *dst)
{
	return atcp_sock_is_wire6(sk) ||
	       (dst->dev->features & NETIF_F_HW_CSUM && !dst->header_len);
}

static void add_csum(const struct sock *sk, struct sk_buff *skb,
		     const struct dst_entry *dst)
{
	const struct inet_sock *inet = inet_sk(sk);
	u8 wire = atcp_sock_wire(sk);
	struct tcphdr *th = tcp_hdr(skb);

	if (leaves_csum(sk, dst)) {
		th->check = ~csum_tcpudp_magic(inet->inet_saddr,
					       inet->inet_daddr, skb->len,
					       wire, 0);
		skb->csum_start = skb_transport_header(skb) - skb->head;
		skb->csum_offset = ATCP_CSUM_OFFSET;
		skb->ip_summed = CHECKSUM_PARTIAL;
		return;
	}
	th->check = 0;
	th->check = csum_tcpudp_magic(inet->inet_saddr, inet->inet_daddr,
				      skb->len, wire,
				      skb_checksum(skb, 0, skb->len, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

static struct sk_buff *build(struct sock *sk, const struct atcp_tx *tx)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct sk_buff *skb;
	u8 *hdr;

	skb = alloc_skb(MAX_TCP_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	if (tx->len && atcp_send_fill(sk, skb, tx->seq, tx->len)) {
		kfree_skb(skb);
		return NULL;
	}
	hdr = skb_push(skb, ATCP_HDR_LEN + tx->opt_len);
	skb_reset_transport_header(skb);
	atcp_seg_build(hdr, tx, ntohs(inet->inet_sport),
		       ntohs(inet->inet_dport));
	return skb;
}

static void trace_reset(const struct sock *sk, const struct atcp_tx *tx)
{
	const struct inet_sock *inet = inet_sk(sk);

	trace_atcp_reset(sk, inet->inet_saddr, inet->inet_daddr,
			 ntohs(inet->inet_sport), ntohs(inet->inet_dport), tx);
}

/* The user's choice, and the core's: IP_TOS does not reach the ECN field. */
static u8 tos_of(const struct sock *sk, const struct atcp_tx *tx)
{
	return (READ_ONCE(inet_sk(sk)->tos) & ~INET_ECN_MASK) | tx->ecn;
}

/*
 * Takes @skb over. Like the stack's own way for sockets, but that knows a socket's
 * protocol number only, not that of the wire.
 */
static void to_ip(struct sock *sk, struct sk_buff *skb, struct dst_entry *dst,
		  u8 tos)
{
	const struct inet_sock *inet = inet_sk(sk);
	int ttl = READ_ONCE(inet->uc_ttl);
	struct net *net = sock_net(sk);
	const struct iphdr like = {
		.tos = tos,
		.frag_off = ip_dont_fragment(sk, dst) ? htons(IP_DF) : 0,
		.ttl = ttl < 0 ? ip4_dst_hoplimit(dst) : ttl,
		.protocol = atcp_sock_wire(sk),
		.saddr = inet->inet_saddr,
		.daddr = inet->inet_daddr,
	};
	const struct ip_options_rcu *opt;

	rcu_read_lock();
	opt = rcu_dereference(inet->inet_opt);
	skb_dst_set_noref(skb, dst);
	if (opt && opt->opt.is_strictroute && skb_rtable(skb)->rt_uses_gateway) {
		IP_INC_STATS(net, IPSTATS_MIB_OUTNOROUTES);
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
		rcu_read_unlock();
		return;
	}
	atcp_iphdr_push(skb, &like, opt ? &opt->opt : NULL);
	ip_select_ident_segs(net, skb, sk, 1);
	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = READ_ONCE(sk->sk_mark);
	ip_local_out(net, sk, skb);
	rcu_read_unlock();
}

/*
 * One skb; it may be lost on the way, and so may it be here. Its route is looked
 * for each time: IP may put another in the last one's place, and let go of that.
 */
static void send_one(struct sock *sk, const struct atcp_tx *tx)
{
	struct dst_entry *dst = atcp_tx_dst(sk);
	struct net *net = sock_net(sk);
	struct sk_buff *skb;

	if (!dst)
		return;
	skb = build(sk, tx);
	if (!skb) {
		atcp_mib_inc(net, ATCP_NETMIB_NO_MEMORY);
		return;
	}
	add_csum(sk, skb, dst);
	skb_set_owner_w(skb, sk);
	skb_set_hash_from_sk(skb, sk);
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	atcp_mib_inc(net, ATCP_NETMIB_OUT_SEGS);
	if (tx->is_again) {
		atcp_mib_inc(net, ATCP_NETMIB_RETRANS_SEGS);
		trace_atcp_retransmit(sk, tx);
	}
	if (tx->flags & ATCP_F_RST)
		trace_reset(sk, tx);
	to_ip(sk, skb, dst, tos_of(sk, tx));
}

/* The part of a burst that begins @off bytes in. */
static void cut(struct atcp_tx *part, const struct atcp_tx *tx, u32 off)
{
	*part = *tx;
	part->seq += off;
	part->len = min_t(u32, tx->len - off, tx->mss);
	if (off + part->len < tx->len)
		part->flags &= ~(ATCP_F_FIN | ATCP_F_PSH);
	if (tx->urg > off)
		part->urg -= off;
	else
		part->flags &= ~ATCP_F_URG;
}

/* A burst as its segments, each an skb of its own. */
static void send_burst(struct sock *sk, const struct atcp_tx *tx)
{
	struct atcp_tx part;
	u32 off;

	if (tx->len <= tx->mss) {
		send_one(sk, tx);
		return;
	}
	for (off = 0; off < tx->len; off += part.len) {
		cut(&part, tx, off);
		send_one(sk, &part);
	}
}

/**
 * atcp_tx_push() - Send what the core has to send.
 * @sk: Socket.
 *
 * Without a route, or memory, it is as if the network had lost it.
 *
 * Context: SK.
 */
void atcp_tx_push(struct sock *sk)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;
	struct atcp_step step;
	struct atcp_tx tx;

	conn->config.max_pacing_Bps = atcp_sock_max_pacing_Bps(sk);
	atcp_sock_begin(&step);
	while (atcp_conn_poll_tx(conn, &step, &tx)) {
		send_burst(sk, &tx);
		if (list_empty(&step.spares))
			atcp_step_lend(&step, atcp_burst_get());
	}
	atcp_sock_finish(sk, &step);
}
