/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments without a connection behind them: RST, SYN+ACK of half-open
 * connections, ACK of TIME-WAIT. No payload.
 */
#ifndef ATCP_NET_REPLY_H
#define ATCP_NET_REPLY_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct atcp_seg;
struct atcp_tx;
struct ip_options_rcu;
struct net;
struct rtable;
struct sk_buff;
struct sock;

/**
 * struct atcp_reply - From where to where, and how.
 * @net: Namespace.
 * @sk: Listener that it counts as from, or NULL. Borrowed.
 * @laddr: Our address.
 * @raddr: The peer's.
 * @lport: Our port.
 * @rport: The peer's.
 * @route: Source route, or NULL; it needs @sk. Borrowed.
 * @oif: Interface to send by, or 0.
 * @mark: Firewall mark.
 * @wire: Protocol number in the IP header.
 * @tos: Type of service.
 * @uid: Whose policy routing applies.
 */
struct atcp_reply {
	struct net *net;
	struct sock *sk;
	__be32 laddr;
	__be32 raddr;
	__be16 lport;
	__be16 rport;
	struct ip_options_rcu *route;
	int oif;
	u32 mark;
	u8 wire;
	u8 tos;
	kuid_t uid;
};

void atcp_reply_to_skb(struct atcp_reply *r, struct net *net,
		       struct sk_buff *skb);
struct rtable *atcp_reply_route(const struct atcp_reply *r);
void atcp_reply_send(const struct atcp_reply *r, struct rtable *rt,
		     const struct atcp_tx *tx);
void atcp_reply_reset(struct net *net, struct sk_buff *skb,
		      const struct atcp_seg *seg);

#endif /* ATCP_NET_REPLY_H */
