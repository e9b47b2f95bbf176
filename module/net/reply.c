// SPDX-License-Identifier: GPL-2.0
#include <linux/security.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/tcp.h>

#include "core/seg.h"
#include "iphdr.h"
#include "netns.h"
#include "reply.h"
#include "sock.h"
#include "trace.h"

/**
 * atcp_reply_to_skb() - Back to where a segment came from.
 * @r: Filled in.
 * @net: Namespace.
 * @skb: Segment, with its IP header and route; skb->data is at its header.
 *
 * Context: softirq, or the backlog.
 */
void atcp_reply_to_skb(struct atcp_reply *r, struct net *net,
		       struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const __be16 *ports = (const __be16 *)skb_transport_header(skb);

	*r = (struct atcp_reply){
		.net = net,
		.laddr = iph->daddr,
		.raddr = iph->saddr,
		.lport = ports[1],
		.rport = ports[0],
		.mark = IP4_REPLY_MARK(net, skb->mark),
		.wire = iph->protocol,
		.tos = iph->tos & ~INET_ECN_MASK,
		.uid = sock_net_uid(net, NULL),
	};
	if (netif_index_is_l3_master(net, skb->skb_iif))
		r->oif = skb->skb_iif;
}

/**
 * atcp_reply_route() - How to get there.
 * @r: Addresses.
 *
 * To one host only: a segment from a broadcast or multicast address is forged,
 * and IP has let it in if it does not filter by return path.
 *
 * Context: any.
 * Return: route, the caller's to put, or an ERR_PTR.
 */
struct rtable *atcp_reply_route(const struct atcp_reply *r)
{
	struct flowi4 fl4;
	struct rtable *rt;

	flowi4_init_output(&fl4, r->oif, r->mark, r->tos & IPTOS_TOS_MASK,
			   RT_SCOPE_UNIVERSE, r->wire,
			   r->sk ? inet_sk_flowi_flags(r->sk) : 0,
			   r->route ? r->route->opt.faddr : r->raddr, r->laddr,
			   r->rport, r->lport, r->uid);
	if (r->sk)
		security_sk_classify_flow(r->sk, flowi4_to_flowi_common(&fl4));
	rt = ip_route_output_flow(r->net, &fl4, r->sk);
	if (!IS_ERR(rt) && rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	return rt;
}

static struct sk_buff *build(const struct atcp_reply *r,
			     const struct atcp_tx *tx)
{
	u32 len = ATCP_HDR_LEN + tx->opt_len;
	struct sk_buff *skb;
	struct tcphdr *th;

	skb = alloc_skb(MAX_TCP_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_TCP_HEADER);
	th = skb_push(skb, len);
	skb_reset_transport_header(skb);
	atcp_seg_build((u8 *)th, tx, ntohs(r->lport), ntohs(r->rport));
	th->check = 0;
	th->check = csum_tcpudp_magic(r->laddr, r->raddr, len, r->wire,
				      csum_partial(th, len, 0));
	return skb;
}

static void push_ip_header(struct sk_buff *skb, const struct atcp_reply *r,
			   struct rtable *rt)
{
	int ttl = r->sk ? READ_ONCE(inet_sk(r->sk)->uc_ttl) : -1;
	const struct iphdr like = {
		.tos = r->tos,
		.frag_off = htons(IP_DF),
		.ttl = ttl < 0 ? ip4_dst_hoplimit(&rt->dst) : ttl,
		.protocol = r->wire,
		.saddr = r->laddr,
		.daddr = r->raddr,
	};

	atcp_iphdr_push(skb, &like, r->route ? &r->route->opt : NULL);
}

/**
 * atcp_reply_send() - Send it.
 * @r: From where to where.
 * @rt: Route from atcp_reply_route(), used up here; NULL to look for it.
 * @tx: Segment; no payload.
 *
 * If it cannot be sent it is lost, as on the wire.
 *
 * Context: any.
 */
void atcp_reply_send(const struct atcp_reply *r, struct rtable *rt,
		     const struct atcp_tx *tx)
{
	struct sk_buff *skb;

	if (!rt)
		rt = atcp_reply_route(r);
	if (IS_ERR(rt))
		return;
	skb = build(r, tx);
	if (!skb) {
		atcp_mib_inc(r->net, ATCP_NETMIB_NO_MEMORY);
		ip_rt_put(rt);
		return;
	}
	skb_dst_set(skb, &rt->dst);
	skb->protocol = htons(ETH_P_IP);
	skb->mark = r->mark;
	if (r->sk) {
		skb->priority = READ_ONCE(r->sk->sk_priority);
		skb_set_owner_w(skb, r->sk);
	}
	atcp_mib_inc(r->net, ATCP_NETMIB_OUT_SEGS);
	if (tx->flags & ATCP_F_RST)
		trace_atcp_reset(r->sk, r->laddr, r->raddr, ntohs(r->lport),
				 ntohs(r->rport), tx);
	push_ip_header(skb, r, rt);
	ip_local_out(r->net, r->sk, skb);
}

/**
 * atcp_reply_reset() - Answer a segment that nobody wants.
 * @net: Namespace.
 * @skb: Segment; stays the caller's.
 * @seg: The same, parsed.
 *
 * Nothing happens if RFC 9293 section 3.5.2 has no RST for it, or if it was not
 * for this host alone.
 *
 * Context: softirq, or the backlog.
 */
void atcp_reply_reset(struct net *net, struct sk_buff *skb,
		      const struct atcp_seg *seg)
{
	struct atcp_reply r;
	struct atcp_tx tx;

	if (!skb_rtable(skb) || skb_rtable(skb)->rt_type != RTN_LOCAL)
		return;
	if (!atcp_seg_reset_for(&tx, seg))
		return;
	atcp_reply_to_skb(&r, net, skb);
	atcp_mib_inc(net, ATCP_NETMIB_RESETS_SENT);
	atcp_reply_send(&r, NULL, &tx);
}
