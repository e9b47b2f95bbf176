// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that come to a listener: SYNs, answered by a half-open connection or
 * by a cookie, and the ACKs that make a connection of either.
 */
#include <linux/security.h>
#include <linux/slab.h>
#include <net/busy_poll.h>
#include <net/inet_ecn.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/request_sock.h>
#include <net/route.h>

#include "core/cookie.h"
#include "accept.h"
#include "demux.h"
#include "half.h"
#include "listen.h"
#include "netns.h"
#include "reply.h"
#include "sock.h"
#include "srcroute.h"

/* A cookie is good for that long at most. */
#define COOKIE_LIFE_NS (128 * ATCP_NSEC_PER_SEC)

static void fill_tuple(struct atcp_tuple *tuple, const struct atcp_entry *e)
{
	*tuple = (struct atcp_tuple){
		.laddr = (__force u32)e->laddr,
		.raddr = (__force u32)e->raddr,
		.lport = (__force u16)e->lport,
		.rport = (__force u16)e->rport,
	};
}

static const struct atcp_secret *secret_of(const struct sock *sk)
{
	return atcp_net_secret(sock_net(sk), atcp_sock_is_wire6(sk));
}

/* @half for the segment @skb, but for what the core remembers. To be emptied. */
static void fill_half(struct atcp_half *half, struct sock *sk, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const __be16 *ports = (const __be16 *)skb_transport_header(skb);
	struct net *net = sock_net(sk);

	memset(&half->entry, 0, sizeof(half->entry));
	half->entry.net = net;
	half->entry.laddr = iph->daddr;
	half->entry.raddr = iph->saddr;
	half->entry.lport = ports[1];
	half->entry.rport = ports[0];
	half->entry.dev = inet_request_bound_dev_if(sk, skb);
	half->entry.kind = ATCP_ENTRY_EMBRYO;
	half->entry.is_wire6 = atcp_sock_is_wire6(sk);
	half->listener = sk;
	half->mark = inet_request_mark(sk, skb);
	half->tos = READ_ONCE(net->ipv4.sysctl_tcp_reflect_tos) ?
			    iph->tos & ~INET_ECN_MASK :
			    inet_sk(sk)->tos;
	half->route = atcp_srcroute_back(net, skb);
}

static void empty_half(struct atcp_half *half)
{
	kfree(half->route);
}

/* The security module wants a request_sock: one for the duration of the call. */
static bool lsm_allows(struct sock *sk, struct sk_buff *skb,
		       const struct atcp_half *half)
{
	static struct request_sock_ops ops = { .family = PF_INET };
	struct inet_request_sock ireq = {};
	struct request_sock *req = &ireq.req;
	int err;

	req->rsk_ops = &ops;
	req->rsk_listener = sk;
	ireq.ir_loc_addr = half->entry.laddr;
	ireq.ir_rmt_addr = half->entry.raddr;
	ireq.ir_num = ntohs(half->entry.lport);
	ireq.ir_rmt_port = half->entry.rport;
	ireq.ir_mark = half->mark;
	ireq.ir_iif = half->entry.dev;
	err = security_inet_conn_request(sk, skb, req);
	kfree(rcu_dereference_protected(ireq.ireq_opt, true));

	return !err;
}

static void warn_flood(struct sock *sk)
{
	struct atcp_net *an = atcp_net(sock_net(sk));

	if (xchg(&an->has_warned_cookies, true))
		return;
	net_info_ratelimited("atcp: port %u: more SYNs than listen() provides for, answered with cookies\n",
			     inet_sk(sk)->inet_num);
}

/* What to do with one more SYN. */
enum admission { REFUSE, REMEMBER, COOKIE };

static enum admission admit(struct sock *sk)
{
	const struct atcp_listener *l = atcp_sk(sk)->listener;
	struct net *net = sock_net(sk);
	int cookies = atcp_sysctl_syncookies(net);
	u32 backlog = READ_ONCE(net->ipv4.sysctl_max_syn_backlog);

	if (sk_acceptq_is_full(sk)) {
		atcp_mib_inc(net, ATCP_NETMIB_LISTEN_OVERFLOWS);
		return REFUSE;
	}
	if (cookies == 2)
		return COOKIE;
	if (l->nr_halves >= READ_ONCE(sk->sk_max_ack_backlog)) {
		if (!cookies)
			return REFUSE;
		warn_flood(sk);
		return COOKIE;
	}
	/* Without cookies the last quarter is not for strangers. */
	if (!cookies && l->nr_halves >= backlog - (backlog >> 2))
		return REFUSE;
	return REMEMBER;
}

/* Answer and remember nothing. */
static void answer_by_cookie(struct sock *sk, const struct atcp_half *like,
			     const struct atcp_seg *seg, struct rtable *rt,
			     struct atcp_step *step)
{
	struct atcp_conn *conn = &atcp_sk(sk)->conn;
	struct atcp_embryo embryo;
	struct atcp_tuple tuple;
	struct atcp_reply r;
	struct atcp_tx tx;

	fill_tuple(&tuple, &like->entry);
	atcp_cookie_init(&embryo, seg, &conn->config, secret_of(sk), &tuple,
			 atcp_tx_own_mss(sk, &rt->dst), conn->rcv.full, step);
	atcp_embryo_build_synack(&embryo, &conn->config, &tx, step);
	atcp_sk(sk)->listener->cookie_ns = step->now;
	atcp_half_reply(&r, like);
	atcp_reply_send(&r, rt, &tx);
}

/* Answer and remember. */
static void answer_and_keep(struct sock *sk, struct atcp_half *like,
			    const struct atcp_seg *seg, struct rtable *rt,
			    const u32 *iss, struct atcp_step *step)
{
	const struct atcp_secret *secret = secret_of(sk);
	struct atcp_conn *conn = &atcp_sk(sk)->conn;
	struct atcp_tuple tuple;
	struct atcp_reply r;
	struct atcp_tx tx;

	fill_tuple(&tuple, &like->entry);
	atcp_embryo_init(&like->core, seg, &conn->config,
			 iss ? *iss : atcp_isn_generate(secret, &tuple,
							step->now),
			 atcp_isn_ts_offset(secret, &tuple),
			 atcp_tx_own_mss(sk, &rt->dst), conn->rcv.full);
	atcp_embryo_build_synack(&like->core, &conn->config, &tx, step);
	/* If another took its place, that one answers the next SYN. */
	if (!atcp_half_add(sk, like)) {
		ip_rt_put(rt);
		return;
	}
	atcp_half_reply(&r, like);
	atcp_reply_send(&r, rt, &tx);
	atcp_timer_arm(sk);
}

static bool is_for_us_alone(const struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);

	return rt && !(rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST));
}

static void on_syn(struct sock *sk, struct sk_buff *skb,
		   const struct atcp_seg *seg, const u32 *iss,
		   struct atcp_step *step)
{
	enum admission admission = admit(sk);
	struct atcp_half like = {};
	struct atcp_reply r;
	struct rtable *rt;

	if (admission == REFUSE || !is_for_us_alone(skb))
		goto drop;
	fill_half(&like, sk, skb);
	if (!lsm_allows(sk, skb, &like))
		goto drop;
	atcp_half_reply(&r, &like);
	rt = atcp_reply_route(&r);
	if (IS_ERR(rt))
		goto drop;
	if (admission == COOKIE && !iss)
		answer_by_cookie(sk, &like, seg, rt, step);
	else
		answer_and_keep(sk, &like, seg, rt, iss, step);
	empty_half(&like);
	return;
drop:
	empty_half(&like);
	atcp_mib_inc(sock_net(sk), ATCP_NETMIB_LISTEN_DROPS);
}

static void set_addresses(struct sock *child, const struct atcp_half *half,
			  struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(child);
	const struct atcp_entry *e = &half->entry;

	sk_daddr_set(child, e->raddr);
	sk_rcv_saddr_set(child, e->laddr);
	inet->inet_saddr = e->laddr;
	inet->inet_sport = e->lport;
	inet->inet_dport = e->rport;
	inet->mc_index = inet_iif(skb);
	inet->mc_ttl = ip_hdr(skb)->ttl;
	inet->rcv_tos = ip_hdr(skb)->tos;
	inet->tos = half->tos;
	RCU_INIT_POINTER(inet->inet_opt, atcp_srcroute_copy(half->route));
	child->sk_bound_dev_if = e->dev;
	child->sk_mark = half->mark;
	sk_set_txhash(child);
	sk_mark_napi_id_set(child, skb);
	atcp_sk(child)->entry = *e;
	atcp_sk(child)->entry.kind = ATCP_ENTRY_SOCK;
	INIT_HLIST_NODE(&atcp_sk(child)->entry.node);
	atcp_sk(child)->entry.is_hashed = false;
}

static int start_child(struct sock *child, const struct atcp_half *half,
		       struct atcp_entry *instead_of)
{
	struct atcp_sock *as = atcp_sk(child);
	struct dst_entry *dst = atcp_tx_dst(child);
	struct atcp_step step;

	if (!dst)
		return -EHOSTUNREACH;
	as->out.seq = half->core.iss + 1;
	as->out.end = half->core.iss + 1;
	atcp_recv_space(child);
	atcp_sock_begin(&step);
	atcp_conn_accept(&as->conn, &half->core, &step);
	atcp_sock_finish(child, &step);
	return atcp_demux_hash(&as->entry, instead_of);
}

/*
 * The handshake is complete: make a socket, in the table in @instead_of's place.
 * Returns it, locked, or NULL.
 */
static struct sock *make_child(struct sock *sk, const struct atcp_half *half,
			       struct atcp_entry *instead_of,
			       struct sk_buff *skb)
{
	struct sock *child = atcp_sock_clone(sk, GFP_ATOMIC | __GFP_NOWARN);

	if (!child) {
		atcp_mib_inc(sock_net(sk), ATCP_NETMIB_NO_MEMORY);
		return NULL;
	}
	set_addresses(child, half, skb);
	if (!atcp_demux_bind_child(child, sk) &&
	    !start_child(child, half, instead_of))
		return child;

	sock_hold(child);
	bh_unlock_sock(child);
	atcp_sock_abort(child);
	sock_put(child);
	return NULL;
}

/* Into the accept queue, and give it the segment that made it. */
static void admit_child(struct sock *sk, struct sock *child,
			struct sk_buff *skb, const struct atcp_seg *seg)
{
	struct atcp_listener *l = atcp_sk(sk)->listener;

	security_inet_conn_established(child, skb);
	list_add_tail(&atcp_sk(child)->accept_node, &l->ready);
	sk_acceptq_added(sk);
	atcp_rx_conn(child, skb, seg);
	bh_unlock_sock(child);
	sk->sk_data_ready(sk);
}

/* Takes over @skb. */
static void on_established(struct sock *sk, struct atcp_half *half,
			   struct sk_buff *skb, const struct atcp_seg *seg)
{
	struct net *net = sock_net(sk);
	struct sock *child;

	if (sk_acceptq_is_full(sk)) {
		atcp_mib_inc(net, ATCP_NETMIB_LISTEN_OVERFLOWS);
		if (READ_ONCE(net->ipv4.sysctl_tcp_abort_on_overflow)) {
			atcp_reply_reset(net, skb, seg);
			atcp_half_drop(half);
		}
		goto drop;
	}
	child = make_child(sk, half, &half->entry, skb);
	if (!child)
		goto drop;
	atcp_half_forget(half);
	admit_child(sk, child, skb, seg);
	return;
drop:
	atcp_mib_inc(net, ATCP_NETMIB_LISTEN_DROPS);
	kfree_skb(skb);
}

/**
 * atcp_listen_half_segment() - A segment for a half-open connection.
 * @sk: Its listener.
 * @entry: Half-open connection; the caller has a reference.
 * @skb: Segment; taken over.
 * @seg: The same, parsed.
 *
 * Context: SK of the listener, BH off.
 */
void atcp_listen_half_segment(struct sock *sk, struct atcp_entry *entry,
			      struct sk_buff *skb, const struct atcp_seg *seg)
{
	struct atcp_half *half = atcp_half_of(entry);
	enum atcp_embryo_verdict verdict;
	u64 deadline_ns = half->core.deadline_ns;
	struct atcp_step step;
	struct atcp_tx tx;

	atcp_step_init(&step, ktime_get_ns(), NULL);
	verdict = atcp_embryo_handle_segment(&half->core,
					     &atcp_sk(sk)->conn.config, seg,
					     &tx, &step);
	atcp_mib_add_set(sock_net(sk), step.counted);
	if (half->core.deadline_ns != deadline_ns)
		atcp_half_requeue(half);

	switch (verdict) {
	case ATCP_EMBRYO_ESTABLISHED:
		on_established(sk, half, skb, seg);
		return;
	case ATCP_EMBRYO_GONE:
		atcp_half_drop(half);
		break;
	case ATCP_EMBRYO_ANSWER:
	case ATCP_EMBRYO_RESET:
		atcp_half_send(half, &tx);
		break;
	case ATCP_EMBRYO_DROP:
		break;
	}
	kfree_skb(skb);
}

/* Perhaps the answer to a cookie. Takes over @skb. */
static void on_ack(struct sock *sk, struct sk_buff *skb,
		   const struct atcp_seg *seg, struct atcp_step *step)
{
	struct atcp_listener *l = atcp_sk(sk)->listener;
	struct atcp_conn *conn = &atcp_sk(sk)->conn;
	struct net *net = sock_net(sk);
	struct atcp_tuple tuple;
	struct atcp_half like = {};
	struct sock *child;
	struct rtable *rt;
	struct atcp_reply r;
	u16 mss;

	if (!l->cookie_ns || step->now - l->cookie_ns > COOKIE_LIFE_NS)
		goto reset;
	fill_half(&like, sk, skb);
	fill_tuple(&tuple, &like.entry);
	atcp_half_reply(&r, &like);
	rt = atcp_reply_route(&r);
	if (IS_ERR(rt))
		goto drop;
	mss = atcp_tx_own_mss(sk, &rt->dst);
	ip_rt_put(rt);
	if (!atcp_cookie_check(&like.core, seg, &conn->config,
			       secret_of(sk), &tuple, mss,
			       conn->rcv.full, step))
		goto reset;
	if (sk_acceptq_is_full(sk)) {
		atcp_mib_inc(net, ATCP_NETMIB_LISTEN_OVERFLOWS);
		goto drop;
	}
	if (!lsm_allows(sk, skb, &like))
		goto drop;
	child = make_child(sk, &like, NULL, skb);
	if (!child)
		goto drop;
	admit_child(sk, child, skb, seg);
	empty_half(&like);
	return;
reset:
	atcp_reply_reset(net, skb, seg);
drop:
	empty_half(&like);
	kfree_skb(skb);
}

/**
 * atcp_listen_segment() - A segment that belongs to no connection.
 * @sk: Listener.
 * @skb: Segment; taken over.
 * @seg: The same, parsed.
 * @iss: Initial number to use if it is a SYN that ends a TIME-WAIT, or NULL.
 *
 * RFC 9293 section 3.10.7.2.
 *
 * Context: SK of the listener, BH off.
 */
void atcp_listen_segment(struct sock *sk, struct sk_buff *skb,
			 const struct atcp_seg *seg, const u32 *iss)
{
	struct atcp_step step;

	/* The user may have changed the buffer since, and what children get. */
	atcp_recv_space(sk);
	atcp_step_init(&step, ktime_get_ns(), NULL);
	switch (atcp_embryo_judge(seg, &step)) {
	case ATCP_LISTEN_ACK:
		on_ack(sk, skb, seg, &step);
		skb = NULL;
		break;
	case ATCP_LISTEN_SYN:
		on_syn(sk, skb, seg, iss, &step);
		break;
	case ATCP_LISTEN_RESET:
		atcp_reply_reset(sock_net(sk), skb, seg);
		break;
	case ATCP_LISTEN_DROP:
		break;
	}
	atcp_mib_add_set(sock_net(sk), step.counted);
	kfree_skb(skb);
}
