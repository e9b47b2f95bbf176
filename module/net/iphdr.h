/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ATCP_NET_IPHDR_H
#define ATCP_NET_IPHDR_H

struct iphdr;
struct ip_options;
struct sk_buff;

void atcp_iphdr_push(struct sk_buff *skb, const struct iphdr *like,
		     const struct ip_options *opt);

#endif /* ATCP_NET_IPHDR_H */
