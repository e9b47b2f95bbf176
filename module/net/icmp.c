// SPDX-License-Identifier: GPL-2.0
/* Errors that the network reports about segments of ours. */
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/tcp.h>

#include "demux.h"
#include "half.h"
#include "netns.h"
#include "sock.h"

/**
 * struct report - What ICMP says.
 * @iph: IP header of the segment that it is about.
 * @th: Its first 8 bytes behind that; no more is there.
 * @type: ICMP type.
 * @code: ICMP code.
 * @info: MTU, with ICMP_FRAG_NEEDED.
 */
struct report {
	const struct iphdr *iph;
	const struct tcphdr *th;
	u8 type;
	u8 code;
	u32 info;
};

static u32 seq_of(const struct report *r)
{
	return ntohl(r->th->seq);
}

static bool is_pmtu(const struct report *r)
{
	return r->type == ICMP_DEST_UNREACH && r->code == ICMP_FRAG_NEEDED;
}

/* errno as Linux maps it, or 0 for what does not concern us. */
static int errno_of(const struct report *r)
{
	switch (r->type) {
	case ICMP_PARAMETERPROB:
		return EPROTO;
	case ICMP_TIME_EXCEEDED:
		return EHOSTUNREACH;
	case ICMP_DEST_UNREACH:
		if (r->code > NR_ICMP_UNREACH || r->code == ICMP_FRAG_NEEDED)
			return 0;
		return icmp_err_convert[r->code].errno;
	default:
		return 0;
	}
}

/* IP_RECVERR: the user wants to see the report itself. */
static void queue_report(struct sock *sk, struct sk_buff *skb,
			 const struct report *r, int err)
{
	struct sock_exterr_skb *serr;

	skb = skb_clone(skb, GFP_ATOMIC);
	if (!skb)
		return;
	serr = SKB_EXT_ERR(skb);
	memset(serr, 0, sizeof(*serr));
	serr->ee.ee_errno = err;
	serr->ee.ee_origin = SO_EE_ORIGIN_ICMP;
	serr->ee.ee_type = r->type;
	serr->ee.ee_code = r->code;
	serr->ee.ee_info = r->info;
	serr->addr_offset = (const u8 *)&r->iph->daddr -
			    skb_network_header(skb);
	serr->port = r->th->dest;
	/* skb->data is at the quoted IP header; the payload is behind it. */
	if (skb_pull(skb, r->iph->ihl * 4)) {
		skb_reset_transport_header(skb);
		if (!sock_queue_err_skb(sk, skb))
			return;
	}
	kfree_skb(skb);
}

/*
 * RFC 1191. The core says whether to believe it, now or once the timer confirms it.
 * Then the route remembers the MTU for all, and what of it holds for us (a locked
 * MTU, a lower bound) is the route's to say.
 */
static void reduce_mtu(struct sock *sk, u32 seq, u32 mtu)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_step step;

	if (!atcp_tx_dst(sk) || !ip_sk_accept_pmtu(sk) ||
	    READ_ONCE(inet_sk(sk)->pmtudisc) == IP_PMTUDISC_DONT)
		return;
	atcp_sock_begin(&step);
	if (atcp_conn_pmtu(&as->conn, seq, atcp_tx_path_mss(sk, mtu), &step))
		atcp_tx_tell_route(sk);
	atcp_sock_settle(sk, &step);
}

/**
 * atcp_icmp_released() - The user has let go: apply an MTU that came meanwhile.
 * @sk: Socket, its pmtu_deferred set.
 *
 * The report was believed when it came. What was too big then is at the front of
 * what is unacknowledged still, or has been delivered.
 *
 * Context: the spinlock, from release_cb.
 */
void atcp_icmp_released(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	u32 mtu = as->pmtu_deferred;

	as->pmtu_deferred = 0;
	if (sk->sk_state != TCP_LISTEN && sk->sk_state != TCP_CLOSE)
		reduce_mtu(sk, as->conn.snd.una, mtu);
}

static void on_redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst = __sk_dst_check(sk, 0);

	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

static void on_error(struct sock *sk, struct sk_buff *skb,
		     const struct report *r, int err)
{
	bool wants_reports = atcp_compat_recverr(sk);
	struct atcp_step step;
	enum atcp_icmp outcome;

	WRITE_ONCE(sk->sk_err_soft, err);
	atcp_sock_begin(&step);
	/* Linux gives up connecting at any of them, as users expect. */
	outcome = atcp_conn_icmp(&atcp_sk(sk)->conn, seq_of(r), true, &step);
	if (outcome == ATCP_ICMP_SOFT && wants_reports) {
		WRITE_ONCE(sk->sk_err, err);
		sk_error_report(sk);
	}
	if (wants_reports)
		queue_report(sk, skb, r, err);
	atcp_sock_settle(sk, &step);
}

/* RFC 5927 section 4.1: only what we have under way can have failed. */
static bool is_believable(struct sock *sk, u32 seq)
{
	struct atcp_step step;

	atcp_step_init(&step, ktime_get_ns(), NULL);
	return atcp_conn_icmp(&atcp_sk(sk)->conn, seq, false, &step) !=
	       ATCP_ICMP_IGNORED;
}

/* Context: the spinlock; a user may own the socket. */
static void for_sock(struct sock *sk, struct sk_buff *skb,
		     const struct report *r)
{
	int err = errno_of(r);

	if (sk->sk_state == TCP_CLOSE ||
	    r->iph->ttl < READ_ONCE(inet_sk(sk)->min_ttl) ||
	    !is_believable(sk, seq_of(r))) {
		atcp_mib_inc(sock_net(sk), ATCP_NETMIB_ICMP_IGNORED);
		return;
	}
	if (sock_owned_by_user(sk)) {
		if (is_pmtu(r))
			atcp_sk(sk)->pmtu_deferred = r->info;
		else
			atcp_mib_inc(sock_net(sk), ATCP_NETMIB_ICMP_IGNORED);
		return;
	}
	if (r->type == ICMP_REDIRECT)
		on_redirect(sk, skb);
	else if (is_pmtu(r))
		reduce_mtu(sk, seq_of(r), r->info);
	else if (err)
		on_error(sk, skb, r, err);
}

/**
 * atcp_icmp_report() - ICMP reports an error about a segment, perhaps of ours.
 * @skb: The report, skb->data at the IP header that it quotes; stays the
 *	caller's.
 * @info: MTU, with ICMP_FRAG_NEEDED.
 *
 * Context: softirq, RCU read section.
 * Return: 0, or -ENOENT if there is no such connection.
 */
int atcp_icmp_report(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct report r = {
		.iph = iph,
		.th = (const struct tcphdr *)(skb->data + iph->ihl * 4),
		.type = icmp_hdr(skb)->type,
		.code = icmp_hdr(skb)->code,
		.info = info,
	};
	const struct atcp_entry key = {
		.net = dev_net(skb->dev),
		.laddr = iph->saddr,
		.raddr = iph->daddr,
		.lport = r.th->source,
		.rport = r.th->dest,
		.dev = inet_iif(skb),
		.is_wire6 = iph->protocol == IPPROTO_TCP,
	};
	struct atcp_entry *entry = atcp_demux_find(&key, 0);

	if (!entry)
		return -ENOENT;
	atcp_mib_inc(key.net, ATCP_NETMIB_ICMP_IN);
	if (entry->kind == ATCP_ENTRY_SOCK) {
		struct sock *sk = atcp_demux_sock(entry);

		bh_lock_sock(sk);
		for_sock(sk, skb, &r);
		bh_unlock_sock(sk);
	} else if (entry->kind == ATCP_ENTRY_EMBRYO && errno_of(&r)) {
		atcp_half_icmp(entry, seq_of(&r));
	}
	atcp_demux_put(entry);
	return 0;
}

/**
 * atcp_icmp_v4() - ICMP reports an error about a segment of protocol 253.
 * @skb: As atcp_icmp_report() has it.
 * @info: MTU, with ICMP_FRAG_NEEDED.
 *
 * Context: softirq, RCU read section.
 * Return: 0, or -ENOENT if there is no such connection.
 */
int atcp_icmp_v4(struct sk_buff *skb, u32 info)
{
	struct net *net = dev_net(skb->dev);

	if (!atcp_icmp_report(skb, info))
		return 0;
	atcp_mib_inc(net, ATCP_NETMIB_ICMP_IN);
	__ICMP_INC_STATS(net, ICMP_MIB_INERRORS);
	return -ENOENT;
}
