/* SPDX-License-Identifier: GPL-2.0 */
/* Source routes for the way back. */
#ifndef ATCP_NET_SRCROUTE_H
#define ATCP_NET_SRCROUTE_H

struct ip_options_rcu;
struct net;
struct sk_buff;

struct ip_options_rcu *atcp_srcroute_back(struct net *net, struct sk_buff *skb);
struct ip_options_rcu *atcp_srcroute_copy(const struct ip_options_rcu *route);

#endif /* ATCP_NET_SRCROUTE_H */
